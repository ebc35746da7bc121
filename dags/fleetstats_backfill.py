"""Builds warehouses of past days on request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from fleetstats_shared import DEFAULTS, START, settings, tell

DOC = """
### Backfill

Builds the warehouse as it could be known on past days, each into
`warehouse/as-of/<day>.duckdb`; what is published stays as it is.

- `from`, `to`: every day in between on which a filing was issued. `as_of`: one day of your choice. Or both.
- `reason`: why, in a sentence. It is kept in the ledger `backfill` with who asked.
- `dry_run`: say what would be built, and write nothing.
"""

_DAY: dict[str, Any] = {"type": ["null", "string"], "format": "date"}


@dag(
    dag_id="fleetstats_backfill",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=DEFAULTS,
    params={
        "from": Param(None, **_DAY, description="First day"),
        "to": Param(None, **_DAY, description="Last day"),
        "as_of": Param(None, **_DAY, description="One day more"),
        "reason": Param(
            type="string",
            minLength=3,
            description="Why, in a sentence that a colleague understands; it is kept",
        ),
        "dry_run": Param(False, type="boolean", description="Say what would be built, and write nothing"),
    },
    tags=["fleetstats", "warehouse", "by-hand"],
    description="Builds the warehouses of past days, on request",
    # No callbacks of the run: Airflow 3.3 makes their context without the run's params, of which one has no default
    doc_md=DOC,
)
def fleetstats_backfill() -> None:
    """One task per past day, one after the other."""

    @task
    def vintages(*, params: Any = None) -> list[str]:
        from fleetstats.pipeline.backfill import requested

        return requested(settings(), params)

    @task(map_index_template="{{ task.op_kwargs['vintage'] }}", max_active_tis_per_dag=1)
    def build_vintage(vintage: str, *, params: Any = None, dag_run: Any = None) -> dict[str, Any]:
        from datetime import date

        from fleetstats.pipeline.backfill import build_vintage as build

        return build(
            settings(),
            date.fromisoformat(vintage),
            reason=params["reason"],
            requested_by=getattr(dag_run, "triggering_user_name", None) or "unknown",
            dry_run=params["dry_run"],
            progress=tell,
        )

    build_vintage.expand(vintage=vintages())


fleetstats_backfill()
