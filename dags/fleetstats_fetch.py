"""Asks the publishers every night whether there is something new."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from fleetstats_shared import (
    DEFAULTS,
    FILINGS,
    ON_NETWORK_ERRORS,
    START,
    run_callbacks,
    settings,
    tell,
    today,
)

from fleetstats.core.settings import Settings

DOC = """
### Fetch

One task per source asks each address of `data/raw/<source>/source.yml`, with the ETag and date of last time.
What is new is read, compared with the edition before, and landed; other bytes for an edition that is held wait
until a person accepts them (`fleetstats accept`).

- **Network errors** are tried again, with growing delays. **What cannot be used** (HTML for CSV, a missing column,
  an unknown permit) fails at once, with the file, the record and what to do in the log.
- A 404 before an edition is due means *not yet issued*; after it, a warning.
- `announce` sends the asset event `filings`, with checksums, only if something was landed. It runs even if a source
  failed: what was landed by the others is not held back.
"""


@dag(
    dag_id="fleetstats_fetch",
    schedule=CronTriggerTimetable(Settings().fetch_schedule, timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULTS,
    tags=["fleetstats", "ingest"],
    description="Asks the publishers every night whether there is something new",
    doc_md=DOC,
    **run_callbacks(),
)
def fleetstats_fetch() -> None:
    """Fetch every source, then announce what was landed."""

    @task
    def sources() -> list[str]:
        from fleetstats.sources.registry import codes

        return list(codes())

    @task(
        map_index_template="{{ task.op_kwargs['source'] }}",
        retry_policy=ON_NETWORK_ERRORS,
        execution_timeout=timedelta(minutes=60),
    )
    def fetch(source: str) -> list[dict[str, Any]]:
        from fleetstats.ingest.fetch import fetch_source

        return fetch_source(settings(), source, today=today(), progress=tell)

    @task(outlets=[FILINGS], trigger_rule="all_done")
    def announce(*, outlet_events: Any = None) -> list[dict[str, Any]]:
        from fleetstats.ingest.fetch import newly_landed

        landed = newly_landed(settings())
        if not landed:
            raise AirflowSkipException("nothing was landed; no asset event is sent")
        outlet_events[FILINGS].extra = {"landed": landed}
        return landed

    @task
    def all_sources_fetched() -> None:
        """Fails with the sources, so that the run does, whatever was announced."""

    fetched = fetch.expand(source=sources())
    fetched >> [announce(), all_sources_fetched()]


fleetstats_fetch()
