"""Filings to staged tables, each read once and kept by content."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.code import code_sha256
from fleetstats.core.errors import BadInput
from fleetstats.core.folders import appearing
from fleetstats.core.parquet import read_parquet
from fleetstats.core.schema.tables import tables
from fleetstats.core.sealed import Damaged, read_sealed, seal, warn_of_cache
from fleetstats.filings.filing import Held
from fleetstats.filings.operators import Asked, AskedOperators, OperatorTable, still_answered
from fleetstats.ingest.identify import check
from fleetstats.sources import registry
from fleetstats.sources.recognition import Known
from fleetstats.sources.staged import Context, Corrected, Rejected, Staged

if TYPE_CHECKING:
    from fleetstats.sources.reviewed import Reviewed

_ACCOUNT = "account.json"

_NOT_READING = (
    "fleetstats.core.schema.tables",
    "fleetstats.core.schema.fields",
    "fleetstats.sources.registry",
)
"""What readers import and do not depend on, but for the shape of core tables, which stands in the key by itself."""


def stage(
    held: Sequence[Held],
    reviewed: Reviewed,
    cache: Path | None,
    progress: Callable[[str], None] = lambda _: None,
    *,
    identified: bool = False,
) -> list[Staged]:
    """Read every filing, or take it from the cache where nothing that its reading depends on has changed.

    That is: its bytes and what filing.yml says of them; its reader's code and what that imports; the shape of core
    tables; the reviewed tables of its source; and what the operator tables answered when it was read. A `cache` of
    None keeps nothing. A file that is read has to be what its folder says, unless it is `identified` already. Raises
    what the readers raise; nothing is left half-written.
    """
    results = []
    for one in held:
        progress(one.filing.id)
        read = functools.partial(_read, identified=identified)
        results.append(read(one, reviewed)[0] if cache is None else _stage_one(one, reviewed, cache, read))
    return results


def _stage_one(
    held: Held,
    reviewed: Reviewed,
    cache: Path,
    read_it: Callable[[Held, Reviewed], tuple[Staged, dict[Asked, object]]],
) -> Staged:
    filing = held.filing
    read = registry.source(filing.source).read
    parts = [
        _reading_sha256(read), reviewed.sha256_of(filing.source), filing.model_dump_json(), held.sha256, held.read_as,
        held.path.name,
    ]  # fmt: skip
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    folder = cache / "staged" / f"{filing.source}.{filing.edition}.{key[:24]}"
    kept = _load(folder, reviewed.operators)
    if kept is not None:
        return kept
    staged, answers = read_it(held, reviewed)
    _keep(staged, answers, folder)
    return staged


@functools.cache
def _reading_sha256(read: Callable[[Context], Staged]) -> str:
    """A hash over what turns bytes into tables: a reader, what it imports, and the shape of core tables.

    The rest of the field dictionary is left out of it: a mart's new column changes nothing that is read.
    """
    ours = read.__module__.partition(".")[0] == __name__.partition(".")[0]
    code = code_sha256(
        [*([read.__module__] if ours else []), __name__], without=_NOT_READING, libraries=("pyarrow",)
    )
    own = "" if ours else inspect.getsource(inspect.getmodule(read) or read)
    shapes = [[t.name, [(f.name, f.type, f.nullable) for f in t.fields]] for t in tables("core")]
    return hashlib.sha256(json.dumps([code, own, shapes]).encode()).hexdigest()


def _read(held: Held, reviewed: Reviewed, *, identified: bool) -> tuple[Staged, dict[Asked, object]]:
    """What a reader makes of a filing, and what it was told of operators."""
    if not identified and held.filing.original is None:
        check(held, Known(reviewed.folders, name=held.filing.id))
    import pyarrow as pa

    asked = AskedOperators(reviewed.operators)
    context = replace(reviewed.context(held), operators=asked)
    try:
        staged = registry.source(held.filing.source).read(context)
    except pa.ArrowInvalid as error:
        raise BadInput(
            "a cell is empty that has to be filled",
            file=context.name,
            found=str(error).partition("\n")[0],
            expected="a value in every row of the column that is named",
            todo="fill it, and add the file again",
        ) from error
    finally:
        # Whatever else was wrong may be wrong because of them
        asked.refuse_unknown()
    if staged.unaccounted:
        raise AssertionError(f"{staged.filing}: {staged.unaccounted} records are not accounted for")
    if context.row_corrections and held.read_as == "original":
        _correct_as_digest(staged, context)
    return staged, asked.answers


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


def _load(folder: Path, operators: OperatorTable) -> Staged | None:
    """What was kept of a filing, if every byte is as it was written and operators are still called the same."""
    import pyarrow as pa

    try:
        account = read_sealed(folder / _ACCOUNT)
        answers = [(tuple(asked), answer) for asked, answer in account.pop("answers")]
        if not still_answered(operators, answers):
            return None
        tables = {}
        for name, checksum in account.pop("tables").items():
            content = pa.py_buffer((folder / f"{name}.parquet").read_bytes())
            if hashlib.sha256(content).hexdigest() != checksum:
                raise Damaged(f"{name}.parquet is not as it was written")
            tables[name] = read_parquet(content)
        account["rejected"] = [Rejected(*row) for row in account["rejected"]]
        account["corrected"] = [Corrected(*row) for row in account["corrected"]]
    except FileNotFoundError as error:
        if folder.exists():
            warn_of_cache(Path(error.filename or folder), "the filing is read again")
        return None
    except (OSError, ValueError, pa.ArrowException):
        warn_of_cache(folder, "the filing is read again")
        return None
    return Staged(tables=tables, **account)


def _keep(staged: Staged, answers: dict[Asked, object], folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with appearing(folder) as partial:
            account = {k: v for k, v in asdict(staged, dict_factory=dict).items() if k != "tables"}
            account |= {"tables": {}, "answers": list(answers.items())}
            for name, table in staged.tables.items():
                sink = pa.BufferOutputStream()
                pq.write_table(table, sink)
                content = sink.getvalue()
                (partial / f"{name}.parquet").write_bytes(content)
                account["tables"][name] = hashlib.sha256(content).hexdigest()
            (partial / _ACCOUNT).write_bytes(seal(account))
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # A full disk costs the cache, never the run
        return
