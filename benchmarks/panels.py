"""Made-up short business series of many shapes: for tuning (`families=TUNED`) and for judging (`UNSEEN` too)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fleetstats.forecast import Series
from fleetstats.forecast.engine.series import PERIODS_A_YEAR, Frequency

Array = NDArray[np.float64]


def _noise(rng: np.random.Generator, n: int, low: float = 0.04, high: float = 0.25) -> Array:
    return np.exp(rng.normal(0, rng.uniform(low, high), n))


def saturating(rng: np.random.Generator, n: int) -> Array:
    """Rises like a logistic curve to a level."""
    t = np.arange(n)
    return 1 / (1 + np.exp(-(t - rng.uniform(0.2, 1.0) * n) / (rng.uniform(0.08, 0.3) * n))) * _noise(rng, n)


def adoption(rng: np.random.Generator, n: int) -> Array:
    """Increments of a total that follows a logistic curve: up, then down."""
    x = (np.arange(n) - rng.uniform(0.4, 1.2) * n) / (rng.uniform(0.08, 0.3) * n)
    return 1 / np.cosh(x / 2) ** 2 * _noise(rng, n)


def growing(rng: np.random.Generator, n: int) -> Array:
    """A rate of growth that wanders."""
    rate = rng.uniform(-0.03, 0.15) + np.cumsum(rng.normal(0, 0.02, n))
    return np.exp(np.cumsum(rate)) * _noise(rng, n, 0.02, 0.12)


def wandering(rng: np.random.Generator, n: int) -> Array:
    """A random walk of the logarithm."""
    return np.exp(np.cumsum(rng.normal(rng.uniform(-0.02, 0.05), rng.uniform(0.05, 0.25), n)))


def steady(rng: np.random.Generator, n: int) -> Array:
    """Noise around a level, with a memory of one period."""
    e = np.zeros(n)
    for i in range(1, n):
        e[i] = 0.5 * e[i - 1] + rng.normal(0, 0.15)
    return np.exp(e)


def linear(rng: np.random.Generator, n: int) -> Array:
    """A straight line with noise."""
    return np.maximum(1 + rng.uniform(-0.02, 0.15) * np.arange(n), 0.1) * _noise(rng, n)


def seasonal(rng: np.random.Generator, n: int, season: int = 4) -> Array:
    """Growth with a pattern that repeats every year."""
    pattern = np.exp(rng.normal(0, rng.uniform(0.1, 0.4), season))
    return growing(rng, n) * np.resize(pattern, n)


def shifted(rng: np.random.Generator, n: int) -> Array:
    """A level that jumps once or twice, up or down."""
    y = wandering(rng, n) ** 0.5
    for _ in range(rng.integers(1, 3)):
        y[rng.integers(4, n) :] *= np.exp(rng.choice([-1, 1]) * rng.uniform(0.4, 1.4))
    return y


def rare(rng: np.random.Generator, n: int) -> Array:
    """Small counts with zeros, which grow a little."""
    return rng.poisson(rng.uniform(0.5, 6) * (1 + rng.uniform(0, 0.1) * np.arange(n))).astype(np.float64)


def outliers(rng: np.random.Generator, n: int) -> Array:
    """Growth with a few periods that went wrong."""
    y = growing(rng, n)
    return np.where(rng.random(n) < 0.08, y * np.exp(rng.normal(0, 0.8, n)), y)


def ramp(rng: np.random.Generator, n: int) -> Array:
    """Nothing, then a start, then a rise that slows."""
    start = int(rng.integers(1, max(2, n // 3)))
    t = np.maximum(np.arange(n) - start, 0)
    return t ** rng.uniform(0.4, 2.0) * _noise(rng, n)


def collapse_and_recovery(rng: np.random.Generator, n: int) -> Array:
    """A rise, a collapse, and a return that takes a while."""
    at, depth = int(rng.integers(6, n)), rng.uniform(0.2, 0.9)
    gone = np.where(np.arange(n) >= at, depth * np.exp(-(np.arange(n) - at) / rng.uniform(1, 6)), 0.0)
    return growing(rng, n) * (1 - gone)


def piecewise(rng: np.random.Generator, n: int) -> Array:
    """Rates of growth that change at once and then stay."""
    rates = np.repeat(rng.normal(0.04, 0.1, 6), n // 5 + 1)[:n]
    return np.exp(np.cumsum(rates)) * _noise(rng, n, 0.02, 0.15)


def overdispersed(rng: np.random.Generator, n: int) -> Array:
    """Counts that scatter more than Poisson's, around a curve."""
    mean = 40 * np.exp(rng.normal(0, 1)) * (0.3 + saturating(rng, n))
    return rng.negative_binomial(rng.uniform(3, 20), 0.5, n) * mean / 10


Shape = Callable[[np.random.Generator, int], Array]
TUNED: tuple[Shape, ...] = (
    saturating, adoption, growing, wandering, steady, linear, seasonal, shifted, rare, outliers,
)  # fmt: skip
UNSEEN: tuple[Shape, ...] = (ramp, collapse_and_recovery, piecewise, overdispersed)


LENGTHS: dict[Frequency, tuple[int, int]] = {"M": (24, 73), "Q": (14, 41), "Y": (10, 25)}
FIRST: dict[Frequency, str] = {"M": "2015-01", "Q": "2015Q1", "Y": "1990"}


def made_panel(
    count: int,
    seed: int,
    *,
    families: Sequence[Shape] = TUNED + UNSEEN,
    length: tuple[int, int] | None = None,
    frequency: Frequency = "Q",
) -> list[Series]:
    """`count` series in turn from each family, of `length` periods (from, to), of units to millions."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        family = families[number % len(families)]
        n = int(rng.integers(*(length or LENGTHS[frequency])))
        drawn = seasonal(rng, n, PERIODS_A_YEAR[frequency]) if family is seasonal else family(rng, n)
        values = drawn * (1 if family is rare else 10 ** rng.uniform(0, 6))
        gaps = rng.random(n) < (0.08 if rng.random() < 0.15 else 0.0)
        gaps[[0, -1]] = False
        values = np.where(gaps, np.nan, values)
        name = f"{family.__name__}-{number:04d}"
        made.append(Series(name, frequency, FIRST[frequency], values, np.zeros(n, dtype=np.bool_)))
    return made
