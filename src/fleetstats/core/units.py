"""Distances: what a publisher prints, as exact decimals, and the one way from miles to kilometres."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

KM_PER_MI = Decimal("1.609344")
"""The international mile, exactly (1959 agreement; NIST SP 811, appendix B.9)."""

KM_PER_MI_REPORT = Decimal("1.6")
"""The rounded mile of the 2024 report: the convention `report_1_6`, used only to reproduce it."""

MI_SCALE = 9
"""Decimal places kept of a distance as published; miles are DECIMAL(18,9)."""
KM_SCALE = 15
"""Nine places of miles times six of the factor: kilometres are DECIMAL(28,15) and never rounded."""

_MI_LIMIT = Decimal(10) ** (18 - MI_SCALE)
_PLAIN = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_EXPONENT = re.compile(r"\d+(\.\d*)?[eE][+-]?\d{1,2}", re.ASCII)


def parse_distance(text: str) -> Decimal:
    """The distance printed in one cell, as a decimal with at most nine places.

    Reads `1632.7`, `1,632.7`, `830 .04` (a blank inside the number), `1.09E-06`. Nothing else: a sign, a
    unit, or commas that do not group thousands raise `ValueError`, since guessing would change a figure.
    More than nine decimal places are rounded half to even.
    """
    compact = "".join(text.split())
    if _GROUPED.fullmatch(compact):
        compact = compact.replace(",", "")
    elif not (_PLAIN.fullmatch(compact) or _EXPONENT.fullmatch(compact)):
        raise ValueError("not a distance such as 1632.7 or 1,632.7")
    value = min(Decimal(compact), _MI_LIMIT).quantize(Decimal(1).scaleb(-MI_SCALE), rounding=ROUND_HALF_EVEN)
    if value >= _MI_LIMIT:
        raise ValueError(f"a distance of {_MI_LIMIT:,} or more")
    return value


def parse_count(text: str) -> int:
    """The whole number printed in one cell (`1,042` or `1042`); `ValueError` for anything else."""
    compact = "".join(text.split())
    if _GROUPED.fullmatch(compact) and "." not in compact:
        compact = compact.replace(",", "")
    if not (compact.isascii() and compact.isdigit()) or len(compact) > 9:
        raise ValueError("not a whole number such as 1042")
    return int(compact)


def mi_to_km(distance_mi: Decimal, km_per_mi: Decimal = KM_PER_MI) -> Decimal:
    """Kilometres of a distance in miles: exact, since both factors are decimals."""
    return distance_mi * km_per_mi
