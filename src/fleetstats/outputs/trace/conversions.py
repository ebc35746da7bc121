"""How a printed number became a value: words for thousands, miles to kilometres, and sums compared with a cell."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fleetstats.core.formats import decimal_text
from fleetstats.core.schema.tables import TABLES
from fleetstats.outputs.trace.model import Part

_TENS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "thousand": 10**3, "million": 10**6, "billion": 10**9}


def exact(value: Any) -> Decimal | None:
    """A number as a decimal."""
    return None if value is None else value if isinstance(value, Decimal) else Decimal(str(value))


def same(total: Decimal, value: Any) -> bool:
    """Whether a sum is a cell, at the scale that the cell is kept with."""
    kept = exact(value)
    return kept is not None and total.quantize(kept, rounding=ROUND_HALF_UP) == kept


def miles_of(part: Part, row: dict[str, Any], column: str) -> str | None:
    """The column of miles that a column of kilometres is converted from, if it is one."""
    if "km" not in column.split("_"):
        return None
    miles = TABLES[part.table].miles
    if len(miles) > 1 and "high" in column.split("_") and row[miles[1]] is not None:
        return miles[1]
    return miles[0] if miles else None


def times(number: Decimal, factor: Decimal, result: Decimal) -> str:
    """A conversion in words."""
    return f"{decimal_text(number)} mi × {factor} = {decimal_text(result)} km"


def reading(printed: str, value: Decimal | None, unit: str) -> str:
    """How a printed number became a value: `88.66万` is 88.66 × 10,000."""
    if value is None:
        return f"printed {printed}: no number"
    match = re.search(r"([\d.,]+)\s*([万萬亿]|thousand|million|billion)", printed, re.IGNORECASE)
    if match:
        tens = _TENS[match[2].lower()]
        number = match[1].replace(",", "").strip(".")
        if number.count(".") <= 1 and number and Decimal(number) * tens == value:
            return f"printed {printed}: {number} × {tens:,} = {decimal_text(value)} {unit}"
    return f"printed {printed}: {decimal_text(value)} {unit}"
