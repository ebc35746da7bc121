"""How wide a forecast has to be: learnt from what the same model got wrong before, on rolling origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetstats.forecast.engine.history import Array


@dataclass(frozen=True)
class Calibration:
    """The constants of the calibration. They were tuned on made panels, not on what is published."""

    growth: float = 0.5  # spread grows with the lead as lead ** growth, before any error is known
    prior: float = 4.0  # the first guess of the spread counts as this many errors
    lead_prior: float = 8.0  # one curve for all leads counts as this many errors of each lead
    memory: float = 0.95  # an error one origin older counts this much less
    cap: float = 4.0  # an error beyond this many first guesses counts as this many
    freedom: float = 5.0  # degrees of freedom of the tails with no error known
    width: float = 0.9  # factor on every spread


CALIBRATION = Calibration()


@dataclass(frozen=True, eq=False)
class Spread:
    """`scale`: shape (h,), on the scale of the series; `freedom`: of Student's t; `errors`: how many known."""

    scale: Array
    freedom: float
    errors: int


def reference(z: Array) -> float:
    """The first guess of the spread one period ahead: the usual change from period to period of `z`, on the scale.

    `z` is without the seasonal pattern where the model takes it out. Half a change of a quarter is added as prior
    knowledge; it is all there is for a series of one point.
    """
    changes = np.diff(z)
    return float(np.sqrt((0.5 * 0.25**2 + np.sum(changes**2)) / (0.5 + changes.size)))


def spread(errors: Array, first_guess: float, horizon: int, tuning: Calibration = CALIBRATION) -> Spread:
    """The spread at each lead from known errors, shape (origins, h), oldest first, NaN where unknown.

    Errors of all leads, divided by lead ** growth, give one scale, shrunk to the first guess; each lead's own
    errors move it from there, again with shrinkage. It never narrows with the lead.
    """
    shape = np.arange(1, horizon + 1) ** tuning.growth
    if errors.shape[0] == 0:
        return Spread(np.asarray(tuning.width * first_guess * shape), tuning.freedom, 0)
    known = ~np.isnan(errors)
    age = np.arange(errors.shape[0])[::-1, None]
    weight = np.where(known, tuning.memory**age, 0.0)
    reduced = np.where(known, errors, 0.0) / shape
    reduced = np.clip(reduced, -tuning.cap * first_guess, tuning.cap * first_guess)
    # Errors of one origin at several leads are nearly one error: together they count as one and a half
    at_origin = weight.sum(axis=1, keepdims=True)
    share = np.minimum(1.0, 1.5 / np.maximum(at_origin, 1e-12))
    one = (tuning.prior * first_guess**2 + np.sum(weight * share * reduced**2)) / (
        tuning.prior + np.sum(weight * share)
    )
    own = (tuning.lead_prior * one + np.sum(weight * reduced**2, axis=0)) / (
        tuning.lead_prior + np.sum(weight, axis=0)
    )
    scale = np.maximum.accumulate(np.sqrt(own) * shape)
    count = float(np.sum(weight * share))
    return Spread(tuning.width * scale, tuning.freedom + count / 2, int(known.sum()))
