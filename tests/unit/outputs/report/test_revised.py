"""What a publication says otherwise: from the ledger `revision`, over the publications of three months."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from fleetstats.core.words import words_in
from fleetstats.outputs.report.revisions import revised

KEY = "operator=waymo, scope=cadmv_testing_with_driver, month={}"


class Ledger:
    """A database with the tables that the section reads."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute(
            "create table publication (run_id text, publication_id text, published_at text, as_of date, event text)"
        )
        self.con.execute(
            "create table revision (run_id text, publication_before text, table_name text, figure_key text, "
            "column_name text, change text, old_value decimal(28, 9), new_value decimal(28, 9), old_bound text, "
            "new_bound text, filings text)"
        )
        self.con.execute(
            "create table record_change (filing text, supersedes text, record_key text, change text, column_name text)"
        )

    def tables(self) -> dict[str, list[str]]:
        return {name: [] for (name,) in self.con.execute("select table_name from duckdb_tables()").fetchall()}

    def query(self, sql: str) -> Any:
        return self.con.sql(sql).to_arrow_table()

    def published(self, run: str, day: str, as_of: str | None = None) -> None:
        self.con.execute(
            "insert into publication values (?, ?, ?, ?, 'published')",
            [run, f"pub-{run}", f"{day}T03:00:00+00:00", as_of],
        )

    def moved(self, run: str, month: str, change: str, old: float | None, new: float | None) -> None:
        self.con.execute(
            "insert into revision values (?, 'pub', 'mileage_monthly', ?, 'distance_km', ?, ?, ?, 'exact', 'exact', ?)",
            [run, KEY.format(month), change, old, new, f"in: filing of {run}"],
        )

    def told(self, run: str, day: str, until: date = date(2023, 9, 30)) -> Any:
        state = SimpleNamespace(
            run_id=run,
            published_at=f"{day}T03:00:00+00:00",
            rows={"record_change": 1},
        )
        return revised(self, state, {}, until)  # type: ignore[arg-type]


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger()
    made.published("old", "2023-01-01")
    made.published("first", "2023-10-01")
    made.published("second", "2023-11-01")
    return made


def test_moves_of_three_months_are_joined_into_one_per_figure(ledger: Ledger) -> None:
    ledger.moved("old", "2023-07-01", "changed", 1, 2)
    ledger.moved("first", "2023-07-01", "changed", 100, 110)
    ledger.moved("second", "2023-07-01", "changed", 110, 150)
    ledger.moved("second", "2023-08-01", "new", None, 70)
    told = ledger.told("second", "2023-11-01")
    assert told.publications == ["pub-first", "pub-second"]
    assert [(m["new"], m["changed"], m["removed"]) for m in told.marts] == [(1, 1, 0)]
    figure = told.figures[0]
    assert (figure["old"], figure["new"], figure["percent"]) == ("100", "150", "+50.00%")
    assert told.marts[0]["filings"] == "in: filing of first; in: filing of second"


def test_what_came_back_or_describes_a_later_time_is_not_told(ledger: Ledger) -> None:
    ledger.moved("first", "2023-07-01", "changed", 100, 110)
    ledger.moved("second", "2023-07-01", "changed", 110, 100)
    ledger.moved("second", "2023-10-01", "changed", 1, 2)
    told = ledger.told("second", "2023-11-01")
    assert told.publications == ["pub-first", "pub-second"]
    assert told.marts == told.figures == []
    assert ledger.told("second", "2023-11-01", date(2023, 12, 31)).figures[0]["figure_key"] == KEY.format(
        "2023-10-01"
    )


def test_the_largest_moves_are_listed_first_and_the_rest_is_counted(ledger: Ledger) -> None:
    for n in range(25):
        ledger.moved("second", f"{2000 + n % 20}-0{1 + n // 20}-01", "changed", 100, 101 + n)
    ledger.moved("second", "2023-01-01", "removed", 5, None)
    told = ledger.told("second", "2023-11-01")
    assert told.figures[0]["change"] == "removed"
    assert told.figures[1]["percent"] == "+25.00%"
    assert (len(told.figures), told.more) == (20, 6)


def test_a_vintage_revises_nothing(ledger: Ledger) -> None:
    ledger.published("vintage", "2023-11-02", "2023-06-30")
    ledger.moved("second", "2023-07-01", "changed", 100, 110)
    assert ledger.told("vintage", "2023-11-02").publications == []


def test_records_are_counted_by_filing_and_column(ledger: Ledger) -> None:
    ledger.con.execute(
        "insert into record_change values ('s/2', 's/1', 'a', 'changed', 'narrative'), "
        "('s/2', 's/1', 'b', 'changed', 'narrative'), ('s/2', 's/1', 'c', 'removed', null)"
    )
    told = ledger.told("second", "2023-11-01")
    assert [(r["records"], words_in("en").of(r["words"]), r["column_name"]) for r in told.records] == [
        (2, "changed", "narrative"),
        (1, "removed", None),
    ]
