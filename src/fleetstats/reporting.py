"""Answers about what is there: status, verification, and checks of what is published."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats import ledger
from fleetstats.errors import (
    EXIT_CHECKS_FAILED,
    EXIT_DONE,
    BadInput,
    ConfigurationError,
    FleetstatsError,
)
from fleetstats.pipeline import plan, published_state, target_of
from fleetstats.raw import HashCache, hash_file, load_catalogue
from fleetstats.schema import tables
from fleetstats.settings import Settings, packaged

if TYPE_CHECKING:
    from fleetstats.pipeline import Progress


@dataclass(frozen=True)
class Answer:
    """The same answer for programs and for people, and the exit code that goes with it."""

    facts: dict[str, Any]
    words: list[str]
    exit_code: int = EXIT_DONE


def state(settings: Settings) -> Answer:
    """What is published, from which filings, and whether a run would change it. Imports nothing heavy.

    What is wrong with an input is part of the answer, after what is published.
    """
    note = published_state(settings.published)
    vintages = sorted(p.stem for p in (settings.warehouse / "as-of").glob("*.duckdb"))
    facts: dict[str, Any] = {
        "home": settings.home,
        "originals": settings.originals,
        "published": None
        if note is None
        else {k: note[k] for k in ("publication_id", "published_at", "rows", "warnings")},
        "vintages": vintages,
        "runs": len(ledger.runs(settings.ledger, "publication")),
    }
    words = [f"home        {settings.home}"]
    if note is not None:
        words += [
            f"published   {note['publication_id']}, {note['published_at'][:19]}Z",
            f"            {sum(note['rows'].values()):,} rows in {len(note['rows'])} tables",
            f"            {len(note['warnings'])} warnings",
        ]
    elif settings.published.exists():
        words.append(
            f"published   {settings.published}, copied or changed since: fleetstats run builds it anew"
        )
    else:
        words.append("published   nothing yet: fleetstats run")
    words += [f"vintages    {', '.join(vintages)}"] if vintages else []
    try:
        the_plan = plan(settings, remember=False)
    except FleetstatsError as error:
        facts["problem"] = str(error)
        return Answer(facts, [*words, f"problem     {error}"], exit_code=error.exit_code)
    current = note is not None and note["fingerprint"] == the_plan.fingerprint
    counts = Counter((h.filing.source, h.read_as) for h in the_plan.held)
    facts |= {
        "current": current,
        "would_publish": the_plan.publication_id,
        "filings": [{"source": s, "read_as": r, "count": n} for (s, r), n in sorted(counts.items())],
    }
    words += [f"filings     {source}: {n} {read_as}" for (source, read_as), n in sorted(counts.items())]
    words.append("up to date" if current else "inputs or code have changed: fleetstats run")
    if note is not None:
        words += [f"warning: {text}" for text in note["warnings"]]
    return Answer(facts, words)


def verify(settings: Settings, progress: Progress) -> Answer:
    """Hash every filing again, read every ledger, and count the rows of the published file.

    Raises `BadInput` or `ConfigurationError` for the first thing that is not as it has to be.
    """
    progress("verify", "filings")
    catalogue = load_catalogue(settings.raw, settings.landed, settings.originals, HashCache(None))
    words = [f"{len(catalogue)} filings: every sha256 is as filing.yml says"]
    facts: dict[str, Any] = {
        "filings": len(catalogue),
        "bytes": sum(h.path.stat().st_size for h in catalogue),
    }
    for table in tables("ledger"):
        progress("verify", table.name)
        rows = ledger.read(settings.ledger, table.name).num_rows
        facts[table.name] = rows
        words.append(f"ledger {table.name}: {rows:,} rows, readable")
    if settings.published.exists():
        progress("verify", "published")
        words.append(_verify_published(settings, facts))
    return Answer(facts, words)


def _verify_published(settings: Settings, facts: dict[str, Any]) -> str:
    from fleetstats.warehouse.duckdb import query

    note = published_state(settings.published)
    if note is None:
        raise ConfigurationError(
            f"the note beside the published file is not that file's: {settings.published}\n"
            "  to do:    fleetstats run, which builds it again"
        )
    for name, expected in note["rows"].items():
        found = query(settings.published, f'select count(*) as n from "{name}"')["n"][0].as_py()  # noqa: S608
        if found != expected:
            raise BadInput(
                "a published table has another number of rows than when it was published",
                file=settings.published,
                column=name,
                found=found,
                expected=str(expected),
                todo="fleetstats run --force",
            )
    facts["published"] = {
        "publication_id": note["publication_id"],
        "sha256": hash_file(settings.published).sha256,
    }
    return f"published {note['publication_id']}: {len(note['rows'])} tables with the rows they were published with"


def check(settings: Settings, as_of: date | None, progress: Progress) -> Answer:
    """Run every expectation on a published file, as the gate did before publishing it."""
    from fleetstats.checks import Auditor, failures
    from fleetstats.warehouse.duckdb import query

    target = target_of(settings, as_of)
    progress("check", str(target))
    names = query(target, "select table_name from information_schema.tables order by table_name")
    there = set(names["table_name"].to_pylist())
    wanted = [t.name for t in tables() if t.name in there and t.name not in ("check_result", "publication")]
    with Auditor() as auditor:
        results = auditor.audit(target, wanted, packaged("expectations"), floors=as_of is None)
    critical, warned = failures(results, "critical"), failures(results, "warning")
    words = [
        f"{len(results)} expectations on {len(wanted)} tables: {sum(r.success for r in results)} met",
        f"not met: {len(critical)} critical, {len(warned)} warnings",
        *(f"critical: {r.says}" for r in critical),
        *(f"warning: {r.says}" for r in warned),
    ]
    facts = {
        "expectations": len(results),
        "tables": len(wanted),
        "critical": [vars(r) for r in critical],
        "warnings": [vars(r) for r in warned],
    }
    return Answer(facts, words, EXIT_CHECKS_FAILED if critical else EXIT_DONE)
