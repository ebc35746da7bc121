"""What follows from the field dictionary, asked of a whole column at once.

Four of five expectations are of this kind, and nearly all are met: then there is no more to say. Of one that is not,
or not for certain, Great Expectations is asked, which tells the rows. That both give the same answer is tested on
every table that is published, and on tables that are not as they should be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fleetstats.core.units import KM_PER_MI
from fleetstats.quality.derived import (
    BETWEEN,
    COLUMN_SET,
    IN_SET,
    KILOMETRES,
    NOT_NULL,
    UNIQUE,
    UNIQUE_TOGETHER,
)

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 5 * 2.0**-53
"""Frames have floats where tables have decimals. Miles, factor, product and kilometres are each within half a unit in
the last place of the exact number, so exact kilometres never differ by more than this part of themselves; kilometres
that are wrong by twice as much (a thousandth of a millimetre in a million kilometres) are found."""


def is_plainly_met(expectation: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    """Whether an expectation is of a kind that is known here, and met. False says nothing."""
    known = _KNOWN.get(expectation["type"])
    kwargs = expectation["kwargs"]
    columns = {kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs}
    return known is not None and columns <= set(frame.columns) and known(kwargs, frame)


def exact_kilometres(miles: pd.Series[float], kilometres: pd.Series[float]) -> Any:
    """Row by row, whether kilometres are the miles beside them; False where one of them is missing."""
    return (kilometres - miles * float(KM_PER_MI)).abs() <= kilometres.abs() * ROUNDING


def _columns(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    return kwargs.get("exact_match") is True and set(frame.columns) == set(kwargs["column_set"])


def _no_gap(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    return kwargs.keys() == {"column"} and not frame[kwargs["column"]].hasnans


def _unique(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    return kwargs.keys() == {"column"} and not frame[kwargs["column"]].dropna().duplicated().any()


def _unique_together(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    columns = kwargs["column_list"]
    return (
        kwargs.keys() == {"column_list"}
        and set(columns) <= set(frame.columns)
        and not frame.duplicated(columns).any()
    )


def _at_least(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    values = frame[kwargs["column"]].dropna()
    if kwargs.keys() != {"column", "min_value"} or values.dtype.kind not in "iuf":
        return not len(values) and kwargs.keys() == {"column", "min_value"}
    return bool((values >= kwargs["min_value"]).all())


def _in_set(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    if kwargs.keys() != {"column", "value_set"}:
        return False
    return bool(frame[kwargs["column"]].dropna().isin(kwargs["value_set"]).all())


def _kilometres(kwargs: Mapping[str, Any], frame: pd.DataFrame) -> bool:
    if kwargs.keys() != {"column_A", "column_B"}:
        return False
    miles, kilometres = frame[kwargs["column_A"]], frame[kwargs["column_B"]]
    if miles.dtype.kind != "f" or kilometres.dtype.kind != "f":
        return False
    either = miles.notna() | kilometres.notna()
    return bool(exact_kilometres(miles[either], kilometres[either]).all())


_KNOWN: dict[str, Callable[[Mapping[str, Any], pd.DataFrame], bool]] = {
    COLUMN_SET: _columns,
    NOT_NULL: _no_gap,
    UNIQUE: _unique,
    UNIQUE_TOGETHER: _unique_together,
    BETWEEN: _at_least,
    IN_SET: _in_set,
    KILOMETRES: _kilometres,
}
