"""Records that vanish or count twice: found in what was built, whatever the files were called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.losses import lost_or_doubled
from fleetstats.sources.registry import source

NHTSA = source("nhtsa_sgo")


class Publication:
    """What is looked at: filings, and the keys of their records."""

    def __init__(self, filings: dict[str, tuple[bool, Iterable[int]]]) -> None:
        self._filings = filings

    def tables(self) -> dict[str, list[str]]:
        return {name: TABLES[name].columns for name in ("filing", "record_hash")}

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        assert columns is not None
        rows: list[dict[str, Any]] = [
            {
                "filing": filing,
                "record_key": f"1-{key}/1",
                "hash_figures": "",
                "hash_text": "",
                "hash_other": "",
            }
            for filing, (_, keys) in self._filings.items()
            for key in keys
        ]
        if name == "filing":
            rows = [
                {"filing": filing, "source": "nhtsa_sgo", "in_force": there, "issued_on": date(2026, 1, 1)}
                for filing, (there, _) in self._filings.items()
            ]
        return _selected(rows, list(columns))


def _selected(rows: list[dict[str, Any]], columns: list[str]) -> pa.Table:
    return pa.table({column: [row[column] for row in rows] for column in columns})


def said(
    before: Publication | None, after: Publication, folder: Path = Path("nowhere"), **kwargs: Any
) -> list[str]:
    return lost_or_doubled(before, after, [NHTSA], lambda code: (folder,), **kwargs)


@given(st.sets(st.integers(1, 40), min_size=1), st.sets(st.integers(1, 40)), st.sets(st.integers(41, 60)))
def test_a_record_that_is_gone_is_said_and_new_ones_are_not(
    then: set[int], now: set[int], new: set[int]
) -> None:
    before = Publication({"a": (True, then)})
    after = Publication({"a": (False, then), "b": (True, now | new)})
    gone = then - now
    found = said(before, after)
    assert bool(found) == bool(gone)
    if gone:
        assert f"{len(gone)} record" in found[0]
    assert said(None, after) == []


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_a_record_in_two_filings_in_force_would_count_twice(one: set[int], other: set[int]) -> None:
    there = Publication({"a": (True, one), "b": (True, other), "c": (False, one | other)})
    found = said(None, there)
    assert bool(found) == bool(one & other)
    assert all("count twice" in line for line in found)


def test_a_reviewed_line_and_a_removal_say_why(tmp_path: Path) -> None:
    before, after = Publication({"a": (True, [1, 2])}), Publication({"b": (True, [1])})
    assert "1-2/1" in said(before, after, tmp_path)[0]
    assert said(before, after, tmp_path, removed=["a"]) == []
    (tmp_path / "moved.csv").write_text(
        "record_key,reason,reviewed_on\n1-2/1,it is in another file,2026-01-01\n", encoding="utf-8"
    )
    assert said(before, after, tmp_path) == []


@pytest.mark.parametrize("code", ["cadmv_mileage", "robotaxi_orders"])
def test_a_source_without_keys_is_not_asked(code: str) -> None:
    assert lost_or_doubled(None, Publication({}), [source(code)], lambda _: ()) == []
