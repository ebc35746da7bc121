"""Filings to staged tables, each read once and kept by content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES
from fleetstats.filings.filing import Held
from fleetstats.sources import registry
from fleetstats.sources.staged import Context, Corrected, Rejected, Staged

if TYPE_CHECKING:
    pass
from fleetstats.sources.reviewed import Reviewed


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
    staged = registry.source(held.filing.source).read(context)
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
    source = registry.source(held.filing.source)
    if source.digest is None or hashlib.sha256(source.digest(staged)).hexdigest() != held.filing.sha256:
        raise BadInput(
            "corrections of a digest that is not the one of the original",
            file=context.name,
            found="another digest than the packaged one",
            expected=f"sha256 {held.filing.sha256}",
            todo="make the digest again: fleetstats digest; then look at the corrections of its rows",
        )
    path = held.folder / held.filing.file
    ours = replace(held, path=path, sha256=held.filing.sha256, read_as="digest")
    figures = source.read(replace(context, held=ours))
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
