"""The ledgers of publications, checks and record accounts, and the note of what is current."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_SCHEMA = "fleetstats_ledger"


def upgrade() -> None:
    """The loader may add to the ledgers, and neither change nor remove what is there."""
    op.execute(f"""
        create table {_SCHEMA}.publication (
            publication_id varchar not null,
            run_id varchar not null,
            event varchar not null,
            published_at timestamp with time zone not null,
            fingerprint varchar not null,
            as_of date,
            code_version varchar not null,
            rows bigint not null,
            warnings bigint not null,
            primary key (run_id)
        );
        create table {_SCHEMA}.check_result (
            run_id varchar not null,
            table_name varchar not null,
            expectation varchar not null,
            column_name varchar,
            arguments varchar not null,
            severity varchar not null,
            success boolean not null,
            observed varchar
        );
        create index on {_SCHEMA}.check_result (run_id);
        create table {_SCHEMA}.filing_account (
            run_id varchar not null,
            filing varchar not null,
            read_as varchar not null,
            sha256 varchar not null,
            records_read bigint not null,
            records_loaded bigint not null,
            records_rejected bigint not null,
            records_blank bigint not null,
            records_corrected bigint not null,
            primary key (run_id, filing)
        );
        create table {_SCHEMA}.state (
            name varchar primary key,
            content jsonb not null
        );
        grant select, insert on {_SCHEMA}.publication, {_SCHEMA}.check_result, {_SCHEMA}.filing_account
            to fleetstats_loader;
        grant select, insert, update on {_SCHEMA}.state to fleetstats_loader;
        grant select on {_SCHEMA}.publication, {_SCHEMA}.check_result, {_SCHEMA}.filing_account
            to fleetstats_analyst;
    """)


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
