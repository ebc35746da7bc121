"""Every model on every kind of series: finite, not negative, reproducible, or left out with a reason."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.forecast import LEVELS, MODELS, Forecast, Forecasts, Series, backtest, forecast
from fleetstats.forecast.engine.result import _quantiles

APOLLO = [48, 115, 213, 196, 287, 474, 561, 660, 714, 821, 839, 826, 899, 988, 1100, 1400, 2200, 3100]
BASELINES = MODELS[:5]


def series(values: list[float], name: str = "a", bounds: bool = False, initial: float = 0.0) -> Series:
    return Series(name, "Q", "2021Q2", np.array(values, dtype=float), np.full(len(values), bounds), initial)


def by_model(made: Forecasts) -> dict[str, Forecast]:
    return {one.model: one for one in made}


NAN = float("nan")
HARD = {
    "constant": [5.0] * 12,
    "zeros": [0.0] * 12,
    "one point": [3.0],
    "two points": [3.0, 4.0],
    "three points": [0.0, 0.0, 7.0],
    "huge": [1e12 * (1 + i) for i in range(14)],
    "tiny": [1e-12 * (1 + i % 3) for i in range(14)],
    "mostly missing": [1.0, NAN, NAN, NAN, 4.0, NAN, NAN, 3.0, NAN, NAN, NAN, NAN, 9.0],
    "missing at the end": [1.0, 2.0, 3.0, 4.0, 5.0, NAN, NAN],
    "all missing": [NAN] * 5,
    "from nothing to much": [0.0] * 10 + [1e9],
    "from much to nothing": [1e9] * 10 + [0.0, 0.0],
    "a spike": [1.0] * 9 + [1e8] + [1.0] * 5,
    "negative": [1.0, -4.0, 3.0, -8.0, 2.0, 2.0, 0.0, 5.0],
    "exploding": [10.0**i for i in range(13)],
}


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_series_gives_finite_paths_or_a_reason(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = forecast([series(HARD[kind], bounds=kind == "huge")], 5)
    assert {one.model for one in made} | {one.model for one in made.left_out} == set(MODELS)
    assert all(one.reason for one in made.left_out)
    for one in made:
        assert one.paths.shape[1] == 5
        assert np.isfinite(one.paths).all()
        assert kind == "negative" or (one.paths >= 0).all()
        json.dumps(one.parameters, allow_nan=False)


@settings(max_examples=12)
@given(
    st.lists(st.one_of(st.floats(0, 1e9), st.just(0.0), st.just(NAN)), min_size=1, max_size=12),
    st.floats(0, 1e9),
)
def test_paths_are_not_negative_and_totals_do_not_fall(values: list[float], initial: float) -> None:
    for one in forecast([series(values, initial=initial)], 4, models=(*BASELINES, "gompertz", "combination")):
        assert (one.paths >= 0).all()
        assert (np.diff(one.quantiles(), axis=0) >= 0).all()
        total = one.cumulative()
        assert (np.diff(total, axis=1) >= 0).all()
        assert (total >= one.initial_total).all()
        assert (np.diff(one.probability_of_passing(initial + 1)) >= 0).all()


def test_the_report_s_rules_are_as_they_were_stated() -> None:
    made = by_model(forecast([series([100.0, 200, 300, 400], initial=1000)], 4, models=BASELINES))
    assert np.median(made["last_value"].paths, axis=0) == pytest.approx([400] * 4, rel=0.01)
    assert np.median(made["seasonal_naive"].paths, axis=0) == pytest.approx([100, 200, 300, 400], rel=0.01)
    assert np.median(made["drift"].paths, axis=0) == pytest.approx([500, 600, 700, 800], rel=0.01)
    assert np.median(made["pace_linear"].paths, axis=0) == pytest.approx([250] * 4, rel=0.01)
    assert made["pace_ratio"].parameters["ratio"] == 2.0
    ahead = np.median(made["pace_ratio"].paths, axis=0)
    assert ahead.sum() == pytest.approx(2000, rel=0.01)
    assert ahead[1:] / ahead[:-1] == pytest.approx([2**0.25] * 3, rel=0.01)


def test_levels_hold_the_ends_of_the_usual_intervals() -> None:
    assert {0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975} <= set(LEVELS)
    assert MODELS[-1] == "combination"


def test_a_threshold_is_passed_when_the_total_is_beyond_it() -> None:
    paths = np.array([[1.0, 1, 1], [3, 3, 3], [0, 0, 0], [2, 2, 2]])
    one = Forecast("a", "m", "2020", ("2021", "2022", "2023"), paths, 10.0, {}, (), 1)
    assert one.probability_of_passing(13).tolist() == [0.0, 0.5, 0.5]
    assert one.passing_date(13, (0.25, 0.5, 0.75)) == ("2022", "2022", None)
    assert one.mean().tolist() == [1.5, 1.5, 1.5]
    assert one.cumulative((0.5,)).tolist() == _quantiles(one.cumulative_paths(), (0.5,)).tolist()


def same(a: Forecast, b: Forecast) -> bool:
    return a.model == b.model and np.array_equal(a.paths, b.paths) and a.parameters == b.parameters


def test_a_seed_gives_the_same_digits_alone_in_company_and_in_other_processes() -> None:
    panel = [series([v * (i + 1) for v in APOLLO[:9]], f"s{i}") for i in range(3)]
    models = ("theta", "gompertz", "combination")
    alone = [one for s in panel for one in forecast([s], 3, models=models)]
    for made in (forecast(panel, 3, models=models), forecast(panel, 3, models=models, workers=2)):
        assert all(same(a, b) for a, b in zip(alone, made, strict=True))
    other = forecast(panel, 3, models=models, seed=1)
    assert not np.array_equal(other[0].paths, alone[0].paths)


def test_nothing_after_the_origin_is_used() -> None:
    whole = series([float(v) for v in APOLLO])
    models = ("last_value", "theta", "gompertz", "combination")
    (rolled,) = backtest([whole], 3, models=models, min_origin=12)
    # Origins of a backtest know all earlier origins, those of a forecast the last sixteen
    for origin in ("2024Q1", "2025Q1"):
        now = forecast([whole.truncated(origin)], 3, models=models)
        then = [one for one in rolled if one.origin == origin]
        assert all(same(a, b) for a, b in zip(now, then, strict=True))


def test_a_backtest_resumes_and_says_how_far_it_is() -> None:
    panel = [series([1.0, 2, 3, 4, 5, 6], name) for name in "abc"]
    told: list[tuple[int, int]] = []
    made = list(
        backtest(panel, 1, models=BASELINES[:1], min_origin=4, skip={"b"}, progress=lambda *a: told.append(a))
    )
    assert [one[0].series_id for one in made] == ["a", "c"]
    assert [f.origin for f in made[0]] == ["2022Q1", "2022Q2"]
    assert told == [(1, 2), (2, 2)]


def test_imputed_periods_and_bounds_are_recorded() -> None:
    one = Series("a", "Q", "2024Q1", np.array([1, NAN, 3, 4.0]), np.array([False, False, True, False]), 5.0)
    (made,) = forecast([one], 2, models=("last_value",))
    assert made.imputed == ("2024Q2",)
    assert made.parameters["lower_bounds_taken_as_values"] == ["2024Q3"]
    assert 14 < made.initial_total < 16
    assert made.target_periods == ("2025Q1", "2025Q2")


def test_an_unknown_model_and_no_horizon_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown model prophet"):
        forecast([series([1.0])], 1, models=("prophet",))
    with pytest.raises(ValueError, match="at least 1"):
        forecast([series([1.0])], 0)


def test_a_season_that_is_known_does_not_widen_the_forecast() -> None:
    rng = np.random.default_rng(4)
    values = np.resize([100.0, 180.0, 60.0, 240.0], 32) * np.exp(rng.normal(0, 0.02, 32))
    made = {one.model: one for one in forecast([series(list(values))], 4)}
    for model in ("combination", "exponential_smoothing"):
        low, middle, high = made[model].quantiles([0.1, 0.5, 0.9])
        assert np.all(high - low < 0.4 * middle), model
