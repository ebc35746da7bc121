"""Statements made of templates, names and parameters, and what reading is on every engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import BadStatement, ConfigurationError, shorten
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import Parameters, Tables

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.warehouse.checksums import Content, Dialect

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
# Texts, quoted names and comments, in which nothing stands for a value; then a parameter
_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(?P<name>[a-z_][a-z0-9_]*)""")


class Sql(str):
    """SQL that is whole: written in our code or in reviewed data, or made by `statement`; never a value."""

    __slots__ = ()


def statement(template: str, **parts: str | Iterable[str]) -> Sql:
    """A statement made of a template of ours and the names that go into it.

    `{table}` in the template stands for the name given as `table`, or for several names with commas. An `Sql` is put
    in as it is. Values never go in: they are parameters. Raises `ValueError` for what is no plain name.
    """
    return Sql(template.format(**{key: _text(part) for key, part in parts.items()}))


def _text(part: str | Iterable[str]) -> str:
    if isinstance(part, Sql):
        return part
    names = [part] if isinstance(part, str) else list(part)
    for name in names:
        if not isinstance(name, Sql) and _NAME.fullmatch(name) is None:
            raise ValueError(f"not the name of a table or column: {shorten(name)}")
    return ", ".join(names)


def positional(sql: str, parameters: Parameters) -> tuple[str, list[Any]]:
    """The same statement with `$1`, `$2`, … for `$name`, and their values, for drivers that know numbers only."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in parameters:
            return found[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PARAMETER.sub(number, sql), [parameters[name] for name in names]


class BaseReader:
    """What the readers of all engines share; an engine's own reader gives what raises `NotImplementedError` here."""

    dialect: Dialect

    def _columns(self) -> Iterable[tuple[str, str, str]]:
        """Every table that can be seen, with each of its columns in order, and the engine's name of its type."""
        raise NotImplementedError

    def _row(self, sql: str) -> tuple[Any, ...]:
        """The only row of the result of a statement of ours."""
        raise NotImplementedError

    def _select(self, sql: str, schema: pa.Schema) -> pa.Table:
        """The result of a statement of ours, in the types of `schema`."""
        raise NotImplementedError

    @cached_property
    def _typed(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._columns():
            if table in TABLES:
                found.setdefault(table, {})[column] = kind
        return found

    @cached_property
    def _there(self) -> dict[str, list[str]]:
        return {table: list(columns) for table, columns in self._typed.items()}

    def tables(self) -> Mapping[str, Sequence[str]]:
        """The tables that are there, each with the columns that it has, in order."""
        return self._there

    def content(self, name: str, columns: Iterable[str] | None = None) -> Content:
        """How many rows a table has, and the checksum over these columns (default: all that it has)."""
        from fleetstats.warehouse.checksums import checksum_statement, content

        typed = self._found(name, columns)
        return content(typed, self._row(checksum_statement(name, typed, self.dialect)))

    def _found(self, name: str, columns: Iterable[str] | None) -> dict[str, str]:
        """The columns that are wanted of a table, with their types; `ConfigurationError` where one is not there."""
        there = self._typed.get(name)
        if there is None:
            raise other_version(name, "no such table")
        wanted = list(there if columns is None else columns)
        if missing := [column for column in wanted if column not in there]:
            raise other_version(name, f"no column {', '.join(missing)}")
        return {column: there[column] for column in wanted}

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        """Some columns of a table (default: all), in the order of its key and the types of the field dictionary."""
        spec = TABLES[name]
        wanted = list(self._found(name, spec.columns if columns is None else columns))
        sql = statement(
            "select {columns} from {table} order by {key}",
            columns=wanted,
            table=name,
            key=[column for column in spec.key if column in self._typed[name]],
        )
        return self._select(sql, spec.arrow_schema(wanted))


def has(there: Tables, name: str, columns: Iterable[str] = ()) -> bool:
    """Whether a table is there with all of these columns: one of an earlier version may lack some."""
    found = there.tables().get(name)
    return found is not None and set(columns) <= set(found)


def not_one_select(found: str) -> BadStatement:
    """What to say of anything but one SELECT."""
    return BadStatement(
        f"the statement is not one SELECT\n  found:    {found}\n"
        "  expected: one SELECT on the published tables; EXPLAIN of one; a WITH or VALUES is one too\n"
        "  to do:    give one statement at a time; nothing can be written here"
    )


def failed(found: str) -> BadStatement:
    """What to say of a statement that the database refused, in the database's own words."""
    lines = [shorten(line, 400) for line in found.splitlines()[:12] if line.strip()]
    said = "\n            ".join(lines)
    return BadStatement(
        f"the statement failed\n  found:    {said}\n  expected: one SELECT on the published tables\n"
        '  to do:    fleetstats sql "table information_schema.tables" lists them; docs/data-dictionary.md says more'
    )


def other_version(table: str, found: str) -> ConfigurationError:
    """What to say where a table lacks what this version of fleetstats reads."""
    return ConfigurationError(
        f"the published table {table} was made by another version of fleetstats\n  found:    {shorten(found, 300)}\n"
        "  to do:    fleetstats run, which builds it again"
    )
