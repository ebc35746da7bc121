"""Series from marts, what had been known by a day, the ledger's rows, and scores."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from fleetstats.forecast import LEVELS, Forecast
from fleetstats.forecast.evaluation.judge import Said, judge, scores, truth_of, usual_change
from fleetstats.forecast.ledger.backtest import vintages
from fleetstats.forecast.ledger.candidate import wanted
from fleetstats.forecast.ledger.rows import Made, rows, thresholds
from fleetstats.forecast.ledger.series import PublishedSeries, going_on, histories
from fleetstats.forecast.ledger.versions import code_version

MADE = Made("run", datetime(2026, 11, 24, tzinfo=UTC))


def figure(period: str, value: float, issued: date, **others: Any) -> dict[str, Any]:
    return {
        "series": "orders/baidu/public_rides",
        "operator": "baidu",
        "scope": "public_rides",
        "measure": "orders",
        "unit": "order",
        "frequency": "Q",
        "period": period,
        "value": value,
        "bound": "exact",
        "scope_break": False,
        "issued_on": issued,
        "preference": 1,
        "choice": 1,
        "issue_order": 1,
        **others,
    }


@pytest.fixture
def history() -> PublishedSeries:
    """Four quarters, one missing, one revised later, one a lower bound; totals that begin at 50."""
    [found] = histories(
        [
            figure("2024Q1", 100, date(2024, 5, 1)),
            figure("2024Q2", 120, date(2024, 8, 1), bound="at_least"),
            figure("2024Q4", 150, date(2025, 2, 1), preference=3, choice=2),
            figure("2024Q4", 160, date(2025, 5, 1), issue_order=2),
        ],
        [
            {
                "operator": "baidu", "scope": "public_rides", "basis": "derived", "as_of": date(2024, 6, 30),
                "orders": 270, "issued_on": date(2024, 9, 1),
            }
        ],
    )  # fmt: skip
    return found


def test_a_missing_period_stays_missing_and_a_lower_bound_is_marked(history: PublishedSeries) -> None:
    series = history.as_series(history.known())
    assert series is not None
    assert series.first_period == "2024Q1"
    np.testing.assert_array_equal(series.values, [100, 120, np.nan, 160])
    assert series.at_least.tolist() == [False, True, False, False]


def test_what_had_been_issued_by_a_day_is_all_that_is_known_on_it(history: PublishedSeries) -> None:
    assert list(history.known(date(2024, 7, 31)).figures) == ["2024Q1"]
    assert history.known(date(2025, 3, 1)).figures["2024Q4"].value == 150
    assert history.known().figures["2024Q4"].value == 160
    assert history.first_published().figures["2024Q4"].value == 150
    assert history.as_series(history.known(date(2024, 1, 1))) is None


def test_totals_agree_with_the_publisher_s_once_he_has_given_one(history: PublishedSeries) -> None:
    assert history.known().total("2024Q2") == 270
    assert history.known().total("2024Q4") == 430
    assert history.known(date(2024, 8, 15)).total("2024Q2") == 220


def test_periods_of_an_earlier_scope_are_in_no_total() -> None:
    rows = [
        figure("2024Q1", 5, date(2024, 5, 1), scope="cpuc_unspecified", scope_break=True),
        figure("2024Q2", 7, date(2024, 8, 1), scope="cpuc_driverless"),
    ]
    [history] = histories(rows)
    assert history.known().total("2024Q2") == 7
    assert history.scope_of(history.known()) == "cpuc_driverless"


def test_a_series_that_ended_a_year_before_the_others_is_not_forecast() -> None:
    early = [figure("2022Q4", 1, date(2023, 2, 1), series="orders/a", operator="a")]
    late = [figure(p, 1, date(2024, 5, 1)) for p in ("2023Q4", "2024Q1")]
    every = histories(early + late)
    assert [h.series for h in going_on(every)] == ["orders/baidu/public_rides"]
    assert [h.series for h in going_on(every, date(2023, 12, 31))] == ["orders/a"]
    assert wanted(every, None) == wanted(every, ["orders"]) == wanted(every, ())
    assert wanted(every, ["ord"]) == []


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, [10, 25, 50]),
        (4_156_000, [5_000_000, 10_000_000, 25_000_000]),
        (23_108_000, [25_000_000, 50_000_000, 100_000_000]),
        (25_000_000, [50_000_000, 100_000_000, 250_000_000]),
    ],
)
def test_thresholds_are_the_next_three_round_totals(total: float, expected: list[int]) -> None:
    assert thresholds(total) == expected


def made_forecast() -> Forecast:
    paths = np.array([[10.0, 20.0], [20.0, 20.0], [30.0, 20.0]])
    return Forecast(
        "orders/baidu/public_rides", "drift", "2024Q4", ("2025Q1", "2025Q2"), paths, 0.0,
        {"lower_bounds_taken_as_values": ["2024Q2"]}, ("2024Q3",), 7,
    )  # fmt: skip


def test_every_number_of_a_forecast_is_a_row(history: PublishedSeries) -> None:
    found = list(rows(made_forecast(), history, "public_rides", 430, "abc", MADE))
    assert len(found) == 2 * (2 * (len(LEVELS) + 1) + 3)
    medians = {
        (r["quantity"], r["target_period"]): r["forecast_value"] for r in found if r.get("level") == 0.5
    }
    assert medians == {
        ("increment", "2025Q1"): 20, ("increment", "2025Q2"): 20,
        ("cumulative", "2025Q1"): 450, ("cumulative", "2025Q2"): 470,
    }  # fmt: skip
    passed = [r for r in found if r["output_type"] == "probability" and r["threshold"] == 500]
    assert [r["forecast_value"] for r in passed] == [0, 0]
    assert {(r["imputed"], r["lower_bounds"], r["origin"]) for r in found} == {
        ("2024Q3", "taken as values: 2024Q2", date(2024, 12, 31))
    }
    assert {r["code_version"] for r in found} == {code_version()}


def test_a_cumulative_truth_needs_every_period_from_the_origin_on(history: PublishedSeries) -> None:
    known = history.known()
    assert truth_of(known, "2024Q2", "2024Q4", "cumulative") is None
    assert truth_of(known, "2024Q2", "2024Q4", "increment") == {
        "truth_value": 160, "truth_bound": "exact", "truth_issued_on": date(2025, 5, 1),
    }  # fmt: skip
    assert truth_of(known, "2024Q1", "2024Q2", "cumulative") == {
        "truth_value": 270, "truth_bound": "at_least", "truth_issued_on": date(2024, 8, 1),
    }  # fmt: skip
    assert truth_of(known, "2024Q4", "2025Q1", "increment") is None


def test_scores_are_those_of_the_quantiles(history: PublishedSeries) -> None:
    said = Said(20, LEVELS, tuple(float(v) for v in np.linspace(10, 30, len(LEVELS))))
    found = scores(said, 12.0, 4.0)
    assert found["absolute_error"] == 8
    assert found["scaled_error"] == 2
    losses = [
        (12 - v) * level if v <= 12 else (v - 12) * (1 - level)
        for level, v in zip(said.levels, said.values, strict=True)
    ]
    assert found["crps"] == pytest.approx(2 * sum(losses) / len(losses))
    assert (found["inside_50"], found["inside_95"]) == (False, True)
    assert usual_change(history.known(), "2024Q2") == 20
    assert usual_change(history.known(), "2024Q1") is None
    assert scores(said, 12.0, None)["scaled_crps"] is None


def test_a_target_is_judged_once_and_again_when_its_truth_changes(history: PublishedSeries) -> None:
    [later] = histories(
        [figure(p, v, date(2025, 5, 1)) for p, v in (("2024Q4", 160), ("2025Q1", 25), ("2025Q2", 30))]
    )
    said = [
        {"level": None, "threshold": None, "publication_id": "pub-1", **r}
        for r in rows(made_forecast(), history, "public_rides", 430, "abc", MADE)
    ]
    of = {later.series: later}
    found = list(judge(said, of, {}))
    assert len(found) == 2 * 2 * 2  # targets, quantities, bases
    key = ("forecast_run_id", "series", "model", "target_period", "quantity", "truth_basis")
    scored = {tuple(r[name] for name in key): r["truth_value"] for r in found}
    assert list(judge(said, of, scored)) == []
    changed = {k: v + (k[3] == "2025Q2") for k, v in scored.items()}
    assert {r["target_period"] for r in judge(said, of, changed)} == {"2025Q2"}


def test_a_vintage_is_a_day_on_which_a_later_period_was_issued() -> None:
    quarters = [f"{year}Q{q}" for year in (2021, 2022, 2023) for q in (1, 2, 3, 4)]
    figures = [figure(p, i + 1, date(2021 + i // 4, i % 4 * 3 + 3, 28)) for i, p in enumerate(quarters)]
    revised = figure("2021Q1", 2, date(2023, 4, 15), preference=0)
    [history] = histories([*figures, revised])
    assert vintages(history) == [date(2022, 12, 28), date(2023, 3, 28), date(2023, 6, 28), date(2023, 9, 28)]
