"""Alembic's environment: `setup.py` hands over a connection; migrations run in its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="fleetstats_ledger",
    version_table="version",
)
with context.begin_transaction():
    context.run_migrations()
