"""Warns every morning of sources that are overdue."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from fleetstats_shared import DEFAULTS, LOG, START, settings, today

DOC = """
### Freshness

Compares what is held of each source with the cadence that it declares. It **warns and never fails**: a late publisher
stops nobody. What is overdue is in the task's log, in the ledger `run_event`, and told once a month to
`FLEETSTATS_NOTIFY_URL`. To do: look at the publisher's page; `fleetstats add` or fix the address in `source.yml`.
"""


@dag(
    dag_id="fleetstats_freshness",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args=DEFAULTS,
    tags=["fleetstats", "watch"],
    doc_md=DOC,
)
def fleetstats_freshness() -> None:
    """One task: what is overdue."""

    @task
    def overdue() -> list[str]:
        from fleetstats.pipeline.freshness import warn_of_overdue

        warned = warn_of_overdue(settings(), today())
        for line in warned:
            LOG.warning("%s", line)
        return warned

    overdue()


fleetstats_freshness()
