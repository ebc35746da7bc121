"""The ledgers of operations: what failed or was overdue, and which past vintages were asked for."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_SCHEMA = "fleetstats_ledger"


def upgrade() -> None:
    """The loader may add to them, and neither change nor remove what is there."""
    op.execute(f"""
        create table {_SCHEMA}.run_event (
            run_id varchar not null,
            happened_at timestamp with time zone not null,
            event varchar not null,
            dag varchar,
            task varchar,
            scheduler_run varchar,
            message varchar not null
        );
        create index on {_SCHEMA}.run_event (run_id);
        create table {_SCHEMA}.backfill (
            run_id varchar not null,
            happened_at timestamp with time zone not null,
            requested_by varchar not null,
            reason varchar not null,
            vintage date not null,
            outcome varchar not null,
            publication_id varchar not null,
            primary key (run_id, vintage)
        );
        grant select, insert on {_SCHEMA}.run_event, {_SCHEMA}.backfill to fleetstats_loader;
        grant select on {_SCHEMA}.run_event, {_SCHEMA}.backfill to fleetstats_analyst;
    """)


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
