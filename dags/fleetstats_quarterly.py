"""Builds the quarter's page when the quarter is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from fleetstats_shared import DEFAULTS, START, run_callbacks, settings

DOC = """
### The quarter

Builds the page of a quarter in Chinese and English in `reports/<quarter>/`, from what is published: findings, charts,
tables, checks and sources. `reports/index.html` lists all quarters.

Before the first publication there is nothing to show: the run is green and skips.

The quarter is that of the run's data interval; the param `quarter`, such as `2023Q3`, asks for any other. A quarter
can be built again at any time; a reader finds the old page or the new one.
"""


@dag(
    dag_id="fleetstats_quarterly",
    schedule=CronDataIntervalTimetable("0 8 1 1,4,7,10 *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULTS,
    params={
        "quarter": Param(
            None,
            type=["null", "string"],
            pattern="^[0-9]{4}Q[1-4]$",
            description="A quarter such as 2023Q3; empty: that of the run's data interval",
        )
    },
    tags=["fleetstats", "report"],
    description="Builds the page of a quarter when it is over",
    doc_md=DOC,
    **run_callbacks(),
)
def fleetstats_quarterly() -> None:
    """Which quarter, then its page."""

    @task.short_circuit
    def published() -> bool:
        from fleetstats.warehouse.registry import open_warehouse

        return open_warehouse(settings()).state() is not None

    @task
    def quarter(*, params: Any = None, data_interval_start: Any = None) -> str:
        from fleetstats.outputs.report.quarterly import quarter_of_run

        return params["quarter"] or quarter_of_run(data_interval_start)

    @task
    def page(quarter: Any) -> list[str]:
        from fleetstats.outputs.report.quarterly import build_quarter

        return build_quarter(settings(), quarter)

    asked = quarter()
    published() >> asked
    page(asked)


fleetstats_quarterly()
