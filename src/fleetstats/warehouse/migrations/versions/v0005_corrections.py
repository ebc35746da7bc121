"""Records that corrections drop, in the accounts."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_SCHEMA = "fleetstats_ledger"


def upgrade() -> None:
    """Accounts of earlier runs counted dropped records as rejected: theirs is null, not 0."""
    op.execute(f"alter table {_SCHEMA}.filing_account add column records_dropped bigint")


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
