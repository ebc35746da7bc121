"""Read each filing once: pick its reader, give it what was reviewed, keep the result by content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.corrections import (
    CORRECTIONS_FILE,
    Correction,
    corrections_of,
    corrections_of_digest,
    load_corrections,
)
from fleetstats.double_counts import load_double_counts, verify_double_counts
from fleetstats.errors import BadInput
from fleetstats.operators import OperatorTable, load_operators
from fleetstats.periods import parse_period
from fleetstats.raw import Held, superseded
from fleetstats.reviewed_csv import read_rows
from fleetstats.schema import TABLES
from fleetstats.sources import CLAIMS, SOURCES, reader
from fleetstats.staged import Context, Corrected, Rejected, Staged, rows_to_table
from fleetstats.units import parse_count, parse_distance
from fleetstats.vintages import filing_vintages
from fleetstats.yaml_files import load_yaml

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

_SOURCE_FILE = "source.yml"
_GAPS_FILE = "gaps.csv"
_DIFFERENCES_FILE = "known_differences.csv"
_SCOPES_FILE = "scopes.csv"
_GAP_COLUMNS = "company scope measure period status reason".split()
_DIFFERENCE_COLUMNS = "check_name filing operator record difference reason reviewed_on".split()
_SCOPE_COLUMNS = "scope title_en title_zh counts".split()


@dataclass(frozen=True)
class Reviewed:
    """All reviewed tables, packaged and the user's own, as the readers and the build need them."""

    data: Path
    landed: Path

    def folders(self, source: str) -> tuple[Path, ...]:
        """Where reviewed tables of a source lie; later ones add to earlier ones."""
        return (self.data / "raw" / source, self.landed / source)

    @cached_property
    def operators(self) -> OperatorTable:
        """operators.csv and operator_names.csv."""
        return load_operators([self.data, self.landed])

    @cached_property
    def _corrections(self) -> dict[str, list[Correction]]:
        return {
            source: load_corrections(folder / CORRECTIONS_FILE for folder in self.folders(source))
            for source in SOURCES
        }

    def corrections(self, source: str) -> list[Correction]:
        """corrections.yml of a source."""
        return self._corrections[source]

    def context(self, held: Held) -> Context:
        """What the reader of a filing is given."""
        source, filing = held.filing.source, held.filing
        ours = corrections_of_digest(self.corrections(source), filing.sha256)
        return Context(
            held=held,
            operators=self.operators,
            corrections=tuple(corrections_of(self.corrections(source), held.hashes)),
            folders=self.folders(source),
            row_corrections=tuple(ours if filing.status == "digest" else ()),
        )

    def verify(self, catalogue: Iterable[Held]) -> None:
        """Raise `BadInput` for what would stop a build later: a filing of no known source, operators that
        cannot be read, a correction for a file that no filing is, or in favour of an operator that is none."""
        hashes: dict[str, set[str]] = {source: set() for source in SOURCES}
        digests: set[str] = set()
        for held in catalogue:
            if held.filing.source not in hashes:
                raise BadInput(
                    "a filing of an unknown source",
                    file=held.folder / "filing.yml",
                    column="source",
                    found=held.filing.source,
                    expected=", ".join(SOURCES),
                    todo="move the filing's folder to its source, or remove it",
                )
            hashes[held.filing.source] |= set(held.hashes)
            if held.filing.status == "digest":
                digests.add(held.filing.sha256)
        for source, known in hashes.items():
            for correction in self.corrections(source):
                self._verify_correction(correction, source, known, digests)

    def _verify_correction(
        self, correction: Correction, source: str, originals: set[str], digests: set[str]
    ) -> None:
        path = self.landed / source / CORRECTIONS_FILE
        ours = correction.digest is not None
        if (correction.digest if ours else correction.original) not in (digests if ours else originals):
            raise BadInput(
                "a correction for a file that no filing is",
                file=path,
                column=correction.addresses,
                found=f"{correction.digest or correction.original} ({correction.file})",
                expected=f"the sha256 of {'a digest' if ours else 'the file'} of a filing",
                todo="look whether the digest was made again, and mend or remove the correction"
                if ours
                else "add the file, or mend or remove the correction",
            )
        if correction.operator is not None and correction.operator not in self.operators.operators:
            raise BadInput(
                "a correction gives a record to an operator that there is not",
                file=path,
                record=correction.records[0],
                column="operator",
                found=f"{correction.operator} ({correction.file})",
                expected="the code of an operator",
                todo="mend the code, or add the operator to operators.csv; fleetstats sql "
                '"select operator, name_en from operator" lists them',
            )

    def files(self) -> list[Path]:
        """Every reviewed file there is: a change of one is a change of what is built."""
        found = [p for root in (self.data, self.landed) for p in sorted(root.glob("*.csv"))]
        for source in (*SOURCES, CLAIMS):
            for folder in self.folders(source):
                found += sorted(p for p in folder.glob("*") if p.suffix in (".csv", ".yml"))
        return found

    @cached_property
    def sha256(self) -> str:
        """A hash over every reviewed file."""
        digest = hashlib.sha256()
        for path in self.files():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def stage(
    held: Sequence[Held],
    reviewed: Reviewed,
    cache: Path | None,
    code_sha256: str,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Staged]:
    """Read every filing, or take it from the cache where bytes, code and reviewed tables are unchanged.

    A `cache` of None keeps nothing. Raises what the readers raise; nothing is left half-written.
    """
    results = []
    for one in held:
        progress(one.filing.id)
        results.append(_stage_one(one, reviewed, cache, code_sha256))
    return results


def _stage_one(held: Held, reviewed: Reviewed, cache: Path | None, code_sha256: str) -> Staged:
    if cache is None:
        return _read(held, reviewed)
    parts = [code_sha256, reviewed.sha256, held.filing.model_dump_json(), held.sha256, held.read_as]
    parts.append(held.path.name)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    folder = cache / "staged" / f"{held.filing.source}.{held.filing.edition}.{key[:24]}"
    kept = _load(folder)
    if kept is not None:
        return kept
    staged = _read(held, reviewed)
    _keep(staged, folder)
    return staged


def _read(held: Held, reviewed: Reviewed) -> Staged:
    context = reviewed.context(held)
    staged: Staged = reader(held.filing.source).read(context)
    if staged.unaccounted:
        raise AssertionError(f"{staged.filing}: {staged.unaccounted} records are not accounted for")
    if context.row_corrections and held.read_as == "original":
        _correct_as_digest(staged, context)
    return staged


def _correct_as_digest(staged: Staged, context: Context) -> None:
    """Put the figures of the corrected digest in the place of an original's, so that both builds say the same.

    Raises `BadInput` where the digest of the original is not the one that the corrections were made for.
    """
    held = context.held
    module = reader(held.filing.source)
    if hashlib.sha256(module.digest(staged)).hexdigest() != held.filing.sha256:
        raise BadInput(
            "corrections of a digest that is not the one of the original",
            file=context.name,
            found="another digest than the packaged one",
            expected=f"sha256 {held.filing.sha256}",
            todo="make the digest again: fleetstats digest; then look at the corrections of its rows",
        )
    path = held.folder / held.filing.file
    ours = replace(held, path=path, sha256=held.filing.sha256, read_as="digest")
    figures: Staged = module.read(replace(context, held=ours))
    staged.tables |= figures.tables
    staged.corrected += [one for one in figures.corrected if one.addresses == "digest"]


def _load(folder: Path) -> Staged | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        account = json.loads((folder / "account.json").read_text(encoding="utf-8"))
        tables = {name: pq.read_table(folder / f"{name}.parquet") for name in account.pop("tables")}
    except (OSError, ValueError, pa.ArrowException):
        return None
    if any(table.schema != TABLES[name].arrow_schema() for name, table in tables.items()):
        return None
    account["rejected"] = [Rejected(*row) for row in account["rejected"]]
    account["corrected"] = [Corrected(*row) for row in account["corrected"]]
    return Staged(tables=tables, **account)


def _keep(staged: Staged, folder: Path) -> None:
    import os

    import pyarrow.parquet as pq

    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        for name, table in staged.tables.items():
            pq.write_table(table, partial / f"{name}.parquet")
        account = {k: v for k, v in asdict(staged, dict_factory=dict).items() if k != "tables"}
        account["tables"] = sorted(staged.tables)
        (partial / "account.json").write_text(json.dumps(account), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError:
        # A full disk costs the cache, never the run
        return
    finally:
        shutil.rmtree(partial, ignore_errors=True)


# The tables of a build


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
    tables |= _from_reviewed(reviewed, {one.filing for one in staged})
    verify_double_counts(tables["known_double_count"].to_pylist(), tables)
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
        tables.get("cadmv_mileage_filer"), tables.get("nhtsa_incident_month")
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


def _from_reviewed(reviewed: Reviewed, filings: set[str]) -> dict[str, pa.Table]:
    operators = reviewed.operators
    sources: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    doubles: list[dict[str, Any]] = []
    for source in SOURCES:
        doubles += load_double_counts(reviewed.folders(source), filings)
        for folder in reviewed.folders(source):
            if (folder / _SOURCE_FILE).exists():
                sources.append(load_yaml(folder / _SOURCE_FILE))
            gaps += [
                _gap(source, n, row, reviewed, folder)
                for n, row in read_rows(folder / _GAPS_FILE, _GAP_COLUMNS)
            ]
            differences += [
                _difference(n, row, folder)
                for n, row in read_rows(folder / _DIFFERENCES_FILE, _DIFFERENCE_COLUMNS)
                if row["filing"] in filings
            ]
    return {
        "source": rows_to_table("source", sources),
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
            "scope", [row for _, row in read_rows(reviewed.data / _SCOPES_FILE, _SCOPE_COLUMNS)]
        ),
        "known_gap": rows_to_table("known_gap", gaps),
        "known_difference": rows_to_table("known_difference", differences),
        "known_double_count": rows_to_table("known_double_count", doubles),
    }


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


def poisson_limits(filers: pa.Table | None, incidents: pa.Table | None = None) -> pa.Table:
    """Exact two-sided 95 % limits of the expected number for each count of disengagements that occurs, and for
    every number of incidents up to the most that one operator has where there is mileage of the same scope.

    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28: the limits are
    quantiles of gamma distributions with shapes n and n + 1; for n = 0 the lower one is 0.
    """
    from scipy.special import gammaincinv

    occurring: set[int] = set()
    if filers is not None:
        occurring |= {n for n in filers["disengagements"].to_pylist() if n is not None}
    if incidents is not None:
        most: Counter[tuple[str, str]] = Counter()
        for row in incidents.select(["filing", "operator", "mileage_scope", "incidents"]).to_pylist():
            if row["mileage_scope"] is not None:
                most[(row["operator"], row["mileage_scope"])] += row["incidents"]
        occurring |= set(range(max(most.values(), default=-1) + 1))
    counts = sorted(occurring)
    rows = [
        {
            "events": n,
            "lower": float(gammaincinv(n, 0.025)) if n else 0.0,
            "upper": float(gammaincinv(n + 1, 0.975)),
        }
        for n in counts
    ]
    return rows_to_table("poisson_limit", rows)


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
