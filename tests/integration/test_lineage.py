"""Every figure of every mart leads back to records, and what they add is the figure, to the last digit."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from fleetstats.core.schema.keys import SHORTER_KEYS, key_text
from fleetstats.core.schema.model import DECIMALS, Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged
from fleetstats.pipeline.build import Outcome
from fleetstats.quality.claims import findings, load_claims
from fleetstats.quality.revisions import compared_marts
from fleetstats.sources.registry import CLAIMS
from fleetstats.warehouse.dependencies import sources_of_tables
from fleetstats.warehouse.duckdb.reader import DuckdbReader
from fleetstats.warehouse.marts import load_statements

Query = Callable[[str], list[dict[str, Any]]]

WITHOUT_SUMS = {"coverage", "record_change", "claim_review", *SHORTER_KEYS}
"""Marts whose lines are no sums: they lead to filings, editions, figures of other marts, observations or scores."""

SUMMED = [
    (table.name, field.name)
    for table in tables("mart")
    if table.name not in WITHOUT_SUMS
    for field in table.fields
    if (field.type in DECIMALS and not field.name.startswith("distance_mi"))
    or (field.name in ("events", "incidents"))
]


@pytest.fixture(params=["ask", "ask_originals"])
def either(request: pytest.FixtureRequest) -> Query:
    """Both publications: from digests and, where they are, from originals."""
    asked: Query = request.getfixturevalue(request.param)
    return asked


def of_core(mart: str, column: str) -> bool:
    """The annual total's high end, and a figure in kilometres, stand in the core row that the lineage leads to."""
    return (mart, column) in {("mileage_report_year", "km_high"), ("figure_in_force", "distance_km")}


def reconciliation(mart: str, column: str) -> str:
    """Counts of one column: cells, cells that lead nowhere, lines of no cell, and sums that are not the cell."""
    scale = DECIMALS.get(next(f.type for f in TABLES[mart].fields if f.name == column), (28, 0))
    return (
        f"select '{mart}.{column}' as place, count(m.v) as cells, "
        "sum(case when m.v is not null and l.k is null then 1 else 0 end) as lead_nowhere, "
        "sum(case when m.k is null then 1 else 0 end) as of_no_cell, "
        f"sum(case when cast(l.s as decimal({scale[0]}, {scale[1]})) is distinct from m.v and l.k is not null "
        "then 1 else 0 end) as differ "
        f"from (select {key_text(TABLES[mart], 't')} as k, t.{column} as v from {mart} as t) as m "
        "full join (select figure_key as k, sum(contribution) as s from lineage "
        f"where mart = '{mart}' and column_name = '{column}' group by figure_key) as l on l.k = m.k"
    )


def test_every_cell_of_every_mart_is_the_sum_of_its_records(either: Query) -> None:
    wanted = [pair for pair in SUMMED if not of_core(*pair)]
    assert {mart for mart, _ in wanted} == {t.name for t in tables("mart")} - WITHOUT_SUMS
    found = either(" union all ".join(reconciliation(*pair) for pair in wanted))
    assert len(found) == len(wanted)
    wrong = [row for row in found if row["lead_nowhere"] or row["of_no_cell"] or row["differ"]]
    assert wrong == []
    assert sum(row["cells"] for row in found) > 10_000


@pytest.mark.parametrize("table", [t for t in tables("mart") if t.name in WITHOUT_SUMS], ids=lambda t: t.name)
def test_a_line_of_a_mart_without_sums_leads_back_too(ask: Query, table: Table) -> None:
    no_evidence_held = "claim in ('09-baidu-driverless-cities', '10-waymo-cities', '11-review-mark')"
    [found] = ask(
        f"select count(*) as lines, count(l.figure_key) as led from (select {key_text(table, 't')} as k from "
        f"{table.name} as t {f'where not {no_evidence_held}' if table.name == 'claim_review' else ''}) as m "
        f"left join (select distinct figure_key from lineage where mart = '{table.name}') as l on l.figure_key = m.k"
    )
    assert found["lines"] == found["led"]
    assert found["lines"] or table.name == "forecast_scorecard"


def test_lineage_leads_to_records_that_are_there(either: Query) -> None:
    led = [row["core_table"] for row in either("select distinct core_table from lineage order by 1")]
    assert "cadmv_mileage_month" in led
    for name in led:
        missing = either(
            f"select l.mart, l.core_key from lineage as l where l.core_table = '{name}' and not exists "
            f"(select 1 from {name} as t where {key_text(TABLES[name], 't')} = l.core_key) limit 3"
        )
        assert missing == [], name


def test_every_figure_that_is_compared_between_publications_is_led_back() -> None:
    beside = {  # Columns that stand in the core rows, or are computed from columns that are led back
        ("mileage_monthly", "vehicles"), ("mileage_report_year", "km_high"), ("mileage_report_year", "disengagements"),
        ("disengagement_rate", "km_per_disengagement"), ("incidents_monthly", "reports"),
        ("incidents_monthly", "incidents_injury"), ("incident_rate", "incidents_per_million_km"),
    }  # fmt: skip
    compared = {(mart, column) for mart, figure in compared_marts().items() for column in figure.values}
    assert compared - set(SUMMED) <= beside


def test_a_mart_rests_on_the_sources_that_its_lineage_leads_to(ask: Query) -> None:
    statements = load_statements(packaged("sql"))
    led: dict[str, set[str]] = {}
    for row in ask(
        "select distinct l.mart, f.source from lineage as l inner join filing as f on f.filing = l.filing"
    ):
        led.setdefault(row["mart"], set()).add(row["source"])
    assert len(led) > 20
    for mart, found in led.items():
        # Records that changed are of one source today, and may be of any that has keyed records
        behind = sources_of_tables([mart], statements)
        assert found <= behind if mart == "record_change" else found == behind, mart


def test_the_query_of_the_documentation_adds_up(ask: Query) -> None:
    text = (packaged("data").parent / "docs" / "analysts.md").read_text(encoding="utf-8")
    [query] = re.findall(r"```sql\n(select l\.contribution.*?)```", text, re.DOTALL)
    rows = ask(query)
    [cell] = ask(
        "select distance_km from mileage_quarterly where operator = 'waymo' and quarter = '2022Q3' "
        "and scope = 'cadmv_testing_driverless'"
    )
    assert [str(row["month"]) for row in rows] == ["2022-07-01", "2022-08-01", "2022-09-01"]
    assert sum(row["contribution"] for row in rows) == cell["distance_km"] > 0
    assert all(row["url"] and row["original_sha256"] for row in rows)


def test_a_verdict_rests_on_nothing_but_the_figures_that_its_claim_names(
    ask: Query, from_digests: tuple[Settings, Outcome]
) -> None:
    claims = load_claims([packaged("data") / "raw" / CLAIMS])
    said = {row["claim"]: row for row in ask("select * from claim_finding")}
    fewer = 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{from_digests[0].published}' as warehouse (read_only)")
        for name, claim in claims.items():
            assert claim.rests_on, name
            for table in claim.rests_on:
                key = key_text(TABLES[table], "t")
                # A view of the mart's name that holds the named figures only
                connection.execute(
                    f"create or replace view {table} as select * from warehouse.{table} as t where {key} in "
                    f"(select figure_key from warehouse.claim_evidence where claim = '{name}' and mart = '{table}')"
                )
                [[left, whole]] = connection.execute(
                    f"select (select count(*) from {table}), (select count(*) from warehouse.{table})"
                ).fetchall()
                fewer += left < whole
            [found] = findings({name: claim}, DuckdbReader(connection, None))
            assert {key: said[name][key] for key in found} == found
            for table in claim.rests_on:
                connection.execute(f"drop view {table}")
    assert fewer >= len(claims)


# What two files have


def test_a_decision_leaves_only_monthly_sums_of_its_scope(ask: Query) -> None:
    decided = {
        (row["operator"], str(row["month"])[:7]): (row["decision"], row["value"])
        for row in ask("select * from known_double_count")
    }
    assert decided == {
        ("aimotive", "2021-12"): ("left_out", Decimal(8)),
        ("qcraft", "2021-03"): ("kept", Decimal(1)),
        ("qcraft", "2021-06"): ("kept", Decimal(1)),
        ("qcraft", "2021-07"): ("kept", Decimal(1)),
        ("nuro", "2020-07"): ("kept", Decimal("9.38")),
    }
    [events] = ask(
        "select sum(events) as events from disengagement_monthly where operator = 'aimotive' and month = '2021-12-01'"
    )
    [reported] = ask(
        "select sum(events) as events, count(distinct filing) as filings from cadmv_event_count "
        "where operator = 'aimotive' and month = '2021-12-01'"
    )
    assert (events["events"], reported["events"], reported["filings"]) == (12, 20, 2)
    # The printed totals of the report years stay as they are
    years = ask(
        "select y.disengagements - t.disengagements as moved, y.distance_km - t.annual_km as moved_km "
        "from mileage_report_year as y inner join cadmv_mileage_filer as t on t.filing = y.filing "
        "and t.operator = y.operator and t.scope = y.scope where y.operator in ('aimotive', 'qcraft', 'nuro')"
    )
    assert years
    assert {(row["moved"], row["moved_km"]) for row in years} == {(0, Decimal(0))}
    qcraft = ask(
        "select cast(month as varchar) as month, sum(events) as events from disengagement_monthly "
        "where operator = 'qcraft' and month between '2021-03-01' and '2021-07-31' group by 1 order by 1"
    )
    both = ask(
        "select cast(month as varchar) as month, sum(events) as events from cadmv_event_count "
        "where operator = 'qcraft' and month between '2021-03-01' and '2021-07-31' group by 1 order by 1"
    )
    assert qcraft == both


def test_the_miles_that_stand_in_two_scopes_are_in_both_and_each_decision_is_counted(ask: Query) -> None:
    nuro = ask(
        "select scope, distance_mi_reported as miles, filing from cadmv_mileage_month "
        "where operator = 'nuro' and month = '2020-07-01' order by scope"
    )
    assert len({row["scope"] for row in nuro}) == 2
    counted = ask(
        "select status, count(*) as n from coverage where status like 'counted%' group by status order by status"
    )
    assert [tuple(row.values()) for row in counted] == [("counted_once", 1), ("counted_twice", 4)]


def test_the_decisions_are_about_what_the_files_have(ask_originals: Query) -> None:
    [nuro] = ask_originals(
        "select a.filing, b.filing as other, a.distance_mi_reported as miles, a.scope = b.scope as one_scope "
        "from cadmv_vehicle_month as a inner join cadmv_vehicle_month as b on a.vin = b.vin and a.month = b.month "
        "and a.distance_mi_reported = b.distance_mi_reported and a.filing < b.filing "
        "where a.distance_mi_reported > 0 and not a.vin_masked"
    )
    assert nuro == {
        "filing": "cadmv_mileage/2020",
        "other": "cadmv_mileage/2021-driverless-first",
        "miles": Decimal("9.38"),
        "one_scope": False,
    }
    # One pair only in all files: the list unpacks
    days = ask_originals(
        "select filing, event_on, count(*) as events, count(distinct vin) as cars from cadmv_event "
        "where operator = 'aimotive' and event_on between '2021-12-01' and '2021-12-08' group by 1, 2 order by 1, 2"
    )
    assert [(row["filing"][-4:], str(row["event_on"]), row["events"], row["cars"]) for row in days] == [
        ("2021", "2021-12-06", 5, 1), ("2021", "2021-12-07", 1, 1), ("2021", "2021-12-08", 2, 1),
        ("2022", "2021-12-06", 6, 1), ("2022", "2021-12-07", 1, 1), ("2022", "2021-12-08", 1, 1),
    ]  # fmt: skip
    late = ask_originals(
        "select e.event_on, count(o.record) as same_day_in_2021 from cadmv_event as e left join cadmv_event as o "
        "on o.filing = 'cadmv_disengagement/2021' and o.vin = e.vin and o.event_on = e.event_on "
        "where e.operator = 'qcraft' and e.filing = 'cadmv_disengagement/2022' and e.event_on < '2021-12-01' "
        "group by 1 order by 1"
    )
    assert [(str(row["event_on"]), row["same_day_in_2021"] > 0) for row in late] == [
        ("2021-03-16", False), ("2021-06-14", True), ("2021-07-27", True),
    ]  # fmt: skip
