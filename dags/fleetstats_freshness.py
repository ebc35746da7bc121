"""Warns every morning of sources that are overdue."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from fleetstats_shared import DEFAULTS, LOG, START, now, run_callbacks, settings

DOC = """
### Freshness

Compares what is held of each source with the cadence that it declares. It **warns and never fails**: a late publisher
stops nobody. What is overdue is in the task's log, and told to `FLEETSTATS_NOTIFY_URL` when it becomes so, again every
week, and when it has recovered; the ledger `run_event` has what was told. So is a nightly build that has not ended well
for more than a day. To do: look at the publisher's page; `fleetstats add` or fix the address in `source.yml`.
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
    description="Tells of sources, and of nights, that are overdue",
    doc_md=DOC,
    **run_callbacks(),
)
def fleetstats_freshness() -> None:
    """One task: what is overdue."""

    @task
    def overdue() -> list[str]:
        from fleetstats.pipeline.freshness import warn_of_overdue

        warned = warn_of_overdue(settings(), now())
        for line in warned:
            LOG.warning("%s", line)
        return warned

    overdue()


fleetstats_freshness()
