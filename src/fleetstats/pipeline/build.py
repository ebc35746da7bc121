"""The nightly build as a sequence of named steps: plan, stage, build, forecast, audit, publish.

The command line runs them in one go; a scheduler may run them one by one. Everything up to `publish` leaves
the published warehouse as it is, and `publish` changes it in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from fleetstats import __version__
from fleetstats.core.errors import ChecksFailed, ConfigurationError, shorten
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import in_vintage, superseded
from fleetstats.filings.filing import Held
from fleetstats.pipeline.fingerprint import build_code_sha256, fingerprint
from fleetstats.warehouse.base import PUBLISHED, State, Warehouse, new_run_id, publication_row
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    from fleetstats.quality.auditor import Auditor
    from fleetstats.quality.expectations import Result
    from fleetstats.sources.reviewed import Reviewed
    from fleetstats.sources.staged import Staged
from fleetstats.core.progress import Progress


@dataclass(frozen=True)
class Plan:
    """What is to be built, and from what."""

    settings: Settings
    as_of: date | None
    held: tuple[Held, ...]
    reviewed: Reviewed
    fingerprint: str
    run_id: str


@dataclass(frozen=True)
class Built:
    """A closed candidate: the name that it would be published under (once its forecasts are in it), its tables with
    their rows, and what the readers warned of."""

    publication_id: str
    rows: dict[str, int]
    warnings: tuple[str, ...]
    accounts: tuple[dict[str, Any], ...]
    rejected: tuple[str, ...]


@dataclass
class Outcome:
    """What a run did."""

    status: Literal["unchanged", "published", "planned"]
    publication_id: str
    place: str
    as_of: date | None
    rows: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    filings: int = 0
    originals: int = 0


def plan(
    settings: Settings,
    as_of: date | None = None,
    *,
    remember: bool = True,
    run_id: str | None = None,
    only: Collection[str] | None = None,
) -> Plan:
    """Read the catalogue, verify every file, and fingerprint what a build would be made from.

    With `remember` the hashes of files are kept for the next run; without, nothing is written. `run_id` and
    `only` these filings make the plan of a run in steps again that has already begun.

    Imports none of the heavy libraries. Raises `BadInput` for filings that cannot be used.
    """
    from fleetstats.sources.reviewed import Reviewed

    catalogue = Catalogue.open(settings, remember=remember)
    held = tuple(h for h in in_vintage(catalogue, as_of) if only is None or h.filing.id in only)
    if not held:
        raise ConfigurationError(
            f"no filing had been issued by {as_of}\n  expected: a day on or after the first filing's"
            if as_of
            else f"there are no filings: {settings.raw} is empty\n  to do:    install fleetstats again"
        )
    reviewed = Reviewed.open(settings)
    reviewed.verify(catalogue)
    return Plan(
        settings=settings,
        as_of=as_of,
        held=held,
        reviewed=reviewed,
        fingerprint=fingerprint(held, build_code_sha256(), reviewed.sha256, as_of),
        run_id=run_id or new_run_id(),
    )


def stage(the_plan: Plan, progress: Progress) -> list[Staged]:
    """Read every filing of the plan; unchanged ones come from the cache."""
    from fleetstats.ingest.stage import stage as stage_filings

    return stage_filings(
        the_plan.held,
        the_plan.reviewed,
        the_plan.settings.cache,
        lambda filing: progress("stage", filing),
    )


def build(the_plan: Plan, warehouse: Warehouse, staged: list[Staged], progress: Progress) -> Built:
    """Build the candidate, out of everybody's sight: reference and core tables, then the marts."""
    from fleetstats.core.schema.arrow import rows_to_table
    from fleetstats.warehouse.core_tables import account_rows, assemble
    from fleetstats.warehouse.lineage import LINEAGE, build_lineage, load_lineage
    from fleetstats.warehouse.marts import build_marts, buildable, load_statements

    statements = load_statements(*packaged_folders("sql"))
    content = assemble(staged, the_plan.held, the_plan.reviewed, the_plan.as_of)
    if not content["filing"].num_rows:
        raise ConfigurationError(
            f"nothing had been issued by {the_plan.as_of}\n  expected: a day on or after the first figure's"
        )
    for table in tables("reference", "core"):
        if table.name not in content and not table.optional:
            content[table.name] = table.arrow_schema().empty_table()
    marts = buildable(statements, {*content, "filing_account"})
    candidate = warehouse.candidate(the_plan.run_id)
    try:
        candidate.create([*(TABLES[n] for n in (*content, *marts, LINEAGE)), *tables("ledger")])
        rows: dict[str, int] = {}
        for name, table in content.items():
            progress("build", name)
            candidate.load(name, table)
            rows[name] = table.num_rows
        accounts = account_rows(staged, the_plan.held, the_plan.run_id)
        candidate.load("filing_account", rows_to_table("filing_account", accounts))
        available = {*content, "filing_account"}
        rows |= build_marts(candidate, statements, available, lambda name: progress("build", name))
        rows[LINEAGE] = build_lineage(
            candidate, load_lineage(*packaged_folders("sql")), marts, lambda name: progress("build", name)
        )
    finally:
        candidate.close()
    gone = superseded(the_plan.held, the_plan.as_of)
    files = {held.filing.id: held.path.name for held in the_plan.held}
    return Built(
        publication_id="",
        rows=rows,
        warnings=tuple(w for one in staged if one.filing not in gone for w in one.warnings),
        accounts=tuple(accounts),
        rejected=tuple(
            f"{one.filing}: {files[one.filing]}, record {r.record}: {r.reason}"
            for one in staged
            for r in one.rejected
            if not r.expected
        ),
    )


def forecast(
    the_plan: Plan,
    warehouse: Warehouse,
    built: Built,
    progress: Progress,
    series: Collection[str] | None = None,
) -> Built:
    """Add to the closed candidate what is computed from its marts: forecasts, scores, claims, and their marts.

    Forecast is what was not forecast yet from these figures: orders, or the series named (none named: all). The
    rows reach the ledgers when the candidate is published, and not before. Statistics are imported only if
    there is something to forecast.
    """
    from fleetstats.core.schema.arrow import rows_to_table
    from fleetstats.forecast.ledger.candidate import forecast_candidate
    from fleetstats.forecast.ledger.rows import Made
    from fleetstats.quality.claims import claim_rows, evidence, findings, load_claims
    from fleetstats.sources.registry import CLAIMS
    from fleetstats.warehouse.lineage import LINEAGE, build_lineage, load_lineage
    from fleetstats.warehouse.marts import build_marts, buildable, load_statements

    made = Made(the_plan.run_id, datetime.now(UTC))
    publication_id, ledgers = forecast_candidate(
        warehouse, made, the_plan.fingerprint, series, lambda at: progress("forecast", at)
    )
    claims = load_claims(the_plan.reviewed.folders(CLAIMS))
    statements = load_statements(*packaged_folders("sql"))
    there = {*built.rows, *ledgers, *(table.name for table in tables("finding"))}
    later = {name: statements[name] for name in buildable(statements, there) if name not in built.rows}
    with warehouse.read(the_plan.run_id) as reader:
        found, rests_on = findings(claims, reader), evidence(claims, reader)
    rows: dict[str, int] = {}
    candidate = warehouse.candidate(the_plan.run_id)
    try:
        candidate.create([*tables("finding"), *(TABLES[name] for name in later)])
        for name, table in ledgers.items():
            candidate.load(name, table)
        for name, content in (
            ("claim", claim_rows(claims)),
            ("claim_finding", found),
            ("claim_evidence", rests_on),
        ):
            progress("forecast", name)
            candidate.load(name, rows_to_table(name, content))
            rows[name] = len(content)
        rows |= build_marts(candidate, later, there, lambda name: progress("forecast", name))
        rows[LINEAGE] = built.rows[LINEAGE] + build_lineage(
            candidate, load_lineage(*packaged_folders("sql")), later, lambda name: progress("forecast", name)
        )
    finally:
        candidate.close()
    return replace(built, publication_id=publication_id, rows={**built.rows, **rows})


def audit(
    the_plan: Plan, warehouse: Warehouse, built: Built, auditor: Auditor, progress: Progress
) -> list[Result]:
    """Check the candidate; raises `ChecksFailed` if a critical expectation was not met.

    The results go to the ledger and to a page for people either way.
    """
    from fleetstats.quality.expectations import failures, load_suites
    from fleetstats.quality.page import write_page

    progress("audit", f"{len(built.rows)} tables")
    tables_of_run = [*built.rows, "filing_account"]
    suites = load_suites(packaged_folders("expectations"), tables_of_run, floors=the_plan.as_of is None)
    with warehouse.read(the_plan.run_id) as reader:
        results = auditor.audit(reader, suites)
    run_id = the_plan.run_id
    warehouse.record("check_result", run_id, [r.row(run_id) for r in results])
    warehouse.record("filing_account", run_id, list(built.accounts))
    vintage = f"-{the_plan.as_of}" if the_plan.as_of else ""
    page = write_page(the_plan.settings.reports / f"checks{vintage}.html", the_plan, built, results)
    critical = failures(results, "critical")
    if critical:
        raise ChecksFailed(_failure_message(critical, built, page))
    return results


def _failure_message(critical: list[Result], built: Built, page: Path) -> str:
    lines = [
        f"{len(critical)} critical check{'s' if len(critical) > 1 else ''} failed; nothing was published"
    ]
    lines += [f"  - {shorten(result.says, 400)}" for result in critical[:10]]
    if built.rejected:
        lines.append(f"  records that could not be read: {len(built.rejected):,}")
        lines += [f"  - {text}" for text in built.rejected[:5]]
        if len(built.rejected) > 5:
            lines.append("  - …")
        lines.append("  expected: no such record, or a correction with action drop")
    lines.append(f"  to do:    see {page}, mend the input or review it in corrections.yml, run again")
    return "\n".join(lines)


def publish(
    the_plan: Plan, warehouse: Warehouse, built: Built, results: list[Result], progress: Progress
) -> Outcome:
    """Put the audited candidate in the published one's place, in one step; `results` are its audit's."""
    from fleetstats.quality.expectations import failures
    from fleetstats.quality.revisions import revise

    progress("publish", built.publication_id)
    moved = revise(the_plan.settings, warehouse, the_plan.run_id, built.publication_id, the_plan.as_of)
    published_at = datetime.now(UTC)
    state = State(
        publication_id=built.publication_id,
        run_id=the_plan.run_id,
        fingerprint=the_plan.fingerprint,
        published_at=published_at.isoformat(),
        rows=built.rows,
        warnings=[*built.warnings, *(result.says for result in failures(results, "warning")), *moved],
    )
    warehouse.publish(publication_row(state, published_at, the_plan.as_of, __version__, PUBLISHED), state)
    return Outcome(
        status="published",
        publication_id=state.publication_id,
        place=warehouse.place,
        as_of=the_plan.as_of,
        rows=state.rows,
        warnings=state.warnings,
    )


def run(
    settings: Settings,
    *,
    as_of: date | None = None,
    force: bool = False,
    dry_run: bool = False,
    series: Collection[str] | None = None,
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Bring the warehouse up to date, or do nothing if it is.

    `as_of` builds the warehouse of a past day into a file of its own. `force` builds even if nothing
    changed; `dry_run` says what would be done. `series` are those to forecast, as in `forecast`. Raises a
    `FleetstatsError` that tells what to mend; the last publication stays as it was.
    """
    started = perf_counter()
    progress("plan", "filings")
    the_plan = plan(settings, as_of, remember=not dry_run)
    warehouse = open_warehouse(settings, as_of)
    state = warehouse.state()
    if state is not None and state.is_result_of(the_plan.fingerprint) and not force:
        outcome = Outcome(
            "unchanged", state.publication_id, warehouse.place, as_of, state.rows, state.warnings
        )
    elif dry_run:
        outcome = Outcome("planned", "", warehouse.place, as_of)
    else:
        with warehouse.lock():
            outcome = _build_and_publish(the_plan, warehouse, progress, series)
    outcome.filings = len(the_plan.held)
    outcome.originals = sum(h.read_as == "original" for h in the_plan.held)
    outcome.seconds = perf_counter() - started
    return outcome


def _build_and_publish(
    the_plan: Plan, warehouse: Warehouse, progress: Progress, series: Collection[str] | None
) -> Outcome:
    from fleetstats.quality.auditor import Auditor

    warehouse.prepare()
    try:
        auditor = Auditor()
        staged = stage(the_plan, progress)
        built = build(the_plan, warehouse, staged, progress)
        built = forecast(the_plan, warehouse, built, progress, series)
        results = audit(the_plan, warehouse, built, auditor, progress)
        return publish(the_plan, warehouse, built, results, progress)
    except OSError as error:
        raise cannot_write(the_plan.settings, error) from error
    finally:
        warehouse.discard(the_plan.run_id)


def cannot_write(settings: Settings, error: OSError) -> ConfigurationError:
    """What to tell of a disk or folder that could not be written."""
    free = shutil.disk_usage(settings.home).free
    return ConfigurationError(
        f"the build could not be written: {error.strerror or error}\n"
        f"  where:    {error.filename or settings.home} ({free / 2**20:,.0f} MiB free)\n"
        "  to do:    make room or mend the folder's rights, and run again; the last publication is as it was"
    )


def rollback(settings: Settings, to: str | None = None) -> State:
    """Return to a kept publication: `to`, or the one before the current.

    It stands until inputs or code change, or a run is forced. Raises `ConfigurationError` where there is
    nothing to return to.
    """
    warehouse = open_warehouse(settings)
    with warehouse.lock():
        warehouse.prepare()
        current, kept = warehouse.state(), warehouse.kept()
        found = [s for s in kept if s.publication_id == to] if to else _older(kept, current)
        if not found:
            raise ConfigurationError(
                f"there is no publication {to or 'before the current one'} to return to\n"
                f"  expected: {', '.join(dict.fromkeys(s.publication_id for s in kept)) or 'none is kept'}"
            )
        try:
            return warehouse.rollback(found[0], new_run_id(), datetime.now(UTC))
        except OSError as error:
            raise cannot_write(settings, error) from error


def _older(kept: list[State], current: State | None) -> list[State]:
    """Of the kept publications, newest first, those that came before the current one and differ from it."""
    if current is None:
        return kept
    places = [i for i, state in enumerate(kept) if state.fingerprint == current.fingerprint]
    return [s for s in kept[max(places, default=-1) + 1 :] if s.fingerprint != current.fingerprint]
