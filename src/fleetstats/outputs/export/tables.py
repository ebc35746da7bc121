"""Tables of an export as files, and back: Parquet, CSV and SQLite. Same rows, same bytes."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetstats.core.csv_tables import csv_line
from fleetstats.core.formats import plain_cell, safe_cell
from fleetstats.core.parquet import read_parquet
from fleetstats.core.schema.arrow import rows_of
from fleetstats.core.schema.model import DECIMALS, TYPES, Table, Type
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.queries import Sql, statement

if TYPE_CHECKING:
    import pyarrow as pa

SQLITE_FILE = "fleetstats.sqlite"


class Reference(NamedTuple):
    """Every value of `column` is one of the key `target_column` of the table `target`."""

    column: str
    target: str
    target_column: str


class Keys(NamedTuple):
    """What holds between the rows of an export, as counted: a primary key (or none), and references."""

    primary: tuple[str, ...]
    references: tuple[Reference, ...]


def sort(table: pa.Table, spec: Table) -> pa.Table:
    """In the order of the key and then of all columns, text by its bytes: the same from every database."""
    rest = [name for name in spec.columns if name not in spec.key]
    return table.sort_by([(name, "ascending") for name in (*spec.key, *rest)])


def write_parquet(table: pa.Table, spec: Table, path: Path) -> None:
    """Decimals, days and times keep their types; every column has its description and unit as metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    described = pa.schema(
        [
            column.with_metadata({"description": field.description, "unit": field.unit or ""})
            for column, field in zip(table.schema, spec.fields, strict=True)
        ],
        metadata={"description": spec.describes},
    )
    pq.write_table(table.cast(described), path, compression="zstd")


def write_csv(table: pa.Table, spec: Table, path: Path) -> None:
    """UTF-8 with a header; decimals exact, days and times as ISO 8601, no value as an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(*spec.columns) + "\n")
        for row in rows_of(table):
            file.write(csv_line(*map(_csv_cell, row)) + "\n")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return safe_cell(_iso(value))


def _iso(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


class SqliteFile:
    """One SQLite file of all tables, with the keys that hold. Decimals are REAL, days and times ISO text.

    REAL, because SQLite has no decimals: as TEXT they would be exact, but `distance_km > 1000` and `order by`
    would compare them as words, and be wrong without a message. Parquet and CSV have the exact ones.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Nothing but this process sees the file before it is whole
        for pragma in ("page_size = 4096", "journal_mode = off", "synchronous = off", "encoding = 'UTF-8'"):
            self._connection.execute(f"pragma {pragma}")

    def add(self, table: pa.Table, spec: Table, keys: Keys) -> None:
        """Create a table and insert its rows in their order."""
        lines = [f'"{f.name}" {TYPES[f.type].sqlite}{"" if f.nullable else " not null"}' for f in spec.fields]
        if keys.primary:
            lines.append(f"primary key ({_names(keys.primary)})")
        lines += [
            f'foreign key ("{r.column}") references "{r.target}" ("{r.target_column}")'
            for r in keys.references
        ]
        places = ", ".join("?" for _ in spec.fields)
        try:
            self._connection.execute("begin")
            # Not `without rowid`, which would spare a third: SQLite 3.40 then finds nulls that are none
            self._connection.execute(f'create table "{spec.name}" (\n  ' + ",\n  ".join(lines) + "\n)")
            self._connection.executemany(
                statement("insert into {table} values ({values})", table=spec.name, values=Sql(places)),
                (tuple(map(_sqlite_cell, row)) for row in rows_of(table)),
            )
            self._connection.execute("commit")
        except sqlite3.OperationalError as error:  # A full disk, mostly
            raise OSError(None, f"SQLite: {error}", str(self._path)) from error

    def close(self) -> None:
        """The file is whole."""
        self._connection.close()


def _sqlite_cell(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else _iso(value)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def read_back(folder: Path, form: str, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Some columns of a table of an export in their types (from SQLite: decimals as floats).

    Raises `OSError`, `ValueError` or the library's own error for a file that is not what we wrote.
    """
    if form == "parquet":
        return list(rows_of(read_parquet(folder / form / f"{table}.parquet").select(list(columns))))
    kinds = {f.name: f.type for f in TABLES[table].fields}
    wanted = [kinds[name] for name in columns]
    if form == "sqlite":
        with closing(sqlite3.connect(f"file:{folder / SQLITE_FILE}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                statement("select {columns} from {table}", columns=columns, table=table)
            ).fetchall()
        return [tuple(_from_sqlite(k, v) for k, v in zip(wanted, row, strict=True)) for row in rows]
    with (folder / form / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader)
        places = [header.index(name) for name in columns]
        return [tuple(_from_csv(k, row[i]) for k, i in zip(wanted, places, strict=True)) for row in reader]


def _from_csv(kind: Type, cell: str) -> Any:
    if kind == "text" or not cell:
        return plain_cell(cell)
    if kind in DECIMALS:
        return Decimal(cell)
    if kind == "ratio":
        return float(cell)
    return _from_sqlite(kind, cell == "true" if kind == "boolean" else cell)


def _from_sqlite(kind: Type, value: Any) -> Any:
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "timestamp":
        return datetime.fromisoformat(value)
    return int(value) if kind in ("count", "integer") else value
