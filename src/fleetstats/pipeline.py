"""The nightly build as a sequence of named steps: plan, stage, build, audit, publish.

The command line runs them in one go; a scheduler may run them one by one. Everything up to `publish` leaves
the published warehouse as it is, and `publish` changes it in one step.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from fleetstats import __version__, ledger
from fleetstats.errors import ChecksFailed, ConfigurationError, shorten
from fleetstats.fingerprint import code_sha256, fingerprint, publication_id
from fleetstats.locking import build_lock
from fleetstats.raw import HashCache, Held, in_vintage, load_catalogue, write_atomically
from fleetstats.schema import TABLES, tables
from fleetstats.settings import Settings, packaged

if TYPE_CHECKING:
    from fleetstats.checks import Auditor, Result
    from fleetstats.staged import Staged
    from fleetstats.staging import Reviewed

Progress = Callable[[str, str], None]
"""Told the step and what it is at; never needed for the result."""


@dataclass(frozen=True)
class Plan:
    """What is to be built, and from what."""

    settings: Settings
    as_of: date | None
    held: tuple[Held, ...]
    reviewed: Reviewed
    code: str
    fingerprint: str
    run_id: str

    @property
    def publication_id(self) -> str:
        """The publication that this plan leads to."""
        return publication_id(self.fingerprint)

    @property
    def target(self) -> Path:
        """The file that is published; a vintage has one of its own."""
        return self.settings.vintage(self.as_of)


@dataclass(frozen=True)
class Built:
    """A closed candidate file: its tables with their rows, and what the readers warned of."""

    path: Path
    rows: dict[str, int]
    warnings: tuple[str, ...]
    accounts: tuple[dict[str, Any], ...]
    rejected: tuple[str, ...]


@dataclass
class Outcome:
    """What a run did."""

    status: Literal["unchanged", "published", "planned"]
    publication_id: str
    path: Path
    as_of: date | None
    rows: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    filings: int = 0
    originals: int = 0


def plan(settings: Settings, as_of: date | None = None, *, remember: bool = True) -> Plan:
    """Read the catalogue, verify every file, and fingerprint what a build would be made from.

    With `remember` the hashes of files are kept for the next run; without, nothing is written.

    Imports none of the heavy libraries. Raises `BadInput` for filings that cannot be used.
    """
    from fleetstats.staging import Reviewed

    hashes = HashCache(settings.cache / "hashes.json")
    catalogue = load_catalogue(settings.raw, settings.landed, settings.originals, hashes)
    if remember:
        hashes.save()
    held = tuple(in_vintage(catalogue, as_of))
    if not held:
        raise ConfigurationError(
            f"no filing had been issued by {as_of}\n  expected: a day on or after the first filing's"
            if as_of
            else f"there are no filings: {settings.raw} is empty\n  to do:    install fleetstats again"
        )
    reviewed = Reviewed(settings.data, settings.landed)
    reviewed.verify(catalogue)
    code = code_sha256(packaged("sql"), packaged("expectations"))
    now = datetime.now(UTC)
    return Plan(
        settings=settings,
        as_of=as_of,
        held=held,
        reviewed=reviewed,
        code=code,
        fingerprint=fingerprint(held, code, reviewed.sha256, as_of),
        run_id=f"{now:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(3)}",
    )


def target_of(settings: Settings, as_of: date | None) -> Path:
    """The published file, or that of a vintage."""
    path = settings.vintage(as_of)
    if as_of is not None and not path.exists():
        raise ConfigurationError(
            f"the vintage of {as_of} has not been built\n  to do:    fleetstats run --as-of {as_of}"
        )
    return path


def published_state(target: Path) -> dict[str, Any] | None:
    """What the note beside a published file says of it, if the note is that file's."""
    try:
        note: dict[str, Any] = json.loads(_note_path(target).read_text(encoding="utf-8"))
        stat = target.stat()
    except (OSError, ValueError):
        return None
    return note if note.get("file") == [stat.st_size, stat.st_mtime_ns, stat.st_ino] else None


def _note_path(target: Path) -> Path:
    return target.with_suffix(".json")


def stage(the_plan: Plan, progress: Progress) -> list[Staged]:
    """Read every filing of the plan; unchanged ones come from the cache."""
    from fleetstats.staging import stage as stage_filings

    return stage_filings(
        the_plan.held,
        the_plan.reviewed,
        the_plan.settings.cache,
        the_plan.code,
        lambda filing: progress("stage", filing),
    )


def build(the_plan: Plan, staged: list[Staged], progress: Progress) -> Built:
    """Build the candidate file beside the published one: reference and core tables, then the marts."""
    from fleetstats.marts import build_marts, buildable, load_statements
    from fleetstats.staging import account_rows, assemble
    from fleetstats.warehouse.duckdb import Candidate, candidate_path

    statements = load_statements(packaged("sql"))
    content = assemble(staged, the_plan.held, the_plan.reviewed, the_plan.as_of)
    if not content["filing"].num_rows:
        raise ConfigurationError(
            f"nothing had been issued by {the_plan.as_of}\n  expected: a day on or after the first figure's"
        )
    for table in tables("reference", "core"):
        if table.name not in content and not table.optional:
            content[table.name] = table.arrow_schema().empty_table()
    marts = buildable(statements, set(content))
    path = candidate_path(the_plan.target, the_plan.run_id)
    candidate = Candidate(path)
    try:
        candidate.create([*(TABLES[n] for n in (*content, *marts)), *tables("ledger")])
        rows: dict[str, int] = {}
        for name, table in content.items():
            progress("build", name)
            candidate.load(name, table)
            rows[name] = table.num_rows
        rows |= build_marts(candidate, statements, set(content), lambda name: progress("build", name))
        accounts = account_rows(staged, the_plan.held, the_plan.run_id)
        for table in tables("ledger"):
            candidate.load(table.name, ledger.read(the_plan.settings.ledger, table.name))
        from fleetstats.staged import rows_to_table

        candidate.load("filing_account", rows_to_table("filing_account", accounts))
    finally:
        candidate.close()
    files = {held.filing.id: held.path.name for held in the_plan.held}
    return Built(
        path=path,
        rows=rows,
        warnings=tuple(warning for one in staged for warning in one.warnings),
        accounts=tuple(accounts),
        rejected=tuple(
            f"{one.filing}: {files[one.filing]}, record {r.record}: {r.reason}"
            for one in staged
            for r in one.rejected
            if not r.expected
        ),
    )


def audit(the_plan: Plan, built: Built, auditor: Auditor, progress: Progress) -> list[Result]:
    """Check the candidate file; raises `ChecksFailed` if a critical expectation was not met.

    The results go to the ledger and to a page for people either way.
    """
    from fleetstats.checks import failures
    from fleetstats.checks_page import write_page

    progress("audit", f"{len(built.rows)} tables")
    results = auditor.audit(
        built.path,
        [*built.rows, *(t.name for t in tables("ledger") if t.name == "filing_account")],
        packaged("expectations"),
        floors=the_plan.as_of is None,
    )
    home = the_plan.settings
    ledger.append(home.ledger, "check_result", the_plan.run_id, [r.row(the_plan.run_id) for r in results])
    ledger.append(home.ledger, "filing_account", the_plan.run_id, list(built.accounts))
    vintage = f"-{the_plan.as_of}" if the_plan.as_of else ""
    page = write_page(home.reports / f"checks{vintage}.html", the_plan, built, results)
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
        lines.append("  expected: no such record, or a correction with action reject that expects it")
    lines.append(f"  to do:    see {page}, mend the input or review it in corrections.yml, run again")
    return "\n".join(lines)


def publish(the_plan: Plan, built: Built, results: list[Result], progress: Progress) -> Outcome:
    """Add the run's ledgers to the audited file and put it in the published one's place, atomically."""
    from fleetstats.checks import failures
    from fleetstats.staged import rows_to_table
    from fleetstats.warehouse.duckdb import promote, reopen

    progress("publish", the_plan.publication_id)
    warned = failures(results, "warning")
    warnings = [*built.warnings, *(result.says for result in warned)]
    published_at = datetime.now(UTC)
    publication = {
        "publication_id": the_plan.publication_id,
        "run_id": the_plan.run_id,
        "published_at": published_at,
        "fingerprint": the_plan.fingerprint,
        "as_of": the_plan.as_of,
        "code_version": __version__,
        "rows": sum(built.rows.values()),
        "warnings": len(warnings),
    }
    candidate = reopen(built.path)
    try:
        candidate.load(
            "check_result", rows_to_table("check_result", [r.row(the_plan.run_id) for r in results])
        )
        candidate.load("publication", rows_to_table("publication", [publication]))
    finally:
        candidate.close()
    promote(built.path, the_plan.target)
    ledger.append(the_plan.settings.ledger, "publication", the_plan.run_id, [publication])
    stat = the_plan.target.stat()
    note = {
        "publication_id": the_plan.publication_id,
        "run_id": the_plan.run_id,
        "fingerprint": the_plan.fingerprint,
        "published_at": published_at.isoformat(),
        "as_of": None if the_plan.as_of is None else the_plan.as_of.isoformat(),
        "rows": built.rows,
        "warnings": warnings,
        "file": [stat.st_size, stat.st_mtime_ns, stat.st_ino],
    }
    write_atomically(_note_path(the_plan.target), json.dumps(note, ensure_ascii=False).encode())
    return Outcome(
        status="published",
        publication_id=the_plan.publication_id,
        path=the_plan.target,
        as_of=the_plan.as_of,
        rows=built.rows,
        warnings=warnings,
        filings=len(the_plan.held),
        originals=sum(h.read_as == "original" for h in the_plan.held),
    )


def run(
    settings: Settings,
    *,
    as_of: date | None = None,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Bring the warehouse up to date, or do nothing if it is.

    `as_of` builds the warehouse of a past day into a file of its own. `force` builds even if nothing
    changed; `dry_run` says what would be done. Raises a `FleetstatsError` that tells what to mend; the
    last publication stays as it was.
    """
    started = perf_counter()
    progress("plan", "filings")
    the_plan = plan(settings, as_of, remember=not dry_run)
    state = published_state(the_plan.target)
    unchanged = state is not None and state["fingerprint"] == the_plan.fingerprint and not force
    if state is not None and (unchanged or dry_run):
        outcome = Outcome(
            "unchanged" if unchanged else "planned",
            the_plan.publication_id,
            the_plan.target,
            as_of,
            rows=state["rows"] if unchanged else {},
            warnings=state["warnings"] if unchanged else [],
        )
    elif dry_run:
        outcome = Outcome("planned", the_plan.publication_id, the_plan.target, as_of)
    else:
        with build_lock(settings.warehouse):
            outcome = _build_and_publish(the_plan, progress)
    outcome.filings = len(the_plan.held)
    outcome.originals = sum(h.read_as == "original" for h in the_plan.held)
    outcome.seconds = perf_counter() - started
    return outcome


def _build_and_publish(the_plan: Plan, progress: Progress) -> Outcome:
    from fleetstats.checks import Auditor
    from fleetstats.warehouse.duckdb import discard_candidates

    discard_candidates(the_plan.target.parent)
    recover_ledger(the_plan.settings)
    built: Built | None = None
    try:
        with Auditor() as auditor:
            staged = stage(the_plan, progress)
            built = build(the_plan, staged, progress)
            results = audit(the_plan, built, auditor, progress)
        return publish(the_plan, built, results, progress)
    except OSError as error:
        free = shutil.disk_usage(the_plan.settings.home).free
        raise ConfigurationError(
            f"the build could not be written: {error.strerror or error}\n"
            f"  where:    {error.filename or the_plan.settings.home} ({free / 2**20:,.0f} MiB free)\n"
            "  to do:    make room or mend the folder's rights, and run again; the last publication is as it was"
        ) from error
    finally:
        discard_candidates(the_plan.target.parent)


def recover_ledger(settings: Settings) -> None:
    """Write the ledger entry of a publication whose run was killed between publishing and noting it."""
    import duckdb

    target = settings.published
    if not target.exists() or published_state(target) is not None:
        return
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            rows = (
                connection.execute("select * from publication order by published_at desc limit 1")
                .to_arrow_table()
                .to_pylist()
            )
    except duckdb.Error:
        return  # The build that follows replaces a file that cannot be read
    for row in rows:
        ledger.append(settings.ledger, "publication", row["run_id"], [row])
