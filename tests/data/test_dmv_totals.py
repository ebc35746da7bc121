"""The totals that must come out of the DMV's files, and a third party's aggregation of the same files."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.settings import packaged
from fleetstats.filings.operators import load_operators, normalise_name

Query = Callable[[str], list[dict[str, Any]]]

EDITIONS = {
    "2019 safety driver": "2019",
    "2020 safety driver": "2020",
    "2021 safety driver": "2021",
    "2021 first-time filers": "2021-first-time",
    "2021 driverless first report": "2021-driverless-first",
    "2022 safety driver": "2022",
    "2022 first-time filers": "2022-first-time",
    "2022 driverless": "2022-driverless",
    "2022 driverless first report": "2022-driverless-first",
    "2023 safety driver": "2023",
    "2023 first-time filers": "2023-first-time",
    "2023 driverless": "2023-driverless",
}
NAMES = {"Baidu/Apollo": "baidu", "Toyota Research Inst.": "toyota_research_institute", "UATC (Uber)": "uber_atg",
         "Woven (Planet/by Toyota)": "woven"}  # fmt: skip


def _tables(originals: Path) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """The tables of TOTALS.md: the heading above each, its header, its rows."""
    heading, rows = "", []
    for line in [*(originals / "dmv" / "TOTALS.md").read_text(encoding="utf-8").splitlines(), "## end"]:
        if line.startswith("|"):
            rows.append([cell.strip().strip("*") for cell in line.strip("|").split("|")])
        elif line.startswith("## "):
            if rows:
                yield heading, rows[0], rows[2:]
            heading, rows = line[3:], []


def _cells(originals: Path, wanted: str) -> list[tuple[str, str, Decimal]]:
    """(operator, edition, number) of every filled cell of the tables whose heading begins like that."""
    operators = load_operators([packaged("data")])
    cells = []
    for heading, header, rows in _tables(originals):
        if not heading.startswith(wanted):
            continue
        for row in rows:
            if row[0] == "all":
                continue
            operator = NAMES.get(row[0]) or operators.by_name[normalise_name(row[0])]
            cells += [
                (operator, EDITIONS[column], Decimal(text.replace(",", "")))
                for column, text in zip(header[1:], row[1:], strict=True)
                if text
            ]
    return cells


def test_every_annual_total_of_totals_md_comes_out(originals: Path, ask_originals: Query) -> None:
    found = {
        (row["operator"], row["filing"].split("/")[1]): row["distance_mi_reported"]
        for row in ask_originals("select operator, filing, distance_mi_reported from mileage_report_year")
    }
    expected = _cells(originals, "Key manufacturers") + _cells(originals, "Others")
    assert len(expected) > 120
    wrong = [
        (operator, edition, miles, found.get((operator, edition)))
        for operator, edition, miles in expected
        if abs(found.get((operator, edition), Decimal(-1)) - miles) > Decimal("0.051")
    ]
    assert wrong == []


def test_every_printed_count_of_disengagements_comes_out(originals: Path, ask_originals: Query) -> None:
    found = {
        (row["operator"], row["filing"].split("/")[1]): row["disengagements"]
        for row in ask_originals("select operator, filing, disengagements from mileage_report_year")
    }
    expected = _cells(originals, "Disengagements as reported")
    assert len(expected) > 120
    assert [(o, e, n, found.get((o, e))) for o, e, n in expected if found.get((o, e)) != n] == []


def test_the_totals_of_every_file_come_out(originals: Path, ask_originals: Query) -> None:
    found = {
        row["filing"]: row
        for row in ask_originals(
            """
            select
                v.filing,
                count(*) as records,
                count(distinct v.vin) as vins,
                sum(case when coalesce(v.annual_mi, v.months_mi) > 0 then 1 else 0 end) as driven,
                cast(sum(coalesce(v.annual_mi, 0)) as decimal(18, 2)) as annual,
                cast(sum(v.months_mi) as decimal(18, 2)) as months,
                sum(v.disengagements) as disengagements
            from cadmv_vehicle_report as v group by v.filing
            """
        )
    }
    rows = next(rows for heading, _, rows in _tables(originals) if heading == "File totals")
    assert len(rows) == 12
    for year, file, records, vins, driven, annual, months, disengagements in rows:
        row = found[f"cadmv_mileage/{EDITIONS[f'{year} {file}']}"]
        assert row["records"] == int(records)
        assert row["vins"] == int(vins)
        assert row["driven"] == int(driven)
        assert abs(row["annual"] - Decimal(annual.replace(",", ""))) <= Decimal("0.01")
        assert abs(row["months"] - Decimal(months.replace(",", ""))) <= Decimal("0.01")
        assert row["disengagements"] == int(disengagements)


def test_months_of_the_marts_add_up_to_the_months_of_the_files(ask_originals: Query) -> None:
    [row] = ask_originals(
        """
        select
            (select sum(distance_mi_reported) from mileage_monthly) as mart,
            (select sum(distance_mi_reported) from cadmv_vehicle_month) as cells,
            (select sum(distance_km) from mileage_quarterly) as quarters,
            (select sum(distance_km) from cadmv_vehicle_month) as km,
            (select sum(distance_mi_reported) from cadmv_vehicle_month) * 1.609344 as converted
        """
    )
    assert row["mart"] == row["cells"]
    assert row["quarters"] == row["km"] == row["converted"]


@pytest.mark.parametrize("column", ["miles", "reported_events"])
def test_all_cells_of_a_third_party_aggregation_agree(
    originals: Path, ask_originals: Query, column: str
) -> None:
    operators = load_operators([packaged("data")])
    path = originals / "dmv" / "crosscheck" / "exposure_2020-2023_third_party.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 104
    mart = "distance_mi_reported" if column == "miles" else "disengagements"
    found = {
        row["filing"].split("/")[1] + "/" + row["operator"]: row["value"]
        for row in ask_originals(f"select operator, filing, {mart} as value from mileage_report_year")
    }
    wrong = []
    for row in rows:
        operator = operators.by_name.get(normalise_name(row["manufacturer"])) or NAMES[row["manufacturer"]]
        edition = row["year"] + ("-driverless" if row["mode"] == "driverless" else "")
        expected, value = Decimal(row[column]), found.get(f"{edition}/{operator}")
        if value is None or abs(Decimal(value) - expected) > Decimal("0.0000001"):
            wrong.append((row["year"], row["mode"], row["manufacturer"], expected, value))
    assert wrong == []


def test_every_record_of_every_file_is_accounted_for(ask_originals: Query) -> None:
    rows = ask_originals(
        "select * from filing_account where read_as = 'original' and filing like 'cadmv%' order by filing"
    )
    assert len(rows) == 22
    for row in rows:
        parts = sum(row[f"records_{what}"] for what in ("loaded", "dropped", "rejected", "blank"))
        assert row["records_read"] == parts, row["filing"]
    by_filing = {row["filing"]: row for row in rows}
    assert by_filing["cadmv_disengagement/2019"]["records_loaded"] == 8884
    assert by_filing["cadmv_disengagement/2019"]["records_dropped"] == 1
    assert by_filing["cadmv_disengagement/2023"]["records_blank"] == 6125
    assert sum(row["records_loaded"] for row in rows if "disengagement" in row["filing"]) == 27050


def test_events_equal_the_printed_counts_in_every_pair_held(ask_originals: Query) -> None:
    rows = ask_originals(
        "select filing, sum(left_value) as n, max(abs(difference)) as worst from crosscheck_events group by filing"
    )
    assert {row["filing"].split("/")[1]: int(row["n"]) for row in rows} == {
        "2019": 8884, "2021": 2676, "2021-first-time": 31, "2021-driverless-first": 1, "2022": 8216,
        "2022-first-time": 204, "2023": 6562, "2023-first-time": 8, "2023-driverless": 14,
    }  # fmt: skip
    assert {row["worst"] for row in rows} == {0}


def test_months_and_annual_totals_differ_where_it_is_known_and_nowhere_else(ask_originals: Query) -> None:
    over = "where abs(difference) > tolerance"
    filers = ask_originals(f"select filing, operator, difference, reason from crosscheck_months {over}")
    assert {(r["filing"].split("/")[1], r["operator"], str(r["difference"].normalize())) for r in filers} == {
        ("2021", "apple", "-2"), ("2021", "mercedes_benz", "2"), ("2021", "zoox", "1082"),
        ("2022-first-time", "woven", "-49"), ("2022", "apple", "1.4"), ("2022", "pony_ai", "-5"),
        ("2023", "waymo", "-1.3"), ("2023-driverless", "waymo", "-1.4"),
    }  # fmt: skip
    vehicles = ask_originals(f"select * from crosscheck_vehicle_months {over}")
    assert len(vehicles) == 7
    assert all(row["reason"] for row in filers + vehicles)


def test_wrong_permits_are_corrected_and_the_corrections_are_shown(ask_originals: Query) -> None:
    rows = ask_originals(
        "select filing, printed, used, count(*) as n from correction where action = 'override' "
        "and column_name like 'Permit%' group by all order by 1"
    )
    assert [(r["filing"], r["printed"], r["used"], r["n"]) for r in rows] == [
        ("cadmv_disengagement/2019", "AVT003", "AVT036", 26),
        ("cadmv_disengagement/2023", "AVT017", "AVT015", 3),
        ("cadmv_mileage/2019", "AVT003", "AVT036", 3),
    ]


def test_no_sentence_of_a_publisher_is_in_what_is_shipped(originals: Path) -> None:
    """Facts are carried over, sentences are not."""
    shipped = "\n".join(
        path.read_text(encoding="utf-8")
        for path in packaged("data").rglob("*")
        if path.suffix in (".csv", ".yml")
    )
    sentences = set()
    for path in (originals / "figures").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            sentences |= {row["quote"] for row in csv.DictReader(file) if len(row["quote"]) > 30}
    # One "quotation" of the collection is an address, which is also the citation
    assert [s for s in sentences if s in shipped and not re.fullmatch(r"[a-z0-9-]+", s)] == []
