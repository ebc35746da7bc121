"""The nightly build as a sequence of named steps: plan, stage, build, forecast, audit, publish.

The command line runs them in one go; a scheduler may run them one by one. Everything up to `publish` leaves
the published warehouse as it is, and `publish` changes it in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from fleetstats import __version__
from fleetstats.core.errors import ChecksFailed, ConfigurationError, FleetstatsError, shorten
from fleetstats.core.progress import Progress, silent
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.filings.chains import superseded
from fleetstats.pipeline.plan import Plan, plan
from fleetstats.warehouse.base import (
    PUBLISHED,
    NothingPublished,
    State,
    Warehouse,
    differing,
    publication_row,
)
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    from fleetstats.forecast.ledger.candidate import Ready
    from fleetstats.quality.auditor import Auditor
    from fleetstats.quality.expectations import Result
    from fleetstats.sources.staged import Staged


_DIFFERENCES_TOLD = 3


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
    ages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Build:
    """One build: what it is made from, the warehouse it is for, and who is told what it is at."""

    plan: Plan
    warehouse: Warehouse
    progress: Progress = silent

    def stage(self) -> list[Staged]:
        """Read every filing of the plan; unchanged ones come from the cache."""
        from fleetstats.ingest.stage import stage as stage_filings

        return stage_filings(
            self.plan.held,
            self.plan.reviewed,
            self.plan.settings.cache,
            lambda filing: self.progress("stage", filing),
        )

    def candidate(self, staged: list[Staged]) -> Built:
        """Build the candidate, out of everybody's sight: reference and core tables, then the marts."""
        from fleetstats.core.schema.arrow import rows_to_table
        from fleetstats.warehouse.core_tables import account_rows, assemble
        from fleetstats.warehouse.lineage import LINEAGE, build_lineage, load_lineage
        from fleetstats.warehouse.marts import build_marts, buildable, load_statements

        statements = load_statements(*packaged_folders("sql"))
        content = assemble(staged, self.plan.held, self.plan.reviewed, self.plan.as_of)
        if not content["filing"].num_rows:
            raise ConfigurationError(
                f"nothing had been issued by {self.plan.as_of}\n  expected: a day on or after the first figure's"
            )
        for table in tables("reference", "core"):
            if table.name not in content and not table.optional:
                content[table.name] = table.arrow_schema().empty_table()
        marts = buildable(statements, {*content, "filing_account"})
        candidate = self.warehouse.candidate(self.plan.run_id)
        try:
            candidate.create([*(TABLES[n] for n in (*content, *marts, LINEAGE)), *tables("ledger")])
            rows: dict[str, int] = {}
            for name, table in content.items():
                self.progress("build", name)
                candidate.load(name, table)
                rows[name] = table.num_rows
            accounts = account_rows(staged, self.plan.held, self.plan.run_id)
            candidate.load("filing_account", rows_to_table("filing_account", accounts))
            available = {*content, "filing_account"}
            rows |= build_marts(candidate, statements, available, lambda name: self.progress("build", name))
            rows[LINEAGE] = build_lineage(
                candidate,
                load_lineage(*packaged_folders("sql")),
                marts,
                lambda name: self.progress("build", name),
            )
        finally:
            candidate.close()
        gone = superseded(self.plan.held, self.plan.as_of)
        files = {held.filing.id: held.path.name for held in self.plan.held}
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
        self, built: Built, series: Collection[str] | None = None, ready: Ready | None = None
    ) -> Built:
        """Add to the closed candidate what is computed from its marts: forecasts, scores, claims, and their marts.

        Forecast is what was not forecast yet from these figures, nor made `ready`: orders, or the series named (none
        named: all). The
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

        made = Made(self.plan.run_id, datetime.now(UTC))
        publication_id, ledgers = forecast_candidate(
            self.warehouse,
            made,
            self.plan.fingerprint,
            series,
            lambda at: self.progress("forecast", at),
            ready,
        )
        claims = load_claims(self.plan.reviewed.folders(CLAIMS))
        statements = load_statements(*packaged_folders("sql"))
        there = {*built.rows, *ledgers, *(table.name for table in tables("finding"))}
        later = {name: statements[name] for name in buildable(statements, there) if name not in built.rows}
        with self.warehouse.read(self.plan.run_id) as reader:
            found, rests_on = findings(claims, reader), evidence(claims, reader)
        rows: dict[str, int] = {}
        candidate = self.warehouse.candidate(self.plan.run_id)
        try:
            candidate.create([*tables("finding"), *(TABLES[name] for name in later)])
            for name, table in ledgers.items():
                candidate.load(name, table)
            for name, content in (
                ("claim", claim_rows(claims)),
                ("claim_finding", found),
                ("claim_evidence", rests_on),
            ):
                self.progress("forecast", name)
                candidate.load(name, rows_to_table(name, content))
                rows[name] = len(content)
            rows |= build_marts(candidate, later, there, lambda name: self.progress("forecast", name))
            rows[LINEAGE] = built.rows[LINEAGE] + build_lineage(
                candidate,
                load_lineage(*packaged_folders("sql")),
                later,
                lambda name: self.progress("forecast", name),
            )
        finally:
            candidate.close()
        return replace(built, publication_id=publication_id, rows={**built.rows, **rows})

    def audit(self, built: Built, auditor: Auditor) -> list[Result]:
        """Check the candidate; raises `ChecksFailed` if a critical expectation was not met.

        A table that holds what it held in the current publication, of which the same was expected, keeps its results.
        All go to the ledger and to a page for people either way.
        """
        from fleetstats.quality.earlier_audit import EarlierAudit, audited_rows, content_columns
        from fleetstats.quality.expectations import failures, load_suites
        from fleetstats.quality.page import write_page

        self.progress("audit", f"{len(built.rows)} tables")
        tables_of_run = [*built.rows, "filing_account"]
        suites = load_suites(packaged_folders("expectations"), tables_of_run, floors=self.plan.as_of is None)
        run_id = self.plan.run_id
        earlier = EarlierAudit.of(self.warehouse, self.warehouse.state())
        with self.warehouse.read(run_id) as reader:
            contents = {table: reader.content(table, content_columns(reader, table)) for table in suites}
            known = {table: earlier.still_true(table, contents[table], suites[table]) for table in suites}
            new = auditor.audit(reader, {table: suites[table] for table in suites if not known[table]})
        of_table = {table: [*known[table], *(r for r in new if r.table_name == table)] for table in suites}
        results = [result for table in suites for result in of_table[table]]
        self.warehouse.record("check_result", run_id, [r.row(run_id) for r in results])
        self.warehouse.record("audited_table", run_id, audited_rows(run_id, suites, contents))
        self.warehouse.record("filing_account", run_id, list(built.accounts))
        vintage = f"-{self.plan.as_of}" if self.plan.as_of else ""
        page = write_page(self.plan.settings.reports / f"checks{vintage}.html", self.plan, built, results)
        critical = failures(results, "critical")
        if critical:
            raise ChecksFailed(_failure_message(critical, built, page))
        return results

    def publish(self, built: Built, results: list[Result]) -> Outcome:
        """Put the audited candidate in the published one's place, in one step; `results` are its audit's.

        Every table has to be the one that the ledger says was audited.
        """
        from fleetstats.quality.expectations import failures
        from fleetstats.quality.revisions import revise

        self.progress("publish", built.publication_id)
        moved = revise(
            self.plan.settings, self.warehouse, self.plan.run_id, built.publication_id, self.plan.as_of
        )
        published_at = datetime.now(UTC)
        state = State(
            publication_id=built.publication_id,
            run_id=self.plan.run_id,
            fingerprint=self.plan.fingerprint,
            published_at=published_at.isoformat(),
            rows=built.rows,
            warnings=[*built.warnings, *(result.says for result in failures(results, "warning")), *moved],
        )
        self.warehouse.publish(
            publication_row(state, published_at, self.plan.as_of, __version__, PUBLISHED),
            state,
            {
                row["table_name"]: row["content_checksum"]
                for row in self.warehouse.recorded("audited_table", self.plan.run_id)
                if row["table_name"]
                in built.rows  # the accounts are shown by their ledger, with those of all runs
            },
        )
        return Outcome(
            status="published",
            publication_id=state.publication_id,
            place=self.warehouse.place,
            as_of=self.plan.as_of,
            rows=state.rows,
            warnings=state.warnings,
        )


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
    lines.append(f"  to do:    see {page}, fix the input or review it in corrections.yml, run again")
    return "\n".join(lines)


def run(
    settings: Settings,
    *,
    as_of: date | None = None,
    force: bool = False,
    dry_run: bool = False,
    series: Collection[str] | None = None,
    ready: Ready | None = None,
    wait: float = 0,
    progress: Progress = silent,
) -> Outcome:
    """Bring the warehouse up to date, or do nothing if it is.

    `as_of` builds the warehouse of a past day into a file of its own. `force` builds even if nothing
    changed; `dry_run` says what would be done. `series` and `ready` are as in `Build.forecast`; `wait` seconds for
    another build to end. Raises a `FleetstatsError` that tells what to fix.
    """
    started = perf_counter()
    progress("plan", "filings")
    the_plan = plan(settings, as_of, remember=not dry_run)
    warehouse = open_warehouse(settings, as_of)
    this = Build(the_plan, warehouse, progress)
    if not dry_run:
        warehouse.settle()
    state, damage = current_state(warehouse, the_plan.fingerprint)
    if state is not None and damage is None and not force:
        outcome = Outcome(
            "unchanged", state.publication_id, warehouse.place, as_of, state.rows, state.warnings
        )
    elif dry_run:
        outcome = Outcome("planned", "", warehouse.place, as_of, warnings=damage_told(damage))
    else:
        with warehouse.lock(wait):
            outcome = _build_and_publish(this, series, ready)
        outcome.warnings += damage_told(damage)
    outcome.filings = len(the_plan.held)
    outcome.ages = [] if as_of is None else ages(the_plan, as_of)
    outcome.originals = sum(h.read_as == "original" for h in the_plan.held)
    outcome.seconds = perf_counter() - started
    return outcome


def ages(the_plan: Plan, as_of: date) -> list[str]:
    """For each source, its latest filing in force on a day, and how old that was then."""
    gone = superseded(the_plan.held, as_of)
    found: dict[str, tuple[date, str]] = {}
    for held in the_plan.held:
        filing = held.filing
        if filing.issued_on != "by_row" and filing.id not in gone:
            found[filing.source] = max(
                found.get(filing.source, (date.min, "")), (filing.issued_on, filing.id)
            )
    return [f"{name}, issued on {day}, {(as_of - day).days:,} days before" for day, name in found.values()]


def current_state(warehouse: Warehouse, fingerprint: str) -> tuple[State | None, str | None]:
    """What is published, if a build of this fingerprint has nothing to add, and what is damaged of it."""
    state = warehouse.state()
    if state is None or not state.is_result_of(fingerprint):
        return None, None
    return state, warehouse.damage()


def damaged_content(warehouse: Warehouse, state: State) -> str | None:
    """What is not as it was published of the current publication, every table being read; None if all of it is."""
    try:
        with warehouse.read() as reader:
            return "; ".join(differing(reader, state)[:_DIFFERENCES_TOLD]) or None
    except NothingPublished as error:
        return str(error).partition("\n")[0]


def damage_told(damage: str | None) -> list[str]:
    """The warning that comes with a publication that takes the place of a damaged one."""
    return [] if damage is None else [f"what was published is not as it was and is built again: {damage}"]


def _build_and_publish(this: Build, series: Collection[str] | None, ready: Ready | None) -> Outcome:
    from fleetstats.quality.auditor import Auditor

    try:
        found = this.warehouse.prepare()
        current = this.warehouse.state()
        # Where nothing changed, nothing may have to be checked that was not checked before
        auditor = Auditor(soon=current is None or current.fingerprint != this.plan.fingerprint)
        built = this.forecast(this.candidate(this.stage()), series, ready)
        outcome = this.publish(built, this.audit(built, auditor))
    except OSError as error:
        raise cannot_write(this.plan.settings, error) from error
    finally:
        # What is left of it is removed by whoever comes next; no failure here may hide what was published
        with suppress(OSError, FleetstatsError):
            this.warehouse.discard(this.plan.run_id)
    outcome.warnings += found
    return outcome


def cannot_write(settings: Settings, error: OSError) -> ConfigurationError:
    """What to tell of a disk or folder that could not be written, before anything was published."""
    free = shutil.disk_usage(settings.home).free
    return ConfigurationError(
        f"the build could not be written: {error.strerror or error}\n"
        f"  where:    {error.filename or settings.home} ({free / 2**20:,.0f} MiB free)\n"
        "  to do:    make room or fix the folder's rights, and run again; the last publication is as it was"
    )
