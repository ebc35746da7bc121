"""Frames as the mart `beijing_vs_california` gives them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from fleetstats.charts import Provenance
from fleetstats.core.words import Named

NAMES: dict[str, tuple[str, str | None]] = {
    "baidu": ("Baidu", "百度"),
    "pony_ai": ("Pony.ai", "小马智行"),
    "waymo": ("Waymo", None),
    "cruise": ("Cruise", None),
}
SCOPES = {
    "cadmv_testing_with_driver": ("California DMV testing with a driver", "加州DMV有人测试"),
    "cadmv_testing_driverless": ("California DMV driverless testing", "加州DMV无人测试"),
    "bjrt_general_test": ("Beijing general road test", "北京一般性（通用技术）道路测试"),
    "bjrt_all_categories": ("Beijing, all categories of road test", "北京全口径道路测试"),
}
WITH_DRIVER, DRIVERLESS = "cadmv_testing_with_driver", "cadmv_testing_driverless"
GENERAL, ALL = "bjrt_general_test", "bjrt_all_categories"

CALIFORNIA: dict[tuple[str, str], dict[int, int | str]] = {
    ("waymo", WITH_DRIVER): {2018: 2021320, 2019: 4361528, 2020: 5373546, 2021: 9116617, 2022: 13783955},
    ("cruise", WITH_DRIVER): {2018: 720376, 2019: 2057805, 2020: 3297079, 2021: 4707033, 2022: 6096076},
    ("cruise", DRIVERLESS): {2021: "10244.6", 2022: 889741},
    ("waymo", DRIVERLESS): {2022: 83105},
}
BEIJING: list[tuple[str, int, str, str | None, str | None, str | None, str | None, str]] = [
    # fleet, year, scope, km, km_low, km_high, km_high_bound, bound
    ("baidu", 2018, GENERAL, "139887.7", "139887.7", "139887.7", "exact", "exact"),
    ("baidu", 2019, GENERAL, "893900", "893900", "893900", "exact", "exact"),
    ("baidu", 2020, GENERAL, "2019230", "2019230", "2019230", "exact", "exact"),
    ("baidu", 2021, GENERAL, None, "2019230", "3717794", "approximate", "at_least"),
    ("baidu", 2022, ALL, None, "2019230", "21745794", "approximate", "at_least"),
    ("pony_ai", 2018, GENERAL, "10132.9", "10132.9", "10132.9", "exact", "exact"),
    ("pony_ai", 2019, GENERAL, "121300", "121300", "121300", "exact", "exact"),
    ("pony_ai", 2020, GENERAL, "163238", "163238", "163238", "derived", "derived"),
    ("pony_ai", 2021, GENERAL, None, "163238", None, None, "at_least"),
    ("pony_ai", 2022, ALL, None, "163238", None, None, "at_least"),
]


def _named(row: dict[str, object]) -> dict[str, object]:
    fleet, scope = NAMES[str(row["fleet"])], SCOPES[str(row["scope"])]
    return row | {"fleet_en": fleet[0], "fleet_zh": fleet[1], "scope_en": scope[0], "scope_zh": scope[1]}


def mart() -> pd.DataFrame:
    """A realistic frame: one row per fleet, scope, convention and year; distances are decimals, in km."""
    rows: list[dict[str, object]] = []
    for convention in ("exact", "report_1_6"):
        for (fleet, scope), years in CALIFORNIA.items():
            for year, printed in years.items():
                km = Decimal(str(printed))
                about = fleet == "waymo" and scope == WITH_DRIVER
                high = km + Decimal(25101) if about else km
                if convention == "report_1_6":
                    km, high = (value / Decimal("1.609344") * Decimal("1.6") for value in (km, high))
                bound = "approximate" if about else "exact"
                rows.append(
                    {
                        "fleet": fleet, "region": "california", "scope": scope, "convention": convention,
                        "year": year, "through": date(year, 11, 30), "km": km, "km_low": None if about else km,
                        "km_high": high, "km_high_bound": bound, "bound": bound,
                    }
                )  # fmt: skip
        rows.extend(
            {
                "fleet": fleet, "region": "beijing", "scope": scope, "convention": convention,
                "year": year, "through": date(year, 12, 31), "km": None if km is None else Decimal(km),
                "km_low": None if low is None else Decimal(low), "km_high": None if high is None else Decimal(high),
                "km_high_bound": high_bound, "bound": bound,
            }
            for fleet, year, scope, km, low, high, high_bound, bound in BEIJING
        )  # fmt: skip
    return pd.DataFrame([_named(row) for row in rows]).astype({"km": object})


@pytest.fixture
def frame() -> pd.DataFrame:
    """The realistic frame, new for each test."""
    return mart()


@pytest.fixture
def provenance() -> Provenance:
    """Where the sample's numbers are from."""
    return Provenance(
        publication_id="2026-07-01-5f3a9c1e",
        vintage=date(2023, 9, 30),
        sources=(
            Named(
                {
                    "en": "California DMV, autonomous mileage reports",
                    "zh": "加州车辆管理局（DMV）自动驾驶里程报告",
                }
            ),
            Named(
                {
                    "en": "Beijing Innovation Center for Mobility Intelligent, annual road-test reports, as quoted in "
                    "the press",
                    "zh": "北京智能车联产业创新中心路测年度报告（据媒体转引）",
                }
            ),
        ),
    )
