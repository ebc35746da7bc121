"""Runs after every publication: what was published, for the forecasts that are made from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task
from fleetstats_shared import DEFAULTS, START, WAREHOUSE, settings, tell

DOC = """
### Forecast

Starts with each publication, from its asset event. It verifies what was published before anything is made from it.
"""


@dag(
    dag_id="fleetstats_forecast",
    schedule=[WAREHOUSE],
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULTS,
    tags=["fleetstats", "forecast"],
    doc_md=DOC,
)
def fleetstats_forecast() -> None:
    """One task: verify."""

    @task
    def verify() -> dict[str, Any]:
        from fleetstats.reporting import verify as verify_all

        return {"says": verify_all(settings(), tell).words}

    verify()


fleetstats_forecast()
