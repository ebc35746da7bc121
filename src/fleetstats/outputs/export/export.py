"""`fleetstats export`: the current publication as Parquet, CSV and SQLite, with what a stranger needs to use it.

An export is a pure function of its publication, the tables and formats chosen, and the export that it replaces.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import BadArgument, ConfigurationError
from fleetstats.core.folders import alone, replacement
from fleetstats.core.formats import to_json
from fleetstats.core.progress import Progress
from fleetstats.core.schema.keys import REFERENCES
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings
from fleetstats.outputs.export.package import (
    LICENCES_FILE,
    PACKAGE_FILE,
    File,
    datasette_metadata,
    dictionary,
    licences,
    package,
    readme,
)
from fleetstats.outputs.export.tables import (
    SQLITE_FILE,
    Keys,
    Reference,
    SqliteFile,
    sort,
    write_csv,
    write_parquet,
)
from fleetstats.warehouse.base import Reader
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa
from fleetstats.outputs.export.changes import list_changes
from fleetstats.outputs.export.earlier import (
    FORMATS,
    MARK,
    SUMS_FILE,
    EarlierExport,
    earlier_export,
    read_sums,
    sha256_of,
)

CHANGES_JSON, CHANGES_TEXT = "changes.json", "changes.txt"


_OF_OPERATIONS = ("run_event", "backfill")
"""Ledgers that name machines and people: exported only when asked for by name, or with `all`."""


@dataclass(frozen=True)
class Exported:
    """What an export did: `status` is written, unchanged or planned."""

    status: str
    folder: Path
    publication_id: str
    formats: list[str]
    rows: dict[str, int]
    left_out: list[str]
    replaces: str | None
    files: int = 0
    bytes: int = 0
    changes: list[str] = field(default_factory=list)


def export(
    settings: Settings,
    folder: Path,
    formats: str = ",".join(FORMATS),
    wanted: str | None = None,
    *,
    dry_run: bool = False,
    progress: Progress,
) -> Exported:
    """Write the current publication into `folder`, in place of an earlier export there.

    `formats` and `wanted` (tables, kinds of tables, or `all`) are lists with commas. By default all tables but
    those with details of vehicles and events, which are not ours to redistribute, and the ledgers of operations.

    Raises `BadArgument` for a format or table that there is not; `ConfigurationError` where nothing is published
    or the folder holds something else; `BadInput` where the earlier export was changed; `Locked` while another
    export is being written beside it. Whatever is raised, the earlier export stays whole.
    """
    forms, names = _formats(formats), _names(wanted)
    place = _place(folder)
    with contextlib.nullcontext() if dry_run else alone(place), open_warehouse(settings).read() as reader:
        earlier = earlier_export(place)
        progress("export", "publication")
        found = _publication(reader)
        chosen, left_out = _choose(reader, names, wanted)
        about = {
            "layout": MARK,
            "written_by": __version__,
            **found,
            "formats": forms,
            "tables": {name: table.num_rows for name, table in chosen.items()},
            "left_out": left_out,
        }
        done = Exported(
            "planned",
            place,
            found["publication_id"],
            forms,
            about["tables"],
            left_out,
            None if earlier is None else earlier.publication_id,
        )
        if earlier is not None and earlier.about == about:
            return replace(done, status="unchanged", files=len(earlier.sums) + 1, bytes=_size(place))
        if dry_run:
            return done
        with replacement(place) as new:
            changes = _write(settings, new, _Content(chosen, reader, about), earlier, progress)
            progress("export", "in place")
        files = len(read_sums(place / SUMS_FILE)) + 1
        return replace(done, status="written", files=files, bytes=_size(place), changes=changes)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _formats(text: str) -> list[str]:
    asked = [part.strip() for part in text.split(",") if part.strip()]
    for name in asked:
        if name not in FORMATS:
            raise BadArgument(
                f"{name} is not a format\n  expected: some of {', '.join(FORMATS)}, with commas"
            )
    if not asked:
        raise BadArgument(f"no format\n  expected: some of {', '.join(FORMATS)}, with commas")
    return [name for name in FORMATS if name in asked]


def _choose(reader: Reader, names: set[str], wanted: str | None) -> tuple[dict[str, pa.Table], list[str]]:
    """The tables to export, sorted, and the names of those that are published and left out.

    An optional table of no rows is one that this publication does not have: PostgreSQL keeps its place.
    """
    chosen: dict[str, pa.Table] = {}
    left_out = []
    for spec in tables():
        table = reader.table(spec.name) if spec.name in reader.tables() else None
        if table is None or (spec.optional and not table.num_rows):
            if wanted is not None and spec.name in wanted.replace(" ", "").split(","):
                raise BadArgument(
                    f"the publication has no table {spec.name}\n"
                    "  expected: a table that is published; some are only built from the publishers' own files"
                )
        elif spec.name in names:
            chosen[spec.name] = sort(table, spec)
        else:
            left_out.append(spec.name)
    return chosen, left_out


def _names(wanted: str | None) -> set[str]:
    if wanted is None:
        return {t.name for t in tables() if not t.optional and t.name not in _OF_OPERATIONS}
    names: set[str] = set()
    kinds = {t.kind for t in tables()}
    for part in (p.strip() for p in wanted.split(",")):
        if part == "all":
            names |= TABLES.keys()
        elif part in kinds:
            names |= {t.name for t in tables() if t.kind == part}
        elif part in TABLES:
            names.add(part)
        else:
            near = difflib.get_close_matches(part, [*TABLES, *kinds], 3)
            raise BadArgument(
                f"there is no table {part or 'without a name'}\n"
                f"  expected: tables, kinds ({', '.join(sorted(kinds))}) or all, with commas"
                + (f"\n  to do:    perhaps {' or '.join(near)}" if near else "")
            )
    return names


def _publication(reader: Reader) -> dict[str, Any]:
    """What the ledger says of what is published: the last line."""
    last = max(reader.table("publication").to_pylist(), key=lambda row: row["published_at"])
    return {
        "publication_id": last["publication_id"],
        "run_id": last["run_id"],
        "published_at": last["published_at"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "code_version": last["code_version"],
    }


def _place(folder: Path) -> Path:
    place = folder.expanduser().resolve()
    if place in (Path.cwd(), *Path.cwd().parents):
        raise ConfigurationError(
            f"an export replaces its folder as a whole, and you are in it: {place}\n"
            "  to do:    go up, and name a folder of its own, such as export/"
        )
    return place


@dataclass(frozen=True)
class _Content:
    """What is exported: the tables, sorted; all that is published; and what the descriptor says of the whole."""

    tables: Mapping[str, pa.Table]
    reader: Reader
    about: Mapping[str, Any]

    def sorted_rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a published table, chosen or not."""
        found: list[dict[str, Any]] = sort(self.reader.table(name), TABLES[name]).to_pylist()
        return found


def _write(
    settings: Settings, new: Path, content: _Content, earlier: EarlierExport | None, progress: Progress
) -> list[str]:
    """Everything into an empty folder; returns the changes in words."""
    chosen, about = content.tables, content.about
    keys = {name: _keys(chosen, TABLES[name]) for name in chosen}
    _write_tables(new, chosen, keys, about["formats"], progress)
    progress("export", "changes")
    facts, words = list_changes(settings, chosen, about, earlier)
    _text(new / CHANGES_JSON, to_json(facts) + "\n")
    _text(new / CHANGES_TEXT, "\n".join(words) + "\n")
    progress("export", "descriptions")
    sources, filings = content.sorted_rows("source"), content.sorted_rows("filing")
    _text(new / "data-dictionary.md", dictionary(chosen))
    _text(new / LICENCES_FILE, licences(sources, filings))
    _text(new / "README.md", readme(about, about["tables"]))
    if "sqlite" in about["formats"]:
        _text(new / "datasette.json", to_json(datasette_metadata(chosen)) + "\n")
    files = _hashed(new)
    described = package(about, keys, about["formats"], files, sources, filings)
    _text(new / PACKAGE_FILE, to_json(described) + "\n")
    files |= _hashed(new, (PACKAGE_FILE,))
    _text(new / SUMS_FILE, "".join(f"{files[name].sha256}  {name}\n" for name in sorted(files)))
    return words


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _hashed(folder: Path, names: Iterable[str] | None = None) -> dict[str, File]:
    paths = [folder / n for n in names] if names else [p for p in folder.rglob("*") if p.is_file()]
    found = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        found[name] = File(name, path.stat().st_size, sha256_of(path))
    return found


def _write_tables(
    new: Path,
    chosen: Mapping[str, pa.Table],
    keys: Mapping[str, Keys],
    formats: Sequence[str],
    progress: Progress,
) -> None:
    writers: list[tuple[str, Callable[[pa.Table, Table, Path], None]]] = [
        (form, write) for form, write in (("parquet", write_parquet), ("csv", write_csv)) if form in formats
    ]
    for form, _ in writers:
        (new / form).mkdir()
    for name, table in chosen.items():
        for form, write in writers:
            progress("export", f"{name}.{form}")
            write(table, TABLES[name], new / form / f"{name}.{form}")
    if "sqlite" in formats:
        file = SqliteFile(new / SQLITE_FILE)
        try:
            for name, table in chosen.items():
                progress("export", f"{SQLITE_FILE}: {name}")
                file.add(table, TABLES[name], keys[name])
        finally:
            file.close()


def _keys(chosen: Mapping[str, pa.Table], spec: Table) -> Keys:
    """The keys that the rows have: a key with an empty or repeated value is none."""
    return Keys(spec.key if _is_key(chosen[spec.name], spec.key) else (), tuple(_references(chosen, spec)))


def _is_key(table: pa.Table, columns: tuple[str, ...]) -> bool:
    if any(table[name].null_count for name in columns):
        return False
    return bool(table.select(list(columns)).group_by(list(columns)).aggregate([]).num_rows == table.num_rows)


def _references(chosen: Mapping[str, pa.Table], spec: Table) -> Iterable[Reference]:
    import pyarrow.compute as pc

    for column in spec.columns:
        target, target_column = REFERENCES.get(column, ("", ""))
        if target not in chosen or (target, target_column) == (spec.name, column):
            continue
        if not _is_key(chosen[target], (target_column,)):
            continue
        values = chosen[spec.name][column].drop_null()
        # Of no values everything is true, and nothing is known
        known = pc.is_in(values, value_set=chosen[target][target_column].combine_chunks())
        if len(values) and pc.all(known).as_py():
            yield Reference(column, target, target_column)
