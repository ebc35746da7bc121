"""`fleetstats export`: the current publication as Parquet, CSV and SQLite, with what a stranger needs to use it.

An export is a pure function of its publication, the tables and formats chosen, and the export that it replaces.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.differences import compared
from fleetstats.errors import BadArgument, BadInput, ConfigurationError, shorten
from fleetstats.export_package import (
    LICENCES_FILE,
    PACKAGE_FILE,
    File,
    datasette_metadata,
    dictionary,
    licences,
    package,
    readme,
)
from fleetstats.export_tables import (
    SQLITE_FILE,
    Keys,
    Reference,
    SqliteFile,
    read_back,
    sort,
    write_csv,
    write_parquet,
)
from fleetstats.output import to_json
from fleetstats.pipeline import Progress
from fleetstats.replacing import alone, replacement
from fleetstats.schema import TABLES, Table, tables
from fleetstats.settings import Settings
from fleetstats.warehouse import ReadRows, ReadTable, open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("parquet", "csv", "sqlite")
SUMS_FILE = "SHA256SUMS"
CHANGES_JSON, CHANGES_TEXT = "changes.json", "changes.txt"

_MARK = 1
"""Version of the layout; an export of another one is not compared with."""

_OF_OPERATIONS = ("run_event", "backfill")
"""Ledgers that name machines and people: exported only when asked for by name, or with `all`."""

_LISTED = 1_000
"""How many keys of rows that differ are listed for a table; their number is always given."""

_REFERENCES = {
    "filing": ("filing", "filing"),
    "source": ("source", "source"),
    "operator": ("operator", "operator"),
    "fleet": ("operator", "operator"),
    "company": ("operator", "operator"),
    "vendor": ("operator", "operator"),
    "scope": ("scope", "scope"),
    "claim": ("claim", "claim"),
}
"""Columns that may refer to a key of a reference table; whether every value does is counted in each export."""


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
    with contextlib.nullcontext() if dry_run else alone(place), open_warehouse(settings).snapshot() as read:
        earlier = _earlier(place)
        progress("export", "publication")
        found = _publication(read)
        chosen, left_out = _choose(read, names, wanted)
        about = {
            "layout": _MARK,
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
            changes = _write(settings, new, _Content(chosen, read, about), earlier, progress)
            progress("export", "in place")
        files = len(_read_sums(place / SUMS_FILE)) + 1
        return replace(done, status="written", files=files, bytes=_size(place), changes=changes)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# What is asked for


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


def _choose(read: ReadTable, names: set[str], wanted: str | None) -> tuple[dict[str, pa.Table], list[str]]:
    """The tables to export, sorted, and the names of those that are published and left out.

    An optional table of no rows is one that this publication does not have: PostgreSQL keeps its place.
    """
    chosen: dict[str, pa.Table] = {}
    left_out = []
    for spec in tables():
        table = read(spec.name)
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


def _publication(read: ReadTable) -> dict[str, Any]:
    """What the ledger of the snapshot says of what is published: the last line."""
    table = read("publication")
    rows = [] if table is None else table.to_pylist()
    if not rows:
        raise ConfigurationError("nothing has been published yet\n  to do:    fleetstats run")
    last = max(rows, key=lambda row: row["published_at"])
    return {
        "publication_id": last["publication_id"],
        "run_id": last["run_id"],
        "published_at": last["published_at"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "code_version": last["code_version"],
    }


# What the folder holds


@dataclass(frozen=True)
class _Earlier:
    """An export that is replaced."""

    folder: Path
    about: dict[str, Any]
    sums: dict[str, str]

    @property
    def publication_id(self) -> str:
        """Of the publication that it was made from."""
        return str(self.about["publication_id"])

    @property
    def form(self) -> str:
        """The most exact of its formats."""
        return next(form for form in FORMATS if form in self.about["formats"])

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """The columns of its tables, as its descriptor says."""
        descriptor = json.loads((self.folder / PACKAGE_FILE).read_text(encoding="utf-8"))
        return {
            entry["name"]: [f["name"] for f in entry["schema"]["fields"]]
            for resource in descriptor["resources"]
            for entry in (resource, *resource.get("tables", []))
            if "schema" in entry
        }


def _place(folder: Path) -> Path:
    place = folder.expanduser().resolve()
    if place in (Path.cwd(), *Path.cwd().parents):
        raise ConfigurationError(
            f"an export replaces its folder as a whole, and you are in it: {place}\n"
            "  to do:    go up, and name a folder of its own, such as export/"
        )
    return place


def _earlier(place: Path) -> _Earlier | None:
    """The export that is in a folder, whole; None for a folder that is empty or not there."""
    if place.is_dir() and not any(place.iterdir()):
        return None
    if not place.exists():
        return None
    try:
        about = json.loads((place / PACKAGE_FILE).read_text(encoding="utf-8"))["fleetstats"]
        sums = _read_sums(place / SUMS_FILE)
        known = isinstance(about["publication_id"], str) and PACKAGE_FILE in sums
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ConfigurationError(
            f"the folder is neither empty nor an export of ours: {place}\n"
            f"  expected: no folder, an empty one, or one with a {PACKAGE_FILE} and {SUMS_FILE} of fleetstats export\n"
            "  to do:    name another folder; nothing was changed"
        )
    if about.get("layout") != _MARK:
        raise ConfigurationError(
            f"the export was written by another version of fleetstats: {place}\n"
            f"  found:    layout {shorten(about.get('layout'))}\n  expected: layout {_MARK}\n"
            "  to do:    name another folder, or move this one away; then there is no list of changes"
        )
    _unchanged(place, sums)
    return _Earlier(place, about, sums)


def _read_sums(path: Path) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return {name: digest for digest, name in pairs}


def _unchanged(place: Path, sums: Mapping[str, str]) -> None:
    """An export is replaced as a whole: nothing of the user's own is in it, and nothing was changed."""
    there = {p.relative_to(place).as_posix() for p in place.rglob("*") if not p.is_dir() or p.is_symlink()}
    if foreign := sorted(there - sums.keys() - {SUMS_FILE}):
        raise ConfigurationError(
            f"the folder has files that are not of the export: {place}\n"
            f"  found:    {shorten(', '.join(foreign), 300)}\n"
            "  to do:    move them elsewhere; an export replaces its folder as a whole"
        )
    for name, digest in sums.items():
        path = place / name
        if not path.is_file() or _sha256(path) != digest:
            raise BadInput(
                "a file of the earlier export was changed, so nothing can be compared with it",
                file=path,
                found="another sha256" if path.is_file() else "no file",
                expected=f"sha256 {digest}, as {SUMS_FILE} says",
                todo="put it back, or move the folder away and export again",
            )


# What is written


@dataclass(frozen=True)
class _Content:
    """What is exported: the tables, sorted; all that is published; and what the descriptor says of the whole."""

    tables: Mapping[str, pa.Table]
    read: ReadTable
    about: Mapping[str, Any]

    def sorted_rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a published table, chosen or not."""
        table = self.read(name)
        return [] if table is None else list(sort(table, TABLES[name]).to_pylist())


def _write(
    settings: Settings, new: Path, content: _Content, earlier: _Earlier | None, progress: Progress
) -> list[str]:
    """Everything into an empty folder; returns the changes in words."""
    chosen, about = content.tables, content.about
    keys = {name: _keys(chosen, TABLES[name]) for name in chosen}
    _write_tables(new, chosen, keys, about["formats"], progress)
    progress("export", "changes")
    facts, words = _changes(settings, chosen, about, earlier)
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
        found[name] = File(name, path.stat().st_size, _sha256(path))
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        target, target_column = _REFERENCES.get(column, ("", ""))
        if target not in chosen or (target, target_column) == (spec.name, column):
            continue
        if not _is_key(chosen[target], (target_column,)):
            continue
        values = chosen[spec.name][column].drop_null()
        # Of no values everything is true, and nothing is known
        known = pc.is_in(values, value_set=chosen[target][target_column].combine_chunks())
        if len(values) and pc.all(known).as_py():
            yield Reference(column, target, target_column)


# What changed


def _changes(
    settings: Settings, chosen: Mapping[str, pa.Table], about: Mapping[str, Any], earlier: _Earlier | None
) -> tuple[dict[str, Any], list[str]]:
    """What the export says otherwise than the one it replaces: for programs, and in words."""
    if earlier is None:
        return {"before": None, "after": about["publication_id"]}, [
            "There was no earlier export in this folder: nothing to compare."
        ]
    there = earlier.about["tables"]
    common = [name for name in chosen if name in there]
    exact = earlier.form != "sqlite"

    def before(name: str, columns: Sequence[str]) -> list[tuple[Any, ...]] | None:
        if name not in common or not set(columns) <= set(earlier.columns[name]):
            return None
        return read_back(earlier.folder, earlier.form, name, columns)

    def after(name: str, columns: Sequence[str]) -> list[tuple[Any, ...]] | None:
        if name not in common:
            return None
        rows = zip(*(chosen[name][column].to_pylist() for column in columns), strict=True)
        # SQLite has no decimals: figures are compared as it has them
        return [row if exact else tuple(map(_inexact, row)) for row in rows]

    figures = compared(settings, (earlier.publication_id, before), (about["publication_id"], after))
    rows = {
        name: found
        for name in common
        if (found := _row_changes(TABLES[name], before, after, earlier.columns[name]))
    }
    added = [name for name in chosen if name not in there]
    gone = [name for name in there if name not in chosen]
    words = list(figures.words)
    words += [f"table new:   {name}" for name in added] + [f"table gone:  {name}" for name in gone]
    for name, found in rows.items():
        counts = [f"{found[what]:,} {what}" for what in ("added", "removed", "changed") if found[what]]
        columns = [f"column {what}: {', '.join(c)}" for what, c in found["columns"].items() if c]
        words.append(f"rows of {name}: " + "; ".join([", ".join(counts) or "the same", *columns]))
    if not rows and not added and not gone:
        words.append("every table has the same rows")
    facts = figures.facts | {"tables_added": added, "tables_removed": gone, "rows": rows, "exact": exact}
    return facts, words


def _inexact(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _row_changes(
    spec: Table, before: ReadRows, after: ReadRows, columns_before: list[str]
) -> dict[str, Any] | None:
    """How many rows of a table came, went or changed, by its key, and which (of a ledger only how many).

    None if nothing did.
    """
    columns = {
        "added": [c for c in spec.columns if c not in columns_before],
        "removed": [c for c in columns_before if c not in spec.columns],
    }
    key = list(spec.key)
    rest = [c for c in spec.columns if c in columns_before and c not in key]
    old_rows, new_rows = before(spec.name, [*key, *rest]), after(spec.name, [*key, *rest])
    if old_rows is None or new_rows is None:
        return {"added": 0, "removed": 0, "changed": 0, "columns": columns}
    size = len(key)
    old, new = ({row[:size]: row[size:] for row in rows} for rows in (old_rows, new_rows))
    found = {
        "added": [k for k in new if k not in old],
        "removed": [k for k in old if k not in new],
        "changed": [k for k, row in new.items() if k in old and old[k] != row],
    }
    if not any(found.values()) and not any(columns.values()):
        return None
    counts: dict[str, Any] = {what: len(keys) for what, keys in found.items()} | {"columns": columns}
    if spec.kind != "ledger":
        counts["keys"] = {
            what: [dict(zip(key, k, strict=True)) for k in sorted(keys, key=repr)[:_LISTED]]
            for what, keys in found.items()
            if keys
        }
    return counts
