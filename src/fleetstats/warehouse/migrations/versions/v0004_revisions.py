"""The ledger of restatements; superseded records in the accounts."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_SCHEMA = "fleetstats_ledger"


def upgrade() -> None:
    """The loader may add to the ledger, and neither change nor remove what is there."""
    op.execute(f"""
        create table {_SCHEMA}.revision (
            run_id varchar not null,
            publication_id varchar not null,
            publication_before varchar not null,
            table_name varchar not null,
            figure_key varchar not null,
            column_name varchar not null,
            operator varchar,
            scope varchar,
            change varchar not null,
            old_value numeric(28, 9),
            new_value numeric(28, 9),
            difference numeric(28, 9),
            percent double precision,
            old_bound varchar,
            new_bound varchar,
            filings varchar not null,
            verdict varchar not null,
            primary key (run_id, table_name, figure_key, column_name)
        );
        grant select, insert on {_SCHEMA}.revision to fleetstats_loader;
        grant select on {_SCHEMA}.revision to fleetstats_analyst;
        alter table {_SCHEMA}.filing_account add column records_superseded bigint;
        create trigger only_added_to before update or delete or truncate on {_SCHEMA}.revision
            for each statement execute function {_SCHEMA}.refuse();
        alter table {_SCHEMA}.revision enable always trigger only_added_to;
    """)


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
