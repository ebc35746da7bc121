"""What one would write in an afternoon: the DMV's files into SQL with pandas, Great Expectations and to_sql.

    python benchmarks/straightforward.py ORIGINALS DATABASE

ORIGINALS is the folder that holds the publishers' files (`dmv/2019` to `dmv/2023` below it), DATABASE the
SQLite file to write. It prints what it found in each file, so that a reader can compare. It is what
`benchmarks/run.py` measures fleetstats against, so it is meant to be quick and to be right, not to be thorough:
floats, one database that is replaced, no history, no digests, no amendments.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from sqlalchemy import create_engine

DATA = Path(__file__).resolve().parent.parent / "data"
KM_PER_MI = 1.609344
FILER = ["file", "operator", "permit", "scope"]
FLEET_MONTH = ["operator", "scope", "month"]
EVENT_COLUMNS = [
    "manufacturer",
    "permit",
    "date",
    "vin",
    "capable",
    "driver_present",
    "initiated_by",
    "location",
    "description",
]
DATE_FORMATS = [
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%m/%d/%y",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y/%m/%d",
    "%m.%d.%Y",
    "%d/%b/%y",
    "%B %d %Y",
    "%b %d %Y",
]
# Records that print another firm's permit
PERMIT_FIXES = {("aimotiveinc", "AVT003"): "AVT036", ("apollo", "AVT017"): "AVT015"}


def read_csv(path: Path) -> pd.DataFrame:
    """Every cell as text, rows of empty cells left out."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except UnicodeDecodeError:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="cp1252")
    return frame[frame.ne("").any(axis=1)]


def with_filer(frame: pd.DataFrame, path: Path, operators: dict[str, str]) -> pd.DataFrame:
    """Add file, report year, permit, scope and operator; the permit decides."""
    name = frame["manufacturer"].str.lower().str.replace(r"[^a-z0-9]", "", regex=True)
    permit = frame["permit"].str.strip()
    for (wrong_name, wrong_permit), right in PERMIT_FIXES.items():
        permit = permit.mask((name == wrong_name) & (permit == wrong_permit), right)
    frame["file"] = path.name
    frame["report_year"] = int(path.parent.name)
    frame["permit"] = permit
    frame["operator"] = permit.map(operators)
    frame["scope"] = permit.str.startswith("AVDT").map({True: "driverless", False: "with_driver"})
    frame["vin"] = frame["vin"].str.strip().str.upper()
    return frame


def numbers(cells: pd.Series) -> pd.Series:
    """`1,632.7`, `830 .04`, `1.09E-06`; empty is missing."""
    return pd.to_numeric(cells.str.replace(r"[,\s]", "", regex=True))


def dates(cells: pd.Series) -> pd.Series:
    """All forms of the filers, month first, the time of day left out."""
    text = cells.str.replace("//", "/").str.replace(r"^(\d+/\d+)\.(\d{4})$", r"\1/\2", regex=True)
    text = text.str.replace(r"\s*/?\s*\d{1,2}:\d{2}:\d{2}\s*$", "", regex=True)
    text = text.str.replace(",", " ").str.split().str.join(" ").str.rstrip(".")
    found = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[ns]")
    for form in DATE_FORMATS:
        missing = found.isna()
        if not missing.any():
            break
        found[missing] = pd.to_datetime(text[missing], format=form, errors="coerce")
    return found


def month_of(header: str) -> pd.Timestamp | None:
    """`DEC 2022`, `JULY 2023`, `18-Dec`; None for a column that is not a month."""
    match = re.fullmatch(r"([A-Za-z]{3})[A-Za-z]? (\d{4})|(\d\d)-([A-Za-z]{3})", header.strip())
    if match is None:
        return None
    name, year, short_year, short_name = match.groups()
    return pd.to_datetime(f"{name or short_name} {year or '20' + short_year}", format="%b %Y")


def read_mileage(path: Path, operators: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per vehicle, and one row per vehicle and month."""
    frame = read_csv(path)
    months = {column: month for column in frame.columns if (month := month_of(column)) is not None}
    plain = {column: re.sub(r"\s", "", column).lower() for column in frame.columns}
    frame = frame.rename(columns={**plain, **months}).rename(
        columns={
            "permitnumber": "permit",
            "vinnumber": "vin",
            "annualtotalofdisengagements": "disengagements",
        }
    )
    frame = with_filer(frame, path, operators)
    frame["record"] = frame.index + 2
    frame["disengagements"] = numbers(frame["disengagements"]).astype("int64")
    columns = list(months.values())
    frame[columns] = frame[columns].apply(numbers).fillna(0.0)
    frame["months_mi"] = frame[columns].sum(axis=1)
    frame["annual_mi"] = numbers(frame["annualtotal"]).fillna(frame["months_mi"])
    vehicle = frame[[*FILER, "report_year", "record", "vin", "annual_mi", "months_mi", "disengagements"]]
    vehicle_month = frame.melt(
        id_vars=[*FILER, "record", "vin"], value_vars=columns, var_name="month", value_name="distance_mi"
    )
    vehicle_month["month"] = pd.to_datetime(vehicle_month["month"])
    vehicle_month["distance_km"] = vehicle_month["distance_mi"] * KM_PER_MI
    return vehicle, vehicle_month


def read_events(path: Path, operators: dict[str, str], categories: dict[str, dict[str, str]]) -> pd.DataFrame:
    """One row per disengagement."""
    frame = read_csv(path).iloc[:, : len(EVENT_COLUMNS)].set_axis(EVENT_COLUMNS, axis=1)
    frame = frame[frame.drop(columns=["manufacturer", "permit"]).ne("").any(axis=1)].copy()
    frame = with_filer(frame, path, operators)
    frame["record"] = frame.index + 2
    frame["date"] = dates(frame["date"])
    frame["month"] = frame["date"].dt.to_period("M").dt.to_timestamp()
    for column, known in categories.items():
        frame[f"{column}_printed"] = frame[column]
        frame[column] = frame[column].str.strip().str.lower().map(known).fillna("other")
    for column in ("capable", "driver_present"):
        frame[column] = frame[column].str.strip().str.lower().str[:1].map({"y": "yes", "n": "no"})
    return frame.drop(columns="manufacturer")


def read_all(originals: Path) -> dict[str, pd.DataFrame]:
    """The tables of vehicles, vehicle-months and events, from all files."""
    names = pd.read_csv(DATA / "operator_names.csv", dtype=str, keep_default_na=False)
    permits = names[names["kind"] == "permit"]
    operators = dict(zip(permits["value"], permits["operator"], strict=True))
    reviewed = pd.read_csv(DATA / "raw/cadmv_disengagement/categories.csv", dtype=str, keep_default_na=False)
    categories = {
        str(column): dict(zip(group["printed"].str.lower(), group["category"], strict=True))
        for column, group in reviewed.groupby("column")
    }
    vehicles, months, events = [], [], []
    for path in sorted(originals.glob("dmv/20[0-9][0-9]/*.csv")):
        if "Mileage" in path.name:
            vehicle, vehicle_month = read_mileage(path, operators)
            vehicles.append(vehicle)
            months.append(vehicle_month)
            print(
                f"{path.name}: {len(vehicle):,} vehicles, {vehicle['annual_mi'].sum():,.2f} mi a year, "
                f"{vehicle['months_mi'].sum():,.2f} mi in months, {vehicle['disengagements'].sum():,} disengagements"
            )
        else:
            event = read_events(path, operators, categories)
            events.append(event)
            print(f"{path.name}: {len(event):,} events, {event['date'].min():%F} to {event['date'].max():%F}")
    return {
        "vehicle": pd.concat(vehicles, ignore_index=True),
        "vehicle_month": pd.concat(months, ignore_index=True),
        "event": pd.concat(events, ignore_index=True),
    }


def summarise(tables: dict[str, pd.DataFrame]) -> None:
    """Add the sums per month, quarter and report year, the running totals and the counts of events."""
    driven = tables["vehicle_month"]
    monthly = driven.groupby(FLEET_MONTH, as_index=False)[["distance_mi", "distance_km"]].sum()
    vehicles = driven[driven["distance_mi"] > 0].groupby(FLEET_MONTH)["vin"].nunique().rename("vehicles")
    monthly = monthly.join(vehicles, on=FLEET_MONTH).fillna({"vehicles": 0}).astype({"vehicles": "int64"})
    tables["mileage_monthly"] = monthly
    quarterly = monthly.assign(quarter=monthly["month"].dt.to_period("Q").astype(str))
    tables["mileage_quarterly"] = quarterly.groupby(["operator", "scope", "quarter"], as_index=False).agg(
        months=("month", "count"), distance_km=("distance_km", "sum")
    )
    running = monthly.groupby(["operator", "scope"])
    tables["mileage_cumulative"] = monthly[FLEET_MONTH].assign(
        distance_km_cumulative=running["distance_km"].cumsum(), since=running["month"].transform("min")
    )
    annual = tables["vehicle"].groupby([*FILER, "report_year"], as_index=False)
    annual = annual.agg(annual_mi=("annual_mi", "sum"), disengagements=("disengagements", "sum"))
    tables["mileage_report_year"] = annual.assign(distance_km=annual["annual_mi"] * KM_PER_MI)
    events = tables["event"].groupby([*FLEET_MONTH, "initiated_by", "location"])
    tables["disengagement_monthly"] = events.size().rename("events").reset_index()


def expectations(name: str, table: pd.DataFrame) -> list[Any]:
    """A handful for each table: rows, columns, not null, limits, known values."""
    floors = {"vehicle": 7_000, "vehicle_month": 80_000, "event": 25_000}
    found: list[Any] = [
        gxe.ExpectTableRowCountToBeBetween(min_value=floors.get(name, 100)),
        gxe.ExpectTableColumnsToMatchSet(column_set=list(table.columns), exact_match=True),
        gxe.ExpectColumnValuesToNotBeNull(column="operator"),
        gxe.ExpectColumnValuesToBeInSet(column="scope", value_set=["with_driver", "driverless"]),
    ]
    found += [
        gxe.ExpectColumnValuesToBeBetween(column=column, min_value=0)
        for column in ("distance_km", "distance_km_cumulative", "annual_mi", "disengagements", "events")
        if column in table
    ]
    if "month" in table:
        found.append(gxe.ExpectColumnValuesToNotBeNull(column="month"))
    if "initiated_by" in table:
        parties = ["av_system", "test_driver", "remote_operator", "passenger", "other"]
        found.append(gxe.ExpectColumnValuesToBeInSet(column="initiated_by", value_set=parties))
    if "record" in table and "month" not in table:
        found.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=["file", "record"]))
    return found


def validate(tables: dict[str, pd.DataFrame]) -> None:
    """Stop with the names of the expectations that are not met."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    whole = context.data_sources.add_pandas("frames").add_dataframe_asset("table")
    whole_batch = whole.add_batch_definition_whole_dataframe("whole")
    count = 0
    for name, table in tables.items():
        suite = gx.ExpectationSuite(name=name, expectations=expectations(name, table))
        outcome = whole_batch.get_batch({"dataframe": table}).validate(suite)
        count += len(outcome.results)
        if not outcome.success:
            failed = [r.expectation_config.type for r in outcome.results if not r.success]
            sys.exit(f"{name}: {', '.join(failed)}")
    print(f"{count} expectations on {len(tables)} tables are met")


def publish(tables: dict[str, pd.DataFrame], database: Path) -> None:
    """Write all tables into a new file and put it in place of the old one."""
    partial = database.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{partial}")
    with engine.begin() as connection:
        for name, table in tables.items():
            table.to_sql(name, connection, index=False)
    engine.dispose()
    partial.replace(database)


def main() -> None:
    originals, database = map(Path, sys.argv[1:3])
    tables = read_all(originals)
    summarise(tables)
    validate(tables)
    publish(tables, database)
    print(f"{database}: {sum(map(len, tables.values())):,} rows in {len(tables)} tables")


if __name__ == "__main__":
    main()
