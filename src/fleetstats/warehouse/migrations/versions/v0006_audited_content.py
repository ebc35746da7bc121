"""What audits saw of each table; the lock of builds as a row; and statements of strangers, answered as a guest."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_SCHEMA = "fleetstats_ledger"
_GUEST = "fleetstats_guest"

_FUNCTIONS = """
    create function fleetstats_ledger.answer(statement text, columns integer) returns setof text[]
        language plpgsql security definer set search_path = fleetstats, fleetstats_ledger, pg_temp
        as $$ begin
            -- As many columns as the statement has, each as text: what it is, its caller checks beforehand
            return query execute format(
                'select array[%s]::text[] from (%s' || chr(10) || ') as answer(%s)',
                (select string_agg(format('c%s::text', n), ', ' order by n) from generate_series(1, columns) as n),
                statement,
                (select string_agg(format('c%s', n), ', ' order by n) from generate_series(1, columns) as n)
            );
        end $$;
    create function fleetstats_ledger.explanation(statement text) returns setof text[]
        language plpgsql security definer set search_path = fleetstats, fleetstats_ledger, pg_temp
        as $$ declare line text; begin
            for line in execute statement loop return next array[line]; end loop;
        end $$;
"""


def upgrade() -> None:
    """Analysts have no right to the lock, so that none can stop a build.

    The two functions run with the rights of a role that can read what is published, and in which no role can be
    changed for another: PostgreSQL refuses that within a function of this kind. Nobody is a member of the role, so
    that nobody can change the functions.
    """
    op.execute(f"""
        create table {_SCHEMA}.audited_table (
            run_id varchar not null,
            table_name varchar not null,
            row_count bigint not null,
            content_checksum varchar not null,
            expectations_sha256 varchar not null,
            primary key (run_id, table_name)
        );
        create trigger only_added_to before update or delete or truncate on {_SCHEMA}.audited_table
            for each statement execute function {_SCHEMA}.refuse();
        alter table {_SCHEMA}.audited_table enable always trigger only_added_to;
        grant select, insert on {_SCHEMA}.audited_table to fleetstats_loader;
        grant select on {_SCHEMA}.audited_table to fleetstats_analyst;

        create table {_SCHEMA}.build_lock (only_row boolean primary key default true check (only_row));
        grant select, update on {_SCHEMA}.build_lock to fleetstats_loader;

        alter table {_SCHEMA}.run_event add column delivery varchar;

        grant select on {_SCHEMA}.version to fleetstats_loader, fleetstats_analyst;
    """)
    op.execute(_FUNCTIONS)
    op.execute("insert into fleetstats_ledger.build_lock default values")
    # To become the owner a role has to be able to create something here, for as long as that takes
    op.execute(f"grant create on schema {_SCHEMA} to {_GUEST}")
    op.execute(f"grant {_GUEST} to current_user")
    for function in ("answer(text, integer)", "explanation(text)"):
        name = f"{_SCHEMA}.{function}"
        op.execute(f"revoke all on function {name} from public")
        op.execute(f"grant execute on function {name} to fleetstats_analyst")
        op.execute(f"alter function {name} owner to {_GUEST}")
    op.execute(f"revoke create on schema {_SCHEMA} from {_GUEST}")
    op.execute(f"revoke {_GUEST} from current_user")


def downgrade() -> None:
    """A ledger is never removed by a program."""
    raise RuntimeError("the ledgers are kept: remove the schema fleetstats_ledger by hand if you mean it")
