"""Read each filing once: pick its reader, give it what was reviewed, keep the result by content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.periods import parse_period
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import parse_count, parse_distance
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.chains import superseded
from fleetstats.filings.double_counts import load_double_counts, verify_double_counts
from fleetstats.filings.filing import Held
from fleetstats.filings.vintages import filing_vintages
from fleetstats.sources.registry import sources
from fleetstats.sources.staged import Staged

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
from fleetstats.sources.reviewed import Reviewed
from fleetstats.warehouse.poisson import poisson_limits

_SOURCE_FILE = "source.yml"


_GAPS_FILE = "gaps.csv"


_DIFFERENCES_FILE = "known_differences.csv"


_SCOPES_FILE = "scopes.csv"


_GAP_COLUMNS = "company scope measure period status reason document".split()


_DIFFERENCE_COLUMNS = "check_name filing operator record difference reason reviewed_on".split()


_SCOPE_COLUMNS = "scope title_en title_zh counts".split()


def assemble(
    staged: Sequence[Staged], held: Sequence[Held], reviewed: Reviewed, as_of: date | None
) -> dict[str, pa.Table]:
    """Every reference and core table of a vintage, from what was staged.

    Figures not yet issued by `as_of` are left out. Optional tables are there only if a filing has them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    tables: dict[str, pa.Table] = {}
    names = {name for one in staged for name in one.tables}
    for name in sorted(names):
        tables[name] = pa.concat_tables([one.tables[name] for one in staged if name in one.tables])
    if as_of is not None and "published_figure" in tables:
        figures = tables["published_figure"]
        tables["published_figure"] = figures.filter(
            pc.less_equal(figures["issued_on"], pa.scalar(as_of, pa.date32()))
        )
    tables |= _from_accounts(staged)
    tables |= _from_reviewed(reviewed, {one.filing for one in staged}, tables)
    if as_of is not None:
        gaps = tables["known_gap"]
        over = pc.less_equal(gaps["period_end"], pa.scalar(as_of, pa.date32()))
        tables["known_gap"] = gaps.filter(over)
    tables["filing"] = _filing_table(held, tables.get("published_figure"), as_of)
    known_from = dict(
        zip(tables["filing"]["filing"].to_pylist(), tables["filing"]["issued_on"].to_pylist(), strict=True)
    )
    tables["filing_vintage"] = rows_to_table("filing_vintage", filing_vintages(held, known_from, as_of))
    tables["poisson_limit"] = poisson_limits(
        number
        for source in sources()
        if source.rare_events is not None
        for number in source.rare_events(tables)
    )
    return tables


def _from_accounts(staged: Iterable[Staged]) -> dict[str, pa.Table]:
    rejected = [{"filing": one.filing, **row._asdict()} for one in staged for row in sorted(one.rejected)]
    corrected = [
        {"filing": one.filing, **row._asdict()}
        for one in staged
        for row in sorted(one.corrected, key=lambda c: (c.addresses, c.record, c.column_name or ""))
    ]
    return {
        "rejected_row": rows_to_table("rejected_row", rejected),
        "correction": rows_to_table("correction", corrected),
    }


def _from_reviewed(
    reviewed: Reviewed, filings: set[str], core: Mapping[str, pa.Table]
) -> dict[str, pa.Table]:
    operators = reviewed.operators
    described: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    doubles: list[dict[str, Any]] = []
    for source in sources():
        folders = reviewed.folders(source.code)
        mine = load_double_counts(folders, filings, source.double_counts)
        verify_double_counts(mine, core, source.double_counts)
        doubles += mine
        for folder in folders:
            if (folder / _SOURCE_FILE).exists():
                described.append(load_yaml(folder / _SOURCE_FILE))
            gaps += [
                _gap(source.code, n, row, reviewed, folder)
                for n, row in read_rows(folder / _GAPS_FILE, _gap_columns(folder / _GAPS_FILE))
            ]
            differences += [
                _difference(n, row, folder)
                for n, row in read_rows(folder / _DIFFERENCES_FILE, _DIFFERENCE_COLUMNS)
                if row["filing"] in filings
            ]
    return {
        "source": rows_to_table("source", described),
        "operator": rows_to_table(
            "operator",
            [{k: v or None for k, v in asdict(o).items()} for o in operators.operators.values()],
        ),
        "operator_name": rows_to_table(
            "operator_name",
            [
                {
                    "kind": row["kind"],
                    "value_text": row["value"],
                    "operator": row["operator"],
                    "note": row["note"] or None,
                }
                for row in operators.name_rows
            ],
        ),
        "scope": rows_to_table(
            "scope",
            [
                row
                for folder in reviewed.data_folders
                for _, row in read_rows(folder / _SCOPES_FILE, _SCOPE_COLUMNS)
            ],
        ),
        "known_gap": rows_to_table("known_gap", gaps),
        "known_difference": rows_to_table("known_difference", differences),
        "known_double_count": rows_to_table("known_double_count", doubles),
    }


def _gap_columns(path: Path) -> list[str]:
    """The columns of a file of gaps; those of versions before had no documents."""
    if not path.exists():
        return _GAP_COLUMNS
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        before = file.readline().rstrip("\r\n") == ",".join(_GAP_COLUMNS[:-1])
    return _GAP_COLUMNS[:-1] if before else _GAP_COLUMNS


def _gap(source: str, record: int, row: dict[str, str], reviewed: Reviewed, folder: Path) -> dict[str, Any]:
    path = folder / _GAPS_FILE
    try:
        period = parse_period(row["period"])
    except ValueError as error:
        raise BadInput(
            "a gap that cannot be read",
            file=path,
            record=record,
            column="period",
            found=row["period"],
            expected=str(error),
        ) from error
    operator = None
    if row["company"]:
        operator = reviewed.operators.resolve_name(row["company"], file=path, record=record)
    return {
        "source": source,
        "operator": operator,
        "scope": row["scope"] or None,
        "measure": row["measure"] or None,
        "period": row["period"],
        "period_start": period.start,
        "period_end": period.end,
        "status": row["status"],
        "reason": row["reason"],
        "document": row.get("document") or None,
    }


def _difference(record: int, row: dict[str, str], folder: Path) -> dict[str, Any]:
    try:
        difference = parse_distance(row["difference"].removeprefix("-"))
        about = parse_count(row["record"]) if row["record"] else None
    except ValueError as error:
        raise BadInput(
            "a reviewed difference that cannot be read",
            file=folder / _DIFFERENCES_FILE,
            record=record,
            column="difference, record",
            found=f"{row['difference']}, {row['record']}",
            expected="a number of miles and, if any, a record number",
        ) from error
    return {
        "check_name": row["check_name"],
        "filing": row["filing"],
        "operator": row["operator"],
        "record": about,
        "difference": -difference if row["difference"].startswith("-") else difference,
        "reason": row["reason"],
    }


def _filing_table(held: Sequence[Held], figures: pa.Table | None, as_of: date | None) -> pa.Table:
    earliest: dict[str, date] = {}
    if figures is not None:
        for row in figures.group_by("filing").aggregate([("issued_on", "min")]).to_pylist():
            earliest[row["filing"]] = row["issued_on_min"]
    replaced = superseded(held, as_of)
    rows = []
    for one in held:
        filing = one.filing
        issued = earliest.get(filing.id) if filing.issued_on == "by_row" else filing.issued_on
        if issued is None:
            continue  # None of its rows had been issued yet
        rows.append(
            {
                "filing": filing.id,
                "source": filing.source,
                "edition": filing.edition,
                "publisher": filing.publisher,
                "title": filing.title,
                "url": filing.url,
                "licence": filing.licence,
                "period_start": filing.period_start,
                "period_end": filing.period_end,
                "issued_on": issued,
                "issued_on_estimated": filing.issued_on_estimated or filing.issued_on == "by_row",
                "retrieved_on": filing.retrieved_on,
                "withdrawn_on": None
                if as_of and (filing.withdrawn_on or as_of) > as_of
                else filing.withdrawn_on,
                "status": one.status,
                "supersedes": f"{filing.source}/{filing.supersedes}" if filing.supersedes else None,
                "in_force": filing.id not in replaced,
                "sha256": one.sha256,
                "size_bytes": one.path.stat().st_size,
                "original_sha256": one.original_sha256,
                "notes": "; ".join(filing.notes) or None,
            }
        )
    return rows_to_table("filing", rows)


def account_rows(staged: Iterable[Staged], held: Sequence[Held], run_id: str) -> list[dict[str, Any]]:
    """Rows of filing_account for one run: every record of every filing, accounted for."""
    by_id = {one.filing.id: one for one in held}
    return [
        {
            "run_id": run_id,
            "filing": one.filing,
            "read_as": by_id[one.filing].read_as,
            "sha256": by_id[one.filing].sha256,
            "records_read": one.records_read,
            "records_loaded": one.records_loaded,
            "records_rejected": len(one.rejected),
            "records_blank": one.records_blank,
            "records_superseded": one.records_superseded,
            "records_corrected": len({(c.addresses, c.record) for c in one.corrected if c.action != "drop"}),
            "records_dropped": one.records_dropped,
        }
        for one in staged
    ]
