"""Frames as the queries of the charts give them: small, and with every case that a chart has to show."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from tests.unit.charts.conftest import DRIVERLESS, NAMES, SCOPES, WITH_DRIVER, mart

OPERATORS: dict[str, tuple[str, str | None]] = {
    **NAMES,
    "zoox": ("Zoox", None),
    "apple": ("Apple", "苹果"),
    "nuro": ("Nuro", None),
    "weride": ("WeRide", "文远知行"),
    "mercedes_benz": ("Mercedes-Benz", "梅赛德斯-奔驰"),
    "tesla": ("Tesla", "特斯拉"),
    "byd": ("BYD", "比亚迪"),
    "nvidia": ("NVIDIA", "英伟达"),
    "horizon_robotics": ("Horizon Robotics", "地平线"),
    "ti_mobileye_huawei": ("TI + Mobileye + Huawei", "德州仪器、Mobileye 与华为"),
    "nvidia_horizon_robotics": ("NVIDIA + Horizon", "英伟达与地平线"),
    "all": ("all", "全部"),
}
SCOPE_NAMES = {
    **SCOPES,
    "cpuc_driverless": ("California CPUC driverless programmes", "加州CPUC无人服务"),
    "cpuc_unspecified": ("California CPUC, programme not named", "加州CPUC（未注明项目）"),
    "public_rides": ("Rides to the public", "面向公众的出行服务"),
}
SOURCES = {
    "bjrt_mileage": ("Beijing road-test mileage", "北京市自动驾驶车辆道路测试里程"),
    "cadmv_mileage": ("California DMV autonomous mileage reports", "加州DMV自动驾驶里程报告"),
    "robotaxi_orders": ("Robotaxi orders, rides and mileage", "Robotaxi订单与里程"),
}
FLEETS = ("waymo", "cruise", "zoox", "pony_ai", "apple", "nuro", "weride", "mercedes_benz")


def named(row: dict[str, Any], column: str, names: dict[str, Any]) -> dict[str, Any]:
    english, chinese = names.get(row[column], (str(row[column]), None))
    return row | {f"{column}_en": english, f"{column}_zh": chinese}


def _operator(row: dict[str, Any]) -> dict[str, Any]:
    return named(named(row, "operator", OPERATORS), "scope", SCOPE_NAMES)


def quarters(first: int, last: int) -> list[date]:
    return [date(y, m, 1) for y in range(first, last + 1) for m in (1, 4, 7, 10)]


def mileage_quarterly() -> pd.DataFrame:
    rows = []
    starts = quarters(2021, 2023)
    for i, start in enumerate(starts):
        for n, operator in enumerate(FLEETS):
            for scope in (WITH_DRIVER, DRIVERLESS):
                if scope == DRIVERLESS and (n > 2 or i < 4):
                    continue
                km = Decimal(1000 * (i + 2) * (40 - 5 * n)) + Decimal("0.5")
                months = 2 if start == starts[-1] else 3
                rows.append({
                    "operator": operator, "scope": scope, "quarter": f"{start.year}Q{(start.month + 2) // 3}",
                    "quarter_start": start, "months": months, "distance_km": km,
                    "bound": "exact" if months == 3 else "at_least",
                })  # fmt: skip
    return pd.DataFrame([_operator(r) for r in rows])


def mileage_cumulative() -> pd.DataFrame:
    rows = []
    for n, operator in enumerate(FLEETS):
        for scope in (WITH_DRIVER, DRIVERLESS):
            if scope == DRIVERLESS and n > 2:
                continue
            total = Decimal(0)
            for i, start in enumerate(quarters(2021, 2022)):
                for k in range(3):
                    total += Decimal(1000 * (i + 2) * (40 - 5 * n))
                    rows.append({
                        "operator": operator, "scope": scope, "month": date(start.year, start.month + k, 1),
                        "distance_km_cumulative": total, "since": date(2021, 1, 1), "months_missing": int(n == 3),
                        "bound": "at_least" if n == 3 else "exact",
                    })  # fmt: skip
    return pd.DataFrame([_operator(r) for r in rows])


def disengagement_rate() -> pd.DataFrame:
    rows = []
    for year in (2022, 2023):
        for n, operator in enumerate(FLEETS):
            for scope in (WITH_DRIVER, DRIVERLESS):
                if scope == DRIVERLESS and n > 1:
                    continue
                events = 0 if scope == DRIVERLESS else (n * 7) % 5 * 20
                km = 1_000_000.0 / (n + 1)
                rows.append({
                    "operator": operator, "scope": scope, "report_year": year, "period_start": date(year - 1, 12, 1),
                    "period_end": date(year, 11, 30), "disengagements": events, "distance_km": Decimal(str(km)),
                    "km_per_disengagement": km / events if events else None,
                    "km_per_disengagement_low": km / (events * 1.3) if events else km / 3.7,
                    "km_per_disengagement_high": km / (events * 0.7) if events else None, "bound": "exact",
                })  # fmt: skip
    return pd.DataFrame([_operator(r) for r in rows])


def orders() -> pd.DataFrame:
    none: dict[str, Any] = dict.fromkeys(("low_50", "high_50", "low_95", "high_95", "probability"))
    rows: list[dict[str, Any]] = []
    total = 1_400_000.0
    for i, start in enumerate(quarters(2023, 2024)):
        value = 600_000.0 + 350_000 * i
        bound, confidence = ("at_least", "high") if i == 6 else ("exact", "unsourced" if i == 2 else "high")
        rows.append(
            none
            | {
                "kind": "quarter",
                "day": start,
                "ends": start,
                "orders": value,
                "bound": bound,
                "confidence": confidence,
            }
        )
        total += value
        end = date(start.year, start.month + 2, 28)
        rows.append(
            none
            | {
                "kind": "derived",
                "day": end,
                "ends": end,
                "orders": total,
                "bound": "derived",
                "confidence": "high",
            }
        )
    for day, value, bound in (
        (date(2023, 6, 30), 2_000_000.0, "exact"),
        (date(2024, 8, 1), 11_000_000.0, "at_least"),
    ):
        rows.append(
            none
            | {
                "kind": "published",
                "day": day,
                "ends": day,
                "orders": value,
                "bound": bound,
                "confidence": "high",
            }
        )
    origin = date(2024, 12, 31)
    for h, day in enumerate((date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30)), 1):
        for kind, middle in (("increment", 3_200_000.0), ("cumulative", total + 3_200_000.0 * h)):
            wide = 500_000.0 * h
            rows.append({
                "kind": kind, "day": day, "ends": origin, "orders": middle, "bound": "between",
                "confidence": "combination", "low_50": middle - wide, "high_50": middle + wide,
                "low_95": middle - 2 * wide, "high_95": middle + 3 * wide, "probability": None,
            })  # fmt: skip
    return pd.DataFrame(rows)


def robotaxi_trips() -> pd.DataFrame:
    rows = []
    for i in range(18):
        month = date(2022 + (i + 6) // 12, (i + 6) % 12 + 1, 1)
        scope = "cpuc_unspecified" if i < 11 else "cpuc_driverless"
        rows.append({"cadence": "month", "operator": "waymo", "scope": scope, "period_start": month,
                     "orders": 3000 + 2500 * i, "bound": "exact", "confidence": "high"})  # fmt: skip
        if i < 12:
            rows.append({"cadence": "month", "operator": "cruise", "scope": "cpuc_unspecified", "period_start": month,
                         "orders": 900 * i, "bound": "exact", "confidence": "high"})  # fmt: skip
    for i, start in enumerate(quarters(2022, 2023)):
        rows.append({"cadence": "quarter", "operator": "baidu", "scope": "public_rides", "period_start": start,
                     "orders": 200_000 + 90_000 * i, "bound": "at_least" if i == 5 else "exact",
                     "confidence": "unsourced" if i == 6 else "high"})  # fmt: skip
    return pd.DataFrame([_operator(r) for r in rows])


def bev_quarterly() -> pd.DataFrame:
    rows = []
    for i, start in enumerate(quarters(2022, 2023)):
        for company, value in (("tesla", 300_000 + 20_000 * i), ("byd", 150_000 + 45_000 * i)):
            rows.append({
                "company": company, "measure": "total_deliveries" if company == "tesla" else "bev_passenger_sales",
                "segment": "all", "period": f"{start.year}Q{(start.month + 2) // 3}", "quarter_start": start,
                "value": Decimal(value), "unit": "vehicles", "status": "final", "bound": "exact",
                "confidence": "derived" if (company, i) == ("byd", 5) else "high",
            })  # fmt: skip
    return pd.DataFrame([named(r, "company", OPERATORS) for r in rows])


def noa_chips() -> pd.DataFrame:
    rows = [
        {"vendor": vendor, "measure": "noa_chip_share", "segment": segment, "period": "2023H1",
         "period_end": date(2023, 6, 30), "value": Decimal(value), "unit": "percent", "bound": bound,
         "confidence": "high"}
        for vendor, segment, value, bound in (
            ("nvidia", "前装NOA (excl. Tesla FSD)", "52.57", "exact"),
            ("horizon_robotics", "前装NOA (excl. Tesla FSD)", "30.71", "exact"),
            ("ti_mobileye_huawei", "前装NOA (excl. Tesla FSD)", "16.72", "derived"),
            ("nvidia_horizon_robotics", "前装NOA", "80", "at_least"),
        )
    ]  # fmt: skip
    return pd.DataFrame([named(r, "vendor", OPERATORS) for r in rows])


def forecast_scorecard() -> pd.DataFrame:
    rows = []
    for i, year in enumerate((2023, 2024, 2025)):
        for n, model in enumerate(("combination", "ets", "theta", "seasonal_naive")):
            rows.append({
                "basis": "backtest", "model": model, "origin_year": year, "ends": date(year, 1, 1), "forecasts": 40,
                "relative_crps": 1.0 if model == "seasonal_naive" else 0.6 + 0.1 * n + 0.05 * i,
                "coverage_50": 0.45 + 0.04 * i, "coverage_80": 0.74 + 0.03 * i, "coverage_95": 0.9 + 0.02 * i,
            })  # fmt: skip
    return pd.DataFrame(rows)


def claims() -> pd.DataFrame:
    verdicts = (
        "supported",
        "contradicted",
        "held",
        "missed",
        "open",
        "plausible_not_provable",
        "not_checkable",
    )
    return pd.DataFrame([
        {
            "claim": f"{n:02}-claim", "claim_number": n, "verdict": verdict,
            "statement_en": "Baidu drove more in Beijing than Waymo in California.",
            "statement_zh": "百度在北京的路测里程超过Waymo在加州的里程。",
            "sentence_en": "By the end of 2022 Baidu had driven at least 2,019,230 km and at most about 21,745,794 km; "
            "Waymo had driven about 13,783,955 km.",
            "sentence_zh": "到2022年底，百度至少2,019,230公里、至多约21,745,794公里；Waymo约13,783,955公里。",
        }
        for n, verdict in enumerate(verdicts, 1)
    ])  # fmt: skip


def coverage() -> pd.DataFrame:
    rows = []
    statuses = ("held", "held", "missing", "not_found", "partial", "filed_empty")
    for s, source in enumerate(SOURCES):
        for n, operator in enumerate(("all", *FLEETS)):
            rows += [
                {
                    "source": source, "operator": operator, "scope": WITH_DRIVER, "measure": "mileage",
                    "period": str(year), "period_start": date(year, 1, 1), "period_end": date(year, 12, 31),
                    "status": statuses[(n + year + s) % len(statuses)], "document": None,
                }
                for year in (2021, 2022, 2023)
            ]  # fmt: skip
    return pd.DataFrame([named(_operator(r), "source", SOURCES) for r in rows])


FRAMES = {
    "beijing-vs-california": mart,
    "mileage-cumulative": mileage_cumulative,
    "mileage-quarterly": mileage_quarterly,
    "disengagement-rate": disengagement_rate,
    "orders": orders,
    "robotaxi-trips": robotaxi_trips,
    "bev-quarterly": bev_quarterly,
    "noa-chips": noa_chips,
    "forecast-scorecard": forecast_scorecard,
    "claims": claims,
    "coverage": coverage,
}
