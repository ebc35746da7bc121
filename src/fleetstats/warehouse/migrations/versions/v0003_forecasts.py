"""The ledgers of forecasts and scores; and from now on a trigger that keeps every ledger as it was written."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_SCHEMA = "fleetstats_ledger"
_SERIES = """
            series varchar not null,
            operator varchar not null,
            scope varchar not null,
            measure varchar not null,
            unit varchar not null,
            frequency varchar not null,
            origin date not null,"""
_SCORED = """
            model varchar not null,
            horizon bigint not null,
            target_period varchar not null,
            target_end date not null,
            quantity varchar not null,
            truth_basis varchar not null,
            truth_value double precision not null,
            truth_bound varchar not null,
            truth_issued_on date not null,
            forecast_mean double precision not null,
            median double precision not null,
            absolute_error double precision not null,
            scaled_error double precision,
            crps double precision not null,
            scaled_crps double precision,
            inside_50 boolean not null,
            inside_80 boolean not null,
            inside_95 boolean not null,
            code_version varchar not null,"""
_CHAINED = ("forecast", "forecast_score", "backtest_score")
_KEPT_AS_WRITTEN = (
    "publication", "check_result", "filing_account", "run_event", "backfill", *_CHAINED,
)  # fmt: skip


def upgrade() -> None:
    """The loader may add to the ledgers; a change or removal is refused to everybody, whatever they may do."""
    op.execute(f"""
        create table {_SCHEMA}.forecast (
            sequence bigint primary key,
            run_id varchar not null,
            publication_id varchar not null,{_SERIES}
            model varchar not null,
            horizon bigint not null,
            target_period varchar not null,
            target_end date not null,
            quantity varchar not null,
            output_type varchar not null,
            level double precision,
            threshold bigint,
            forecast_value double precision not null,
            imputed varchar,
            lower_bounds varchar,
            inputs_sha256 varchar not null,
            code_version varchar not null,
            parameters_sha256 varchar not null,
            seed bigint not null,
            made_at timestamp with time zone not null,
            row_sha256 varchar not null
        );
        create table {_SCHEMA}.forecast_score (
            sequence bigint primary key,
            run_id varchar not null,
            forecast_run_id varchar not null,
            publication_id varchar not null,{_SERIES}{_SCORED}
            scored_at timestamp with time zone not null,
            row_sha256 varchar not null
        );
        create table {_SCHEMA}.backtest_score (
            sequence bigint primary key,
            run_id varchar not null,{_SERIES}
            as_of date not null,{_SCORED}
            seed bigint not null,
            scored_at timestamp with time zone not null,
            row_sha256 varchar not null
        );
        create function {_SCHEMA}.refuse() returns trigger language plpgsql as $$
        begin
            raise exception '% of %.% is refused: a ledger is only ever added to',
                tg_op, tg_table_schema, tg_table_name using errcode = 'integrity_constraint_violation';
        end
        $$;
    """)
    for name in _CHAINED:
        op.execute(f"""
            create index on {_SCHEMA}.{name} (run_id);
            grant select, insert on {_SCHEMA}.{name} to fleetstats_loader;
            grant select on {_SCHEMA}.{name} to fleetstats_analyst;
        """)
    for name in _KEPT_AS_WRITTEN:
        op.execute(f"""
            create trigger only_added_to before update or delete or truncate on {_SCHEMA}.{name}
                for each statement execute function {_SCHEMA}.refuse();
            alter table {_SCHEMA}.{name} enable always trigger only_added_to;
        """)


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
