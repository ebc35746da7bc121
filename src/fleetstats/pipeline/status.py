"""Answers about what is there: status, verification, and checks of what is published."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import (
    EXIT_CHECKS_FAILED,
    EXIT_DONE,
    BadInput,
    ConfigurationError,
    FleetstatsError,
)
from fleetstats.core.schema.tables import tables
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.filings.catalogue import Catalogue
from fleetstats.pipeline.build import current_state
from fleetstats.pipeline.plan import plan
from fleetstats.warehouse import hash_chain as chain
from fleetstats.warehouse import ledger
from fleetstats.warehouse.base import NOTHING_YET, NothingPublished, Reader, Warehouse, differing
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.core.progress import Progress
from fleetstats.core.answers import Answer


def state(settings: Settings) -> Answer:
    """What is published, from which filings, and whether a run would change it. Imports nothing heavy.

    What is wrong with an input is part of the answer, after what is published.
    """
    warehouse = open_warehouse(settings)
    published = warehouse.state()
    vintages = sorted(p.stem for p in (settings.warehouse / "as-of").glob("*.duckdb"))
    facts: dict[str, Any] = {
        "home": settings.home,
        "originals": settings.originals,
        "warehouse": warehouse.place,
        "published": None if published is None else published.told(),
        "vintages": vintages,
        "kept": [state.publication_id for state in warehouse.kept()],
    }
    words = [f"home        {settings.home}", f"warehouse   {warehouse.place}"]
    if published is not None:
        words += [
            f"published   {published.publication_id}, {published.published_at[:19]}Z",
            f"            {sum(published.rows.values()):,} rows in {len(published.rows)} tables",
            f"            {len(published.warnings)} warnings",
        ]
        words += ["            rolled back; a newer one is kept"] if published.rolled_back_from else []
    else:
        words.append(f"published   {warehouse.why_no_state()}")
    words += [f"vintages    {', '.join(vintages)}"] if vintages else []
    try:
        the_plan = plan(settings, remember=False)
    except FleetstatsError as error:
        facts["problem"] = str(error)
        return Answer(facts, [*words, f"problem     {error}"], exit_code=error.exit_code)
    current, damage = current_state(warehouse, the_plan.fingerprint)
    counts = Counter((h.filing.source, h.read_as) for h in the_plan.held)
    facts |= {
        "current": current is not None and damage is None,
        "damage": damage,
        "inputs": the_plan.fingerprint,
        "filings": [{"source": s, "read_as": r, "count": n} for (s, r), n in sorted(counts.items())],
    }
    words += [f"filings     {source}: {n} {read_as}" for (source, read_as), n in sorted(counts.items())]
    if damage is not None:
        words.append(f"damaged     {damage}: fleetstats run builds it anew")
    else:
        words.append("up to date" if current else "inputs or code have changed: fleetstats run")
    if published is not None:
        words += [f"warning: {text}" for text in published.warnings]
    return Answer(facts, words)


def verify(settings: Settings, progress: Progress) -> Answer:
    """Hash every filing again, read every ledger, and count the rows of the published file.

    Raises `BadInput` or `ConfigurationError` for the first thing that is not as it has to be.
    """
    progress("verify", "filings")
    catalogue = Catalogue.open(settings, hash_again=True)
    words = [f"{len(catalogue)} filings: every sha256 is as filing.yml says"]
    facts: dict[str, Any] = {
        "filings": len(catalogue),
        "bytes": sum(h.path.stat().st_size for h in catalogue),
    }
    if settings.warehouse_url is None:
        for table in (t for t in tables("ledger") if t.name not in CHAINED):
            progress("verify", table.name)
            rows = ledger.read(settings.ledger, table.name).num_rows
            facts[table.name] = rows
            words.append(f"ledger {table.name}: {rows:,} rows, readable")
    words += _verify_chains(settings, facts, progress)
    progress("verify", "published")
    words.append(_verify_published(settings, facts))
    for path in sorted((settings.warehouse / "as-of").glob("*.duckdb")):
        progress("verify", path.stem)
        with open_warehouse(settings, date.fromisoformat(path.stem)).read() as reader:
            words.append(
                f"vintage {path.stem}: {len(reader.tables())} tables{_proved(settings, path.stem, reader)}"
            )
    return Answer(facts, words)


def _proved(settings: Settings, day: str, reader: Reader) -> str:
    """That a vintage is what was published, in words; `BadInput` where it is not."""
    state = open_warehouse(settings, date.fromisoformat(day)).state()
    if state is None or not state.checksums:
        return ""
    if changed := differing(reader, state):
        raise BadInput(
            "a table of a vintage is not what was published",
            file=settings.vintage(date.fromisoformat(day)),
            found="; ".join(changed[:5]),
            expected=f"the content of {state.publication_id} as it was recorded",
            todo=f"remove the file; fleetstats run --as-of {day}",
        )
    return " with the content that was recorded"


def _verify_chains(settings: Settings, facts: dict[str, Any], progress: Progress) -> list[str]:
    """Follow the hashes of every chained ledger; those of a DuckDB warehouse also against what is published."""
    words = []
    days = sorted(path.name for path in (settings.ledger / "as-of").glob("*") if path.is_dir())
    for day in (None, *(date.fromisoformat(name) for name in days)):
        warehouse = open_warehouse(settings, day)
        for name in CHAINED:
            progress("verify", name if day is None else f"{name} of {day}")
            table = warehouse.ledger(name)
            in_files = settings.warehouse_url is None or day is not None
            where = settings.ledger_of(day) / name if in_files else warehouse.place
            if in_files:
                _verify_shown(warehouse, name, table, where)
            head = chain.check(name, table, str(where))
            if day is None:
                facts[name] = {"rows": head.sequence, "sha256": head.sha256}
            if head.sequence:
                of = "" if day is None else f" of {day}"
                words.append(f"ledger {name}{of}: {head.sequence:,} rows, chain of hashes whole")
    return words


def _verify_shown(warehouse: Warehouse, name: str, table: pa.Table, where: object) -> None:
    """Every row that the published file shows of a ledger has to be in the ledger, as it is shown."""
    if warehouse.state() is None:
        return
    there = dict(zip(table["sequence"].to_pylist(), table["row_sha256"].to_pylist(), strict=True))
    with warehouse.read() as reader:
        shown = reader.table(name, ["sequence", "run_id", "row_sha256"])
    for row in shown.to_pylist():
        if there.get(row["sequence"]) != row["row_sha256"]:
            gone = row["sequence"] not in there
            raise BadInput(
                f"the ledger {name} was changed: row {row['sequence']} is "
                f"{'missing' if gone else 'not the one that is published'}",
                file=f"{where}/{row['run_id']}.parquet",
                record=row["sequence"],
                found="no such row" if gone else f"row_sha256 {there[row['sequence']]}",
                expected=f"row_sha256 {row['row_sha256']}, as {warehouse.place} shows it",
                todo="put the file back from a backup",
            )


def _verify_published(settings: Settings, facts: dict[str, Any]) -> str:
    """Read every table of the publication and compare it with what was recorded when it was published."""
    warehouse = open_warehouse(settings)
    state = warehouse.state()
    if state is None:
        with suppress(NothingPublished), warehouse.read() as reader:
            return f"published: {len(reader.tables())} tables, a copy whose content is as it was published"
        reason = warehouse.why_no_state()
        if reason == NOTHING_YET:
            return "published: nothing yet"
        raise ConfigurationError(
            f"what is published is not what was published\n  where:    {warehouse.place}\n  found:    {reason}\n"
            "  to do:    fleetstats run, which builds it again"
        )
    damage = warehouse.damage()
    with warehouse.read() as reader:
        changed = differing(reader, state) if damage is None else [damage]
    if changed:
        warehouse.distrust()
        raise BadInput(
            "a published table is not what was published",
            file=warehouse.place,
            column=changed[0].partition(":")[0],
            found="; ".join(changed[:5]),
            expected=f"the content of {state.publication_id} as it was recorded",
            todo="fleetstats run, which builds it again",
        )
    facts["published"] = state.told()
    tables = f"{len(state.checksums)} tables with the content" if state.checksums else "no table"
    return f"published {state.publication_id}: {tables} that {'they' if state.checksums else 'was'} recorded"


def check(settings: Settings, as_of: date | None, progress: Progress) -> Answer:
    """Run every expectation on what is published, as the gate did before publishing it."""
    from fleetstats.quality.auditor import audit
    from fleetstats.quality.expectations import failures, load_suites

    warehouse = open_warehouse(settings, as_of)
    state = warehouse.state()
    if state is None:
        raise ConfigurationError(f"nothing is published in {warehouse.place}\n  to do:    fleetstats run")
    progress("check", warehouse.place)
    wanted = [*state.rows, "filing_account"]
    suites = load_suites(packaged_folders("expectations"), wanted, floors=as_of is None)
    with warehouse.read() as reader:
        results = audit(reader, suites)
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
