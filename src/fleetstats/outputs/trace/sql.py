"""Values and conditions as SQL text, for the statements of a trace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def _literal(value: Any) -> str:
    """A value of ours as SQL; texts are quoted, and no value is ever run."""
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return f"cast('{value!r}' as double precision)"
    return str(value)


def equals(column: str, value: Any) -> str:
    return f"{column} is null" if value is None else f"{column} = {_literal(value)}"


def is_one_of(expression: str, values: Iterable[Any]) -> str:
    return f"{expression} in ({', '.join(sorted({_literal(v) for v in values}) or ['null'])})"
