"""Builds the warehouse every night, and whenever filings were landed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Param, dag, task
from fleetstats_shared import (
    DEFAULTS,
    FILINGS,
    LOG,
    POOL,
    START,
    WAIT,
    WAREHOUSE,
    deadline,
    run_callbacks,
    settings,
    tell,
)

from fleetstats.core.settings import Settings

DOC = """
### Nightly build

`plan → changed → stage (one task per source) → check → build → audit → publish → ended`

- **plan** compares inputs and code with what is published, and where nothing changed proves every published table by
  its checksum; what is damaged is built anew.
- **changed**: a night on which nothing changed goes from here to its end, green, the rest skipped. The param `force`
  builds anyway.
- **stage** reads each filing into the cache; **check** lets nobody past unless every filing was read and every record
  accounted for, so that a partial fan-out can never be published.
- **build** makes a candidate out of everybody's sight; **audit** checks it with Great Expectations.
- **publish** puts it in the published one's place in one step, and only what the ledger says was audited. The asset
  event `warehouse` carries the publication, its rows and its warnings.
- **discard** removes a candidate that was not published. **ended** notes that the night has ended well;
  `fleetstats_freshness` tells of a night that has not.

Whatever fails, readers have the last publication. A failed check: `reports/checks.html` says what was found.
"""


@dag(
    dag_id="fleetstats_nightly",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable(Settings().nightly_schedule, timezone="UTC"), assets=[FILINGS]
    ),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    # Where slots are scarce, publishers that do not answer wait rather than the warehouse
    default_args={**DEFAULTS, "priority_weight": 10, "weight_rule": "absolute"},
    params={"force": Param(False, type="boolean", description="Build and publish even if nothing changed")},
    tags=["fleetstats", "warehouse"],
    description="Builds, checks and publishes the warehouse, every night and whenever filings were landed",
    doc_md=DOC,
    deadline=deadline("fleetstats_nightly", timedelta(minutes=90)),
    **run_callbacks(),
)
def fleetstats_nightly() -> None:
    """Plan, read, check, build, audit, publish."""

    @task
    def plan() -> Any:
        from fleetstats.pipeline.steps import plan_run

        return plan_run(settings())

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def changed(run: Any, *, params: Any = None) -> bool:
        if run["damaged"]:
            LOG.warning("what is published is not as it was: %s", run["damaged"])
        return params["force"] or not run["current"]

    @task
    def batches(run: Any) -> Any:
        from fleetstats.pipeline.steps import batches as of_run

        return of_run(run)

    @task(map_index_template="{{ task.op_kwargs['batch']['name'] }}")
    def stage(batch: Any, run: Any) -> Any:
        from fleetstats.pipeline.steps import stage_batch

        return stage_batch(settings(), run, batch, tell)

    @task
    def check(run: Any, accounts: Any) -> dict[str, int]:
        from fleetstats.pipeline.steps import check_run

        return check_run(run, accounts[:])

    @task(pool=POOL)
    def build(run: Any) -> dict[str, Any]:
        from fleetstats.pipeline.steps import build_run

        return build_run(settings(), run, tell, wait=WAIT)

    @task
    def audit(run: Any, built: Any) -> dict[str, Any]:
        from fleetstats.pipeline.steps import audit_run

        return audit_run(settings(), run, built, tell)

    @task(outlets=[WAREHOUSE], pool=POOL)
    def publish(run: Any, built: Any, *, outlet_events: Any = None) -> dict[str, Any]:
        from fleetstats.pipeline.steps import publish_run

        published = publish_run(settings(), run, built, tell, wait=WAIT)
        outlet_events[WAREHOUSE].extra = published
        return published

    @task
    def discard(run: Any) -> None:
        from fleetstats.pipeline.steps import discard_run

        discard_run(settings(), run)

    @task(trigger_rule="none_failed")
    def ended() -> None:
        from fleetstats.pipeline.nights import night_ended

        night_ended(settings())

    run = plan()
    listed = batches(run)
    changed(run) >> listed
    accounts = stage.partial(run=run).expand(batch=listed)
    built: Any = build(run)
    check(run, accounts) >> built
    published = publish(run, built)
    audit(run, built) >> published
    published >> discard(run).as_teardown(setups=built)
    published >> ended()


fleetstats_nightly()
