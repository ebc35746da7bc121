"""The nightly build one step at a time, for a scheduler that runs each step in a process of its own.

What goes from step to step is small and JSON: a `Run`, what each filing gave, what was built. Each step makes
its plan again from the filings on disk and stops if they are no longer those that the run began with. A
candidate waits between steps out of everybody's sight; the lock is held only while it is built and published.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final, TypedDict

from fleetstats.core.errors import BadInput, ChecksFailed, Overtaken
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Build, Built, cannot_write, current_state, damage_told, damaged_content
from fleetstats.pipeline.plan import plan
from fleetstats.warehouse.base import State, Warehouse, new_run_id
from fleetstats.warehouse.registry import open_warehouse

_REJECTED_TOLD = 20
_BATCH = 100
_MOST_BATCHES = 500

_ACCOUNTED: Final = (
    "records_loaded",
    "records_superseded",
    "records_dropped",
    "records_rejected",
    "records_blank",
)


class Run(TypedDict):
    """A run in steps: what it is to build from, and after which publication.

    `current` says that this is what is published already, so that there is nothing to do; `damaged` why it is not,
    where what is published is not as it was.
    """

    run_id: str
    fingerprint: str
    filings: list[str]
    follows: str | None
    current: bool
    damaged: str | None


class Batch(TypedDict):
    """Filings that are read by one task; `name` is for people."""

    name: str
    filings: list[str]


class Account(TypedDict):
    """Where the records of one filing went."""

    filing: str
    records_read: int
    records_loaded: int
    records_superseded: int
    records_dropped: int
    records_rejected: int
    records_blank: int


def plan_run(settings: Settings) -> Run:
    """Begin a run: its filings, and whether there is anything to do.

    Where nothing changed, every table of the publication is proved to be as it was published.
    """
    the_plan = plan(settings, run_id=new_run_id(in_steps=True))
    warehouse = open_warehouse(settings)
    warehouse.settle()
    state = warehouse.state()
    current, damaged = current_state(warehouse, the_plan.fingerprint)
    if current is not None and damaged is None:
        damaged = damaged_content(warehouse, current)
    return Run(
        run_id=the_plan.run_id,
        fingerprint=the_plan.fingerprint,
        filings=[held.filing.id for held in the_plan.held],
        follows=None if state is None else state.run_id,
        current=current is not None and damaged is None,
        damaged=damaged,
    )


def _resume(settings: Settings, run: Run, progress: Progress = silent) -> Build:
    """The build of a run that has begun; `BadInput` if it would no longer be the same."""
    the_plan = plan(settings, run_id=run["run_id"], only=set(run["filings"]))
    if the_plan.fingerprint != run["fingerprint"]:
        raise BadInput(
            "filings, reviewed tables or code have changed since this run began",
            found=f"inputs {the_plan.fingerprint[:16]}",
            expected=f"inputs {run['fingerprint'][:16]}",
            todo="start a new run; nothing was published by this one",
        )
    return Build(the_plan, open_warehouse(settings), progress)


def batches(run: Run) -> list[Batch]:
    """The filings of the run by source, those of a source with many in several: starting a task costs more than
    reading most filings, and a scheduler maps over a thousand things at most.
    """
    of_source: dict[str, list[str]] = {}
    for filing in run["filings"]:
        of_source.setdefault(filing.partition("/")[0], []).append(filing)
    size = max(_BATCH, -(-len(run["filings"]) // _MOST_BATCHES))
    found = []
    for source, filings in of_source.items():
        parts = [filings[i : i + size] for i in range(0, len(filings), size)]
        for number, part in enumerate(parts, start=1):
            name = source if len(parts) == 1 else f"{source} {number} of {len(parts)}"
            found.append(Batch(name=name, filings=part))
    return found


def stage_batch(settings: Settings, run: Run, batch: Batch, progress: Progress = silent) -> list[Account]:
    """Read the filings of a batch into the cache; raises what their reader raises."""
    from fleetstats.ingest.stage import stage

    the_plan = _resume(settings, run).plan
    wanted = set(batch["filings"])
    held = [one for one in the_plan.held if one.filing.id in wanted]
    staged = stage(held, the_plan.reviewed, settings.cache, lambda filing: progress("stage", filing))
    return [
        Account(
            filing=one.filing,
            records_read=one.records_read,
            records_loaded=one.records_loaded,
            records_superseded=one.records_superseded,
            records_dropped=one.records_dropped,
            records_rejected=len(one.rejected),
            records_blank=one.records_blank,
        )
        for one in staged
    ]


def check_run(run: Run, staged: list[list[Account]]) -> dict[str, int]:
    """The gate behind the fan-out: every filing of the run was read once, every record accounted for.

    `staged` has the accounts of each batch. Returns the totals of the records; raises `ChecksFailed` if anything is
    missing.
    """
    accounts = [account for batch in staged for account in batch]
    read = [account["filing"] for account in accounts]
    missing = sorted(set(run["filings"]) - set(read))
    twice = sorted({filing for filing in read if read.count(filing) > 1})
    unaccounted = [
        account["filing"]
        for account in accounts
        if account["records_read"] != sum(account[count] for count in _ACCOUNTED)
    ]
    if missing or twice or unaccounted or not accounts:
        raise ChecksFailed(
            "not every filing was read once and accounted for; nothing is built\n"
            f"  found:    missing {missing or 'none'}, twice {twice or 'none'}, "
            f"records unaccounted for in {unaccounted or 'none'}\n"
            f"  expected: {len(run['filings'])} filings\n"
            "  to do:    clear the tasks that read these filings, or start a new run"
        )
    totals = {"filings": len(accounts)}
    totals["records_read"] = sum(account["records_read"] for account in accounts)
    for count in _ACCOUNTED:
        totals[count] = sum(account[count] for account in accounts)
    return totals


def build_run(
    settings: Settings, run: Run, progress: Progress = silent, *, wait: float = 0
) -> dict[str, Any]:
    """Build the candidate of the run; returns what was built, as JSON.

    Raises `Locked` if another still builds after `wait` seconds.
    """
    this = _resume(settings, run, progress)
    with this.warehouse.lock(wait):
        warnings = [*damage_told(run["damaged"]), *this.warehouse.prepare()]
        this.warehouse.discard(this.plan.run_id)  # what an attempt that was killed left
        try:
            built = this.forecast(this.candidate(this.stage()))
        except OSError as error:
            this.warehouse.discard(this.plan.run_id)
            raise cannot_write(settings, error) from error
    return {
        **asdict(built),
        "rejected": built.rejected[:_REJECTED_TOLD],
        "warnings": [*built.warnings, *warnings],
    }


def audit_run(
    settings: Settings, run: Run, built: dict[str, Any], progress: Progress = silent
) -> dict[str, Any]:
    """Check the candidate of the run; returns the number of expectations and the warnings.

    Raises `ChecksFailed` if a critical expectation was not met. The results are in the ledger either way.
    """
    from fleetstats.quality.auditor import Auditor
    from fleetstats.quality.expectations import failures

    results = _resume(settings, run, progress).audit(_built(built), Auditor(soon=False))
    return {"expectations": len(results), "warnings": [r.says for r in failures(results, "warning")]}


def publish_run(
    settings: Settings, run: Run, built: dict[str, Any], progress: Progress = silent, *, wait: float = 0
) -> dict[str, Any]:
    """Publish the candidate of the run; returns publication id, numbers of rows and warnings, as JSON.

    Only what the ledger says was audited is published, and only over the publication that the run began with.
    A step that is tried again after it had published says so and changes nothing.
    """
    this = _resume(settings, run, progress)
    warehouse = this.warehouse
    with warehouse.lock(wait):
        warehouse.prepare()
        state = warehouse.state()
        published = warehouse.recorded("publication", run["run_id"])
        if published:
            return {
                "publication_id": published[0]["publication_id"],
                "run_id": run["run_id"],
                "published_at": published[0]["published_at"].isoformat(),
                "rows": built["rows"],
                "warnings": built["warnings"] if state is None else state.warnings,
            }
        if (None if state is None else state.run_id) != run["follows"]:
            raise Overtaken(
                "another run has published since this one began\n"
                f"  found:    {state.publication_id if state else 'nothing published'}\n"
                "  to do:    start a new run; nothing was published by this one"
            )
        results = _audited(warehouse, run, built)
        try:
            this.publish(_built(built), results)
        except OSError as error:
            raise cannot_write(settings, error) from error
        state = warehouse.state()
    if state is None:
        raise AssertionError("what was just published is not there")
    return _published(state)


def _audited(warehouse: Warehouse, run: Run, built: dict[str, Any]) -> list[Any]:
    """The results of the run's audit, as the ledger has them; `ChecksFailed` unless it passed in full."""
    from fleetstats.quality.expectations import Result, failures

    rows = warehouse.recorded("check_result", run["run_id"])
    results = [Result(**{k: v for k, v in row.items() if k != "run_id"}) for row in rows]
    missing = set(built["rows"]) - {result.table_name for result in results}
    critical = failures(results, "critical")
    if missing or critical:
        raise ChecksFailed(
            "this candidate has not passed its audit; nothing is published\n"
            f"  found:    {len(critical)} critical checks failed, {len(missing)} tables were not checked\n"
            "  to do:    start a new run"
        )
    return results


def discard_run(settings: Settings, run: Run) -> None:
    """Remove the candidate of the run, if it is still there."""
    open_warehouse(settings).discard(run["run_id"])


def _built(built: dict[str, Any]) -> Built:
    return Built(
        publication_id=built["publication_id"],
        rows=built["rows"],
        warnings=tuple(built["warnings"]),
        accounts=tuple(built["accounts"]),
        rejected=tuple(built["rejected"]),
    )


def _published(state: State) -> dict[str, Any]:
    return {
        "publication_id": state.publication_id,
        "run_id": state.run_id,
        "published_at": state.published_at,
        "rows": state.rows,
        "warnings": state.warnings,
    }
