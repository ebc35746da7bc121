"""Runs after every publication: what was published, for the forecasts that are made from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task
from fleetstats_shared import (
    DEFAULTS,
    FORECASTS,
    LOG,
    POOL,
    START,
    WAIT,
    WAREHOUSE,
    run_callbacks,
    settings,
    tell,
)

DOC = """
### Forecast

Starts with each publication, from its asset event, and verifies it. The nightly build has forecast orders by itself;
`forecast` adds the other series that go on, from what is published, scores what has become known, and publishes
the warehouse again with them, all or nothing; its asset event `forecasts` says so, and without anything new it is
skipped. `watch` warns when the share of truths inside the 80 % intervals
over the last year leaves its band; it never fails.
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
    description="Forecasts the other series after each publication, and watches how forecasts hold",
    doc_md=DOC,
    **run_callbacks(),
)
def fleetstats_forecast() -> None:
    """Verify, forecast, watch."""

    @task
    def verify() -> dict[str, Any]:
        from fleetstats.pipeline.status import verify as verify_all

        return {"says": verify_all(settings(), tell).words}

    @task(outlets=[FORECASTS], pool=POOL)
    def forecast(*, outlet_events: Any = None) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException

        from fleetstats.pipeline.forecasts import forecast_published

        done = forecast_published(settings(), progress=tell, wait=WAIT)
        if done.status != "published":
            raise AirflowSkipException("every series that goes on has been forecast from these figures")
        said = {"series": done.series, "publication_id": done.publication_id}
        outlet_events[FORECASTS].extra = said
        return said

    @task(trigger_rule="none_failed")
    def watch() -> list[str]:
        from fleetstats.forecast.ledger.coverage import coverage_warnings

        warned = coverage_warnings(settings())
        for line in warned:
            LOG.warning("%s", line)
        return warned

    verify() >> forecast() >> watch()


fleetstats_forecast()
