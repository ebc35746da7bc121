"""A table of the field dictionary, written as a line of column names."""

from __future__ import annotations

from dataclasses import replace

from fleetstats.core.schema.fields import FIELDS
from fleetstats.core.schema.model import Kind, Table


def table(
    name: str,
    kind: Kind,
    describes: str,
    columns: str,
    *,
    key: str,
    optional: bool = False,
    sources: str = "",
) -> Table:
    """A table of the fields named in `columns`; a `?` behind a name allows nulls.

    The others are as in `Table`, `key` and `sources` as words.
    """
    fields = tuple(
        replace(FIELDS[word.removesuffix("?")], nullable=word.endswith("?")) for word in columns.split()
    )
    return Table(
        name,
        kind,
        describes,
        fields,
        tuple(key.split()),
        optional,
        tuple(sources.split()),
    )


def mart(
    name: str,
    describes: str,
    columns: str,
    *,
    key: str,
    figures: str,
    ends: str = "",
    sources: str = "",
) -> Table:
    """A mart, as `table`; `figures` as words, none where it shows figures of other marts."""
    made = table(name, "mart", describes, columns, key=key, sources=sources)
    return replace(made, figures=tuple(figures.split()), ends=ends)
