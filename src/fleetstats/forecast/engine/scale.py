"""The scale on which errors of one size mean the same: relative for large values, absolute near zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SOFTNESS = 0.5
"""Where the scale turns from absolute to relative, as a share of the series' mean. Tuned on made panels."""

_CEILING = 30.0
"""Largest value on the scale; `sinh` of it is 5e12 times the series' own mean."""


@dataclass(frozen=True)
class Scale:
    """z = asinh(y / unit), as in N. L. Johnson, Biometrika 36 (1949): about log(2 y / unit) for large y.

    Zeros need no exception, and a symmetric error on this scale is skewed to the right on the series' own.
    A series with negative values is left linear: z = y / unit.
    """

    unit: float
    linear: bool

    @classmethod
    def of(cls, values: Array) -> Scale:
        """The scale for values of one series, shape (n,), without NaN."""
        size = float(np.mean(np.abs(values)))
        unit = SOFTNESS * size if size > 0 else 1.0
        return cls(unit=unit, linear=bool((values < 0).any()))

    def forward(self, values: Array) -> Array:
        """From the unit of the series to the scale; any shape."""
        shrunk = values / self.unit
        return shrunk if self.linear else np.arcsinh(shrunk)

    def backward(self, scaled: Array) -> Array:
        """From the scale to the unit of the series; what would be below zero is zero. Any shape."""
        if self.linear:
            return np.asarray(scaled * self.unit)
        return np.asarray(np.sinh(np.clip(scaled, 0.0, _CEILING)) * self.unit)
