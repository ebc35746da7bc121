"""The marks of a picture are at the numbers of its frame."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fleetstats.charts import CHARTS, Provenance
from fleetstats.charts.numbers import change_bound, signed, turned
from fleetstats.core.words import words_in
from tests.unit.charts import samples
from tests.unit.charts.conftest import DRIVERLESS, WITH_DRIVER
from tests.unit.charts.looking import words


@pytest.fixture
def draw(provenance: Provenance) -> Any:
    def drawn(name: str, frame: pd.DataFrame) -> Figure:
        return CHARTS[name].draw(frame, words=words_in("en"), provenance=provenance)

    return drawn


def bars(figure: Figure, axes: int = 0) -> dict[str, Rectangle]:
    found = figure.axes[axes].patches
    return {str(p.get_gid()): p for p in found if isinstance(p, Rectangle) and p.get_gid()}


def lines(figure: Figure, axes: int = 0) -> dict[str, tuple[list[float], list[float]]]:
    return {
        str(line.get_gid()): (
            [float(x) for x in np.asarray(line.get_xdata())],
            [float(y) for y in np.asarray(line.get_ydata())],
        )
        for line in figure.axes[axes].get_lines()
    }


def test_mileage_quarterly(draw: Any) -> None:
    frame = samples.mileage_quarterly()
    figure = draw("mileage-quarterly", frame)
    for axes, scope in enumerate((WITH_DRIVER, DRIVERLESS)):
        heights = {gid: p.get_height() for gid, p in bars(figure, axes).items()}
        own = frame[frame["scope"] == scope]
        named = {gid.rsplit("-", 1)[0] for gid in heights} - {"rest"}
        for row in own[own["operator"].isin(named)].to_dict("records"):
            assert heights[f"{row['operator']}-{row['quarter']}"] == float(row["distance_km"])
        assert sum(heights.values()) == pytest.approx(float(own["distance_km"].sum()))
    assert bars(figure)["waymo-2023Q4"].get_hatch(), "a quarter of two months is marked"
    assert not bars(figure)["waymo-2023Q3"].get_hatch()


def test_mileage_cumulative(draw: Any) -> None:
    frame = samples.mileage_cumulative()
    figure = draw("mileage-cumulative", frame)
    waymo = frame[(frame["operator"] == "waymo") & (frame["scope"] == WITH_DRIVER)]
    ends = [float(r["distance_km_cumulative"]) for r in waymo.to_dict("records") if r["month"].month % 3 == 0]
    assert lines(figure)["waymo-line"][1] == ends
    assert "\u2265" in words(figure, "label-pony_ai")
    assert set(lines(figure, 1)) >= {"waymo-line", "cruise-line", "zoox-line"}


def test_disengagement_rate(draw: Any) -> None:
    frame = samples.disengagement_rate()
    seen = lines(draw("disengagement-rate", frame))
    for row in frame[frame["report_year"] == 2023].to_dict("records"):
        gid = row["operator"] + ("-apart" if row["scope"] == DRIVERLESS else "")
        if pd.isna(row["km_per_disengagement"]):
            assert seen[f"{gid}-least"][0] == [row["km_per_disengagement_low"]]
            assert f"{gid}-rate" not in seen, "no disengagement, no rate"
        else:
            assert seen[f"{gid}-rate"][0] == [row["km_per_disengagement"]]
            assert seen[f"{gid}-interval"][0] == [
                row["km_per_disengagement_low"],
                row["km_per_disengagement_high"],
            ]


def test_robotaxi_trips(draw: Any) -> None:
    frame = samples.robotaxi_trips()
    figure = draw("robotaxi-trips", frame)
    heights = {gid: p.get_height() for axes in (0, 1) for gid, p in bars(figure, axes).items()}
    for row in frame[frame["orders"] > 0].to_dict("records"):
        assert heights[f"{row['operator']}-{row['period_start'].isoformat()}"] == row["orders"]
    assert len(figure.axes) == 2, "months and quarters never share a scale"
    assert any(gid.startswith("break-") for gid in lines(figure)), "the change of scope is marked"
    assert "another scope a year before" in words(figure, "deck")


def test_bev_quarterly(draw: Any) -> None:
    frame = samples.bev_quarterly()
    figure = draw("bev-quarterly", frame)
    seen = lines(figure)
    for row in frame.to_dict("records"):
        assert seen[f"{row['company']}-point-{row['period']}"][1] == [float(row["value"])]
    assert words(figure, "headline") == "BYD ahead of Tesla by 25,000 electric cars in 2023Q4"
    behind = frame[frame["quarter_start"] < pd.Timestamp("2023-10-01").date()]
    assert words(draw("bev-quarterly", behind), "headline").startswith(("A tie", "Tesla", "BYD"))


def test_noa_chips(draw: Any) -> None:
    figure = draw("noa-chips", samples.noa_chips())
    widths = {gid: p.get_width() for gid, p in bars(figure).items()}
    assert widths == {
        "nvidia-0": 52.57, "horizon_robotics-0": 30.71, "ti_mobileye_huawei-0": 16.72,
        "nvidia_horizon_robotics-1": 80.0,
    }  # fmt: skip
    assert bars(figure)["ti_mobileye_huawei-0"].get_hatch(), "the unknown split is shown as unknown"
    assert "how it splits is not known" in words(figure, "deck")


def test_orders(draw: Any) -> None:
    frame = samples.orders()
    figure = draw("orders", frame)
    heights = {gid: p.get_height() for gid, p in bars(figure).items()}
    for row in frame[frame["kind"] == "quarter"].to_dict("records"):
        assert heights[f"quarter-{row['day'].year}Q{(row['day'].month + 2) // 3}"] == row["orders"]
    fan = frame[frame["kind"] == "increment"].to_dict("records")[0]
    assert heights["forecast-2025Q1-95"] == fan["high_95"] - fan["low_95"]
    assert heights["forecast-2025Q1-50"] == fan["high_50"] - fan["low_50"]
    right = lines(figure, 1)
    assert right["ten-million"][1] == [10_000_000, 10_000_000]
    assert right["total-line"][1] == list(frame[frame["kind"] == "derived"]["orders"])
    assert right["fan-median"][1][1:] == list(frame[frame["kind"] == "cumulative"]["orders"])
    assert "The total passed ten million between" in words(figure, "deck")
    early = frame[frame["ends"] < pd.Timestamp("2024-01-01").date()]
    assert "had not passed ten million" in words(draw("orders", early), "deck")


def test_forecast_scorecard(draw: Any) -> None:
    frame = samples.forecast_scorecard()
    figure = draw("forecast-scorecard", frame)
    own = frame[frame["model"] == "combination"]
    for level in (50, 80, 95):
        assert lines(figure)[f"coverage-{level}"][1] == [100 * v for v in own[f"coverage_{level}"]]
        assert lines(figure)[f"nominal-{level}"][1] == [level, level]
    assert lines(figure, 1)["skill-combination"][1] == list(own["relative_crps"])


def test_claims(draw: Any) -> None:
    frame = samples.claims()
    figure = draw("claims", frame)
    assert words(figure, "headline") == "Of 7 claims the data support 2"
    for number, said in enumerate(
        ("supported", "contradicted", "came true", "did not come", "still open"), 1
    ):
        assert said in words(figure, f"claim-{number}-verdict")


def test_coverage(draw: Any) -> None:
    frame = samples.coverage()
    cells = [gid for gid in bars(draw("coverage", frame)) if re_status(gid) and "legend" not in gid]
    whole = [c for c in cells if "-cadmv_mileage-all-" in c]
    assert len(whole) == 12, "three years of quarters"
    wanted = frame[(frame["source"] == "cadmv_mileage") & (frame["operator"] == "all")]
    for row in wanted.to_dict("records"):
        assert f"{row['status']}-cadmv_mileage-all-{row['period']}Q1" in cells


def re_status(gid: str) -> bool:
    return gid.split("-", maxsplit=1)[0] in ("held", "partial", "filed_empty", "missing", "not_found")


def test_the_scorecard_takes_one_truth_for_each_basis() -> None:
    import duckdb

    con = duckdb.connect()
    con.execute(
        "create table forecast_scorecard as select *, 'increment' as quantity, 'all' as measure, 'all' as series, "
        "'combination' as model, 2023 as origin_year, 9 as forecasts, 0.8 as relative_crps, 0.5 as coverage_50, "
        "0.8 as coverage_80, 0.95 as coverage_95 from (values ('live', 'first_published'), ('live', 'known_today'), "
        "('backtest', 'known_today')) as t(basis, truth_basis)"
    )
    rows = con.sql(CHARTS["forecast-scorecard"].sql(date(2023, 9, 30))).to_arrow_table().to_pylist()
    assert sorted((r["basis"], r["truth_basis"]) for r in rows) == [
        ("backtest", "known_today"),
        ("live", "first_published"),
    ]


@pytest.mark.parametrize(
    ("now", "before", "known", "words"),
    [
        ("exact", "exact", "exact", "up 50%"),
        ("at_least", "exact", "at_least", "up at least 50%"),
        ("exact", "at_least", "at_most", "up at most 50%"),
        ("exact", "at_most", "at_least", "up at least 50%"),
        ("at_least", "at_least", None, ""),
    ],
)
def test_a_change_between_bounds_is_a_bound(now: str, before: str, known: str | None, words: str) -> None:
    found = change_bound(now, before)
    assert found == known
    if found:
        assert turned(50.0, found, words_in("en")) == words


def test_a_fall_from_a_lower_bound_is_at_least_so_large(draw: Any) -> None:
    assert turned(-55.0, "at_most", words_in("zh")) == "减至少55%"
    assert signed(-55.0, "at_most") == "≤ \u221255%"
    frame = samples.orders()
    frame.loc[frame["kind"] == "quarter", "bound"] = "at_least"
    last = frame[frame["kind"] == "quarter"]["day"].max()
    frame.loc[(frame["kind"] == "quarter") & (frame["day"] == last), "orders"] = 1000.0
    frame.loc[(frame["kind"] == "quarter") & (frame["day"] == last), "bound"] = "exact"
    assert "down at least" in words(draw("orders", frame), "headline")
