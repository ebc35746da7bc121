"""`fleetstats trace` on what is published: the whole chain of any mart, exactly, from digests and from originals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fleetstats.core.errors import BadArgument, ConfigurationError
from fleetstats.core.schema.keys import SHORTER_KEYS
from fleetstats.core.schema.tables import tables
from fleetstats.core.settings import Settings, packaged
from fleetstats.outputs.trace.html import trace_html
from fleetstats.outputs.trace.model import Cell, Part
from fleetstats.outputs.trace.text import trace_text
from fleetstats.outputs.trace.tracer import trace, trace_figures
from fleetstats.pipeline.build import Outcome
from fleetstats.quality.revisions import compared_marts
from tests.commands import fleetstats
from tests.homes import taken_for_published

Published = tuple[Settings, Outcome]
Query = Callable[[str], list[dict[str, Any]]]

EACH = {
    "figure_in_force": "figure in ('bj-067', 'ag-001')",
    "mileage_monthly": "operator = 'pony_ai' and extract(year from month) = 2022",
    "mileage_cumulative": "operator = 'waymo' and month in (date '2019-02-01', date '2020-11-01')",
    "mileage_report_year": "operator in ('waymo', 'nuro')",
    "disengagement_monthly": "operator = 'qcraft' and extract(year from month) = 2021",
    "disengagement_rate": "operator = 'nissan'",
    "incidents_monthly": "operator in ('zoox', 'all') and month = date '2022-07-01'",
    "incident_rate": "operator = 'zoox'",
    "coverage": "status like 'counted%'",
    "forecast_series": "series = 'orders/waymo/california' or period = '2023-11' and operator = 'waymo'",
    "forecast_latest": "series = 'orders/baidu/public_rides' and model = 'combination' and horizon = 1",
    "order_forecast": "model = 'combination' and horizon = 1",
    "threshold_forecast": "series = 'orders/baidu/public_rides' and model = 'combination' and target_period like '%Q4'",
    "mileage_vintage": "operator = 'zoox' and extract(year from month) = 2020",
    "orders_vintage": "operator = 'cruise'",
    "record_change": "filing = 'nhtsa_sgo/2026-08' or change = 'removed'",
}
"""Some rows of the larger marts; of the others all."""


def parts_of(cell: Cell) -> list[Part]:
    """The parts of a cell and of the cells that they lead to."""
    return [p for part in cell.parts for p in (part, *(q for inner in part.cells for q in parts_of(inner)))]


@pytest.mark.parametrize("mart", [t.name for t in tables("mart") if t.name != "forecast_scorecard"])
def test_a_number_of_any_mart_leads_to_what_was_printed(from_digests: Published, mart: str) -> None:
    found = trace(from_digests[0], mart, EACH.get(mart), limit=1000)
    assert found.wrong == []
    assert found.cells
    if mart not in ("coverage", "record_change", "claim_review"):
        assert {cell.reconciles for cell in found.cells if cell.value is not None} == {True}
    for cell in found.cells:
        ends = [p for p in parts_of(cell) if not p.cells]
        assert ends or cell.mart == "claim_review"
        assert all(p.ends_at for p in ends if p.table != "forecast")
        assert all(p.filing in found.filings for p in parts_of(cell) if p.filing is not None)
    last = found.cells[-1]
    if mart not in SHORTER_KEYS:  # There a key of lineage is that of many rows
        again = trace_figures(from_digests[0], mart, [last.figure_key]).cells
        assert [(c.key, c.value) for c in again if c.column == last.column] == [(last.key, last.value)]


@pytest.mark.parametrize("mart", compared_marts())
def test_every_column_that_is_compared_can_be_traced(from_digests: Published, mart: str) -> None:
    for column in compared_marts()[mart].values:
        found = trace(from_digests[0], mart, EACH.get(mart), column=column, limit=1000)
        assert found.wrong == []
        assert {c.column for c in found.cells} >= {column} or all(c.value is None for c in found.cells)


def test_waymo_in_the_third_quarter_of_2022_from_its_digest(from_digests: Published, ask: Query) -> None:
    found = trace(from_digests[0], "mileage_quarterly", "operator='waymo' and quarter='2022Q3'")
    assert [cell.key["scope"] for cell in found.cells] == [
        "cadmv_testing_driverless",
        "cadmv_testing_with_driver",
    ]
    with_driver = found.cells[1]
    [published] = ask(
        "select distance_km from mileage_quarterly where operator = 'waymo' and quarter = '2022Q3' "
        "and scope = 'cadmv_testing_with_driver'"
    )
    assert with_driver.total == with_driver.value == published["distance_km"] == Decimal("581375.52")
    july = with_driver.parts[0]
    assert july.contribution == Decimal("125548.5") * Decimal("1.609344")
    [row] = july.records
    lines = (packaged("data") / "raw/cadmv_mileage/2022/digest.csv").read_text(encoding="utf-8").splitlines()
    assert (row.text, row.column) == ("125548.5", "distance_mi")
    assert lines[row.record - 1].startswith("month,waymo,AVT003,cadmv_testing_with_driver,2022-07-01,")
    sha256 = found.filings["cadmv_mileage/2022"]["original_sha256"]
    assert (
        july.ends_at
        == f"It ends at record {row.record} of the digest; the publisher's file has sha256 {sha256}"
    )


def test_the_same_from_the_original_ends_at_the_cells_of_the_file(from_originals: Published) -> None:
    found = trace(from_originals[0], "mileage_quarterly", "operator='waymo' and quarter='2022Q3'")
    assert found.wrong == []
    for cell in found.cells:
        for part in cell.parts:
            assert str(part.ends_at).startswith("Read again from the publisher's own file")
            assert len(part.records) > 100
            assert {r.column.split()[1] for r in part.records} == {"2022"}
            miles = sum(Decimal(r.text.replace(",", "") or "0") for r in part.records)
            assert miles * Decimal("1.609344") == part.contribution
            assert part.reconciles


def test_originals_that_came_after_a_build_from_digests_are_read(
    from_digests: Published, originals: Path
) -> None:
    later = from_digests[0].model_copy(update={"originals": originals})
    found = trace(
        later, "mileage_report_year", "operator = 'waymo' and report_year = 2022", column="disengagements"
    )
    assert found.wrong == []
    assert all(str(p.ends_at).startswith("Read again") for cell in found.cells for p in cell.parts)


def test_a_correction_stands_beside_the_number_that_it_touches(from_originals: Published) -> None:
    found = trace(from_originals[0], "mileage_report_year", "operator = 'aimotive' and report_year = 2019")
    [cell] = found.cells
    [part] = cell.parts
    assert part.corrections
    assert {(c["column_name"], c["printed"], c["used"]) for c in part.corrections} == {
        ("PermitNumber", "AVT003", "AVT036")
    }
    text = trace_text(found)
    assert "override record" in text
    assert "AVT003 → AVT036" in text


def test_a_bound_is_taken_apart_into_the_figures_it_is_computed_from(from_digests: Published) -> None:
    found = trace(from_digests[0], "beijing_mileage", "operator = 'baidu' and through = date '2022-12-31'")
    high = next(cell for cell in found.cells if cell.column == "km_high")
    assert (high.value, high.total, high.bound) == (Decimal(21745794), Decimal(21745794), "approximate")
    assert sorted(p.contribution for p in high.parts if p.contribution) == [-2213436, 2019230, 21940000]
    text = trace_text(found)
    assert "printed 2194万: 2194 × 10,000 = 21940000 km" in text
    assert "chosen by review: to the kilometre" in text
    assert "passed over: 2,213,400 km (at_least, high), bj-057" in text


def test_a_quantile_leads_to_its_row_of_the_ledger_and_to_what_was_known(
    from_digests: Published, ask: Query
) -> None:
    found = trace(
        from_digests[0],
        "order_forecast",
        "series = 'orders/baidu/public_rides' and model = 'combination' and horizon = 2 and quantity = 'increment'",
        column="high_95",
    )
    [cell] = found.cells
    ledger, *observations = cell.parts
    [row] = ask(f"select * from forecast where {ledger.key}")
    assert (row["output_type"], row["level"], row["forecast_value"]) == ("quantile", 0.975, cell.value)
    said = " ".join(ledger.done)
    for name in (
        "model",
        "code_version",
        "seed",
        "parameters_sha256",
        "publication_id",
        "origin",
        "inputs_sha256",
    ):
        assert str(row[name]) in said
    assert "their hash is that of the ledger" in said
    [known] = ask(
        "select count(*) as n from forecast_series where series = 'orders/baidu/public_rides' and choice = 1"
    )
    assert len(observations) == known["n"]
    assert all(p.cells and p.cells[0].reconciles for p in observations)


def test_a_verdict_leads_to_its_figures_and_through_them_to_filings(from_digests: Published) -> None:
    found = trace(from_digests[0], "claim_review", "claim_number = 1")
    [cell] = found.cells
    assert any("Waymo drove" in line for line in cell.says)
    assert {p.table for p in cell.parts} == {"beijing_vs_california", "beijing_mileage"}
    assert {"cadmv_mileage/2022", "bjrt_mileage/2018-2024"} <= set(found.filings)


def test_decisions_on_double_counts_are_seen(from_digests: Published) -> None:
    def told(mart: str, where: str) -> str:
        return trace_text(trace(from_digests[0], mart, where))

    aimotive = told("disengagement_monthly", "operator='aimotive' and month = date '2021-12-01'")
    assert "left out of cadmv_disengagement/2021 by review: 8 disengagements" in aimotive
    assert "in two filings, left out there: 8 disengagements" in aimotive
    qcraft = told("disengagement_monthly", "operator='qcraft' and month = date '2021-06-01'")
    assert "in two filings, kept here: 1 disengagement of cadmv_disengagement/2022 and" in qcraft
    nuro = told("mileage_quarterly", "operator='nuro' and quarter = '2020Q3'")
    both = "9.38 mi of cadmv_mileage/2020 and cadmv_mileage/2021-driverless-first"
    assert f"in two filings, kept here: {both}" in nuro
    assert f"in two filings, kept there too: {both}" in nuro


def test_a_rate_says_what_it_is_computed_from(from_digests: Published) -> None:
    found = trace(
        from_digests[0],
        "disengagement_rate",
        "operator='waymo' and report_year=2022",
        column="km_per_disengagement",
    )
    names = [cell.column for cell in found.cells if cell.key["scope"] == "cadmv_testing_with_driver"]
    assert names == ["km_per_disengagement", "distance_km", "disengagements"]
    assert "distance_km, disengagements" in found.cells[0].says[0]
    assert found.wrong == []


# What cannot be asked


@pytest.mark.parametrize(
    ("mart", "where", "column", "says"),
    [
        ("milage", None, None, "there is no mart milage.*mileage_monthly"),
        ("filing", None, None, "there is no mart filing"),
        ("mileage_monthly", None, "kilometres", "no column kilometres.*distance_km"),
        ("mileage_quarterly", "operator = 'waymoo'", None, "no row.*operator is: .*apple"),
        ("mileage_monthly", None, None, r"1,874 rows of mileage_monthly are like that, more than 20.*--limit"),
        ("mileage_monthly", "1=1; drop table filing", None, "not one expression"),
        ("mileage_monthly", "operator in (select content from read_text('/etc/passwd'))", None, "not one expression"),
        ("order_forecast", "horizon = 1 and model = 'combination'", "origin", "no number of a forecast.*median"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_what_can(
    from_digests: Published, mart: str, where: str | None, column: str | None, says: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        trace(from_digests[0], mart, where, column=column)
    assert re.search(says, str(caught.value), re.DOTALL)


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing has been published yet"):
        trace(Settings(home=tmp_path, originals=None), "coverage")


# The command


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"}
    return fleetstats("trace", *arguments, environment={**environment, "FLEETSTATS_HOME": str(settings.home)})


def test_a_sum_that_is_not_the_cell_is_loud_and_fails(from_digests: Published, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "warehouse").mkdir(parents=True)
    file = home / "warehouse" / "fleetstats.duckdb"
    shutil.copyfile(from_digests[0].published, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update mileage_quarterly set distance_km = distance_km + 1 where operator = 'waymo'"
        )
        connection.execute("update cadmv_mileage_month set distance_mi_reported = 1 where operator = 'zoox'")
        connection.execute("delete from lineage where mart = 'orders_monthly'")
    taken_for_published(file)
    settings = Settings(home=home, originals=None)
    done = command(settings, "mileage_quarterly", "-w", "operator='waymo' and quarter='2022Q3'", "--json")
    assert done.returncode == 3
    assert done.stderr.count("DOES NOT ADD UP") == 2
    assert json.loads(done.stdout)["reconciles"] is False
    zoox = trace(settings, "mileage_quarterly", "operator='zoox' and quarter='2022Q3'")
    assert zoox.wrong
    assert all("the file does not say what the row says" in line for line in zoox.wrong)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table kept as from lineage; delete from lineage")
    taken_for_published(file)
    with pytest.raises(ConfigurationError, match="before there was lineage"):
        trace(settings, "coverage")
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into lineage select * from kept")
    taken_for_published(file)
    nowhere = trace(settings, "orders_monthly", "operator = 'waymo'", limit=100)
    assert len(nowhere.wrong) == len(nowhere.cells)
    assert "add up to no record" in nowhere.wrong[0]


def test_the_command_writes_a_tree_json_and_a_page(from_digests: Published, tmp_path: Path) -> None:
    settings, where = from_digests[0], "operator='waymo' and quarter='2022Q3'"
    tree = command(settings, "mileage_quarterly", "--where", where)
    assert tree.returncode == 0, tree.stderr
    assert "the 3 rows below add up to it" in tree.stdout
    page = tmp_path / "trace.html"
    written = command(settings, "mileage_quarterly", "--where", where, "--html", "--output", str(page))
    assert written.returncode == 0
    assert page.read_text(encoding="utf-8") == trace_html(trace(settings, "mileage_quarterly", where))
    refused = command(settings, "mileage_quarterly", "--where", "1=1; drop table filing")
    assert refused.returncode == 2
    assert refused.stderr.startswith("fleetstats: a condition that is not one expression")
