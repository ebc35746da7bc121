"""Growth curves: increments that rise to a peak and fall, as a logistic or Gompertz total makes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fleetstats.forecast.engine.history import Array, CannotForecast, History

_LEAST = 5
_WIDTHS = np.geomspace(0.06, 2.0, 14)
"""Time constants tried, in lengths of the history."""
_MIDDLES = np.linspace(-0.5, 2.0, 26)
"""Points of fastest growth tried, in lengths of the history from its beginning."""
_ANCHOR = 0.8
"""How much of the last distance from the curve is taken into the future."""
_MEMORY = 0.85
_BEFORE_BREAK = 0.3
_JUMP = 4.0
"""A change this many times as large as usual is a break."""


def logistic(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The total follows K / (1 + exp(-(t - m) / w)); Verhulst (1838)."""
    values = _usable(history)
    return _forecast(history, horizon, values, np.ones(values.size), ("logistic",))


def gompertz(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The total follows K exp(-exp(-(t - m) / w)); Gompertz (1825). It slows more gently than it began."""
    values = _usable(history)
    return _forecast(history, horizon, values, np.ones(values.size), ("gompertz",))


def level_shift(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The better of both curves, with a memory that fades, and that knows breaks.

    A break is a change on the scale that differs from the usual change by four times the usual distance
    (median absolute deviation, over 0.6745 for what a standard deviation would be). History before the last
    break is moved to the level after it and counts 0.3 of what it would.
    """
    values = _usable(history)
    weight = _MEMORY ** np.arange(values.size)[::-1].astype(np.float64)
    at = last_break(history.adjusted)
    said: dict[str, Any] = {"break_before_value": at}
    if at is not None:
        z = history.adjusted
        step = float(np.median(z[at : at + 3]) - np.median(z[max(0, at - 2) : at]))
        moved = z.copy()
        moved[:at] += step
        values = history.scale.backward(moved)
        weight[:at] *= _BEFORE_BREAK
    path, parameters = _forecast(history, horizon, values, weight, ("logistic", "gompertz"))
    return path, {**parameters, **said}


def last_break(z: Array) -> int | None:
    """The position of the first value after the last break, or None. `z`: shape (n,), on the scale."""
    if z.size < 6:
        return None
    changes = np.diff(z)
    distance = np.abs(changes - np.median(changes))
    usual = max(float(np.median(distance)) / 0.6745, 0.03)
    found = np.flatnonzero(distance > _JUMP * usual)
    return int(found[-1]) + 1 if found.size else None


def _usable(history: History) -> Array:
    if history.scale.linear:
        raise CannotForecast("a growth curve needs values that are not negative")
    if history.size < _LEAST:
        raise CannotForecast(f"a growth curve needs {_LEAST} values, there are {history.size}")
    if not history.increments.any():
        raise CannotForecast("a growth curve needs a value above zero")
    return history.scale.backward(history.adjusted)


def _shape(form: str, x: Array) -> Array:
    """The curve's increment per time constant at x = (t - m) / w, for a total of 1."""
    x = np.clip(x, -30.0, 30.0)
    if form == "logistic":
        return np.asarray(0.25 / np.cosh(x / 2) ** 2)
    return np.asarray(np.exp(-x - np.exp(-x)))


def _forecast(
    history: History, horizon: int, values: Array, weight: Array, forms: tuple[str, ...]
) -> tuple[Array, dict[str, Any]]:
    """The best curve of a grid, by weighted squares; its height is the one that fits best.

    Squares are divided by the size of the value, as Pearson's chi square is: large values err by more. The
    grid bounds both parameters, and is searched whole: no starting point, no failure to converge. Widths,
    middles: in lengths of the history.
    """
    n = values.size
    time = np.arange(n, dtype=np.float64)
    smooth = np.convolve(np.pad(values, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")
    per_value = weight / (smooth + 0.1 * values.mean())
    width = (_WIDTHS * n)[:, None, None]
    middle = (_MIDDLES * n)[None, :, None]
    best: tuple[float, str, float, float, float] | None = None
    for form in forms:
        curve = _shape(form, (time - middle) / width)
        crossed = np.sum(per_value * curve * values, axis=2)
        squared = np.sum(per_value * curve**2, axis=2)
        # A curve that is nowhere near the history would need a height without bound
        height = np.where(squared > 1e-6 * per_value.sum(), crossed / np.maximum(squared, 1e-300), 0.0)
        misfit = np.sum(per_value * (values - height[:, :, None] * curve) ** 2, axis=2)
        i, j = np.unravel_index(int(np.argmin(misfit)), misfit.shape)
        if best is None or misfit[i, j] < best[0]:
            best = (
                float(misfit[i, j]),
                form,
                float(width[i, 0, 0]),
                float(middle[0, j, 0]),
                float(height[i, j]),
            )
    if best is None or best[4] <= 0:
        raise CannotForecast("no growth curve comes near the values")
    _, form, w, m, k = best
    fitted = k * _shape(form, (time - m) / w)
    ahead = k * _shape(form, np.asarray((np.arange(n, n + horizon) - m) / w, dtype=np.float64))
    off = history.scale.forward(values) - history.scale.forward(fitted)
    last = float(0.65 * off[-1] + 0.35 * off[-2])
    path = history.scale.forward(ahead) + _ANCHOR * last
    said = {"form": form, "width": w, "middle": m, "limit": k * w}
    return history.restore(path), said
