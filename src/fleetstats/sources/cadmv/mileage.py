"""California DMV mileage reports: one record per vehicle, one column per month, and a printed total."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import Period, month_end, months_between
from fleetstats.core.schema.arrow import make_table
from fleetstats.core.schema.model import arrow_type
from fleetstats.core.units import KM_PER_MI, parse_count, parse_distance
from fleetstats.sources.cadmv.digest import PUBLISHER
from fleetstats.sources.cadmv.filers import FilerResolver, note_unnamed_columns, unnamed_values
from fleetstats.sources.cadmv.forms import edition_of, edition_period, is_month, owner_of, parse_month_header
from fleetstats.sources.cadmv.mileage_digest import read_digest
from fleetstats.sources.columns import FoundColumns, find_columns
from fleetstats.sources.csv_file import RecordFile
from fleetstats.sources.records import (
    Batch,
    Faults,
    interpret,
    marks_by,
    marks_of,
    open_form,
    read_batches,
    reject_faults,
)
from fleetstats.sources.staged import Context, Staged

if TYPE_CHECKING:
    import pyarrow as pa


def read(context: Context) -> Staged:
    """Read one filing into cadmv_mileage_month and cadmv_mileage_filer, and from an original also into
    cadmv_vehicle_report and cadmv_vehicle_month.

    Miles as printed, kilometres exact; an empty month is 0, an empty annual total is taken from the months.
    Raises `BadInput` for a file that is not of this form, and for permits or names to be reviewed.
    """
    if context.held.read_as == "original":
        return _read_original(context)
    return read_digest(context)


def _read_original(context: Context) -> Staged:
    staged = Staged(context.held.filing.id)
    file = open_form(context)
    edition_of(context)
    columns = find_columns(file, context, staged, edition_period, is_known=is_month)
    months = _month_columns(file, context)
    resolver = FilerResolver(context, staged)
    reports: list[pa.Table] = []
    distances: list[pa.Table] = []
    unnamed: dict[int, int] = {}
    owner = owner_of(columns, context)
    for batch in read_batches(file, context, staged, owner):
        unnamed_values(file, batch, unnamed)
        report, distance = _read_batch(batch, file, columns, months, resolver, staged)
        staged.records_loaded += report.num_rows
        reports.append(report)
        distances.append(distance)
    note_unnamed_columns(unnamed, staged)
    if not staged.records_loaded and not staged.rejected and not staged.records_dropped:
        raise BadInput("a file without records", file=context.name, expected="a record per vehicle")
    import pyarrow as pa

    report, distance = pa.concat_tables(reports), pa.concat_tables(distances)
    staged.tables["cadmv_vehicle_report"] = report
    staged.tables["cadmv_vehicle_month"] = distance
    staged.tables["cadmv_mileage_month"] = _by_month(distance, context)
    staged.tables["cadmv_mileage_filer"] = _by_filer(report, months, context)
    return staged


def _month_columns(file: RecordFile, context: Context) -> dict[date, int]:
    """Month by column; `BadInput` unless they follow each other and end with the report year."""
    months = {
        month: i for i, cell in enumerate(file.header) if (month := parse_month_header(cell)) is not None
    }
    printed = [cell for cell in file.header if parse_month_header(cell) is not None]
    edition = edition_of(context)
    last = edition.period.end.replace(day=1)
    gaps = [m for m in months_between(min(months), max(months)) if m not in months] if months else [last]
    if not months or len(printed) != len(months) or max(months) != last or gaps:
        raise BadInput(
            "the month columns are not those of the report year",
            file=context.name,
            record=1,
            column=", ".join(f"{m:%b %Y} (missing)" for m in gaps) or None,
            found=", ".join(printed) or "no month columns",
            expected=f"consecutive months that end with {last:%b %Y}, the last of report year "
            f"{edition.report_year}",
            todo="check the edition that the file was added as",
        )
    return dict(sorted(months.items()))


def _read_batch(
    batch: Batch,
    file: RecordFile,
    columns: FoundColumns,
    months: dict[date, int],
    resolver: FilerResolver,
    staged: Staged,
) -> tuple[pa.Table, pa.Table]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    mi = arrow_type("mi")
    faults = Faults()
    filers = resolver.resolve(
        batch, columns.cells(batch, "manufacturer"), columns.cells(batch, "permit"), faults
    )
    disengagements = interpret(columns.cells(batch, "disengagements"), parse_count)
    faults.add(columns.title("disengagements"), disengagements)
    annual = interpret(columns.cells(batch, "annual_total"), _distance_or_none)
    faults.add(columns.title("annual_total"), annual)
    by_month = {month: interpret(batch.cells[i], _month_or_none) for month, i in months.items()}
    for month, cells in by_month.items():
        faults.add(file.header[months[month]], cells)
    keep = reject_faults(batch, faults, staged)
    rows = pa.array(keep)
    records = pa.array(batch.records[keep], pa.int64())
    vins = pc.utf8_upper(pc.utf8_trim_whitespace(columns.cells(batch, "vin").take(rows)))
    masked = pc.starts_with(vins, "~")
    common = {
        "filing": pa.array([staged.filing] * len(keep), pa.string()),
        "record": records,
        "operator": filers.operator.take(rows),
        "permit": filers.permit.take(rows),
        "scope": filers.scope.take(rows),
        "vin": vins,
        "vin_masked": masked,
    }
    zero = pa.scalar(Decimal(0), mi)
    # One column per month, laid end to end, then put back into the order of the records
    printed = pa.concat_arrays([cells.take(mi).take(rows) for cells in by_month.values()])
    blank = pc.is_null(printed)
    distance = pc.fill_null(printed, zero)
    sums = _sum_months([c.take(mi).take(rows) for c in by_month.values()], zero, file.name)
    count = len(by_month)
    order = pa.array(np.arange(count * len(keep)).reshape(count, len(keep)).T.ravel())
    repeat = pa.array(np.repeat(np.arange(len(keep)), count))
    report = make_table(
        "cadmv_vehicle_report",
        {
            **common,
            "annual_mi": annual.take(mi).take(rows),
            "months_mi": sums,
            "disengagements": disengagements.take(pa.int64()).take(rows),
            "corrected": marks_of(records, staged),
        },
    )
    distance = distance.take(order)
    vehicle_month = make_table(
        "cadmv_vehicle_month",
        {
            **{name: values.take(repeat) for name, values in common.items()},
            "month": pa.array(np.tile(np.array(list(months), dtype="datetime64[D]"), len(keep))),
            "distance_mi_reported": distance,
            "distance_km": to_km(distance),
            "cell_blank": blank.take(order),
            "corrected": marks_of(records, staged).take(repeat),
        },
    )
    return report, vehicle_month


MOST_IN_A_MONTH = 15_000
"""Miles that no vehicle drives in a month, day and night through a city; the most that was reported is 7,763.7."""


def _distance_or_none(text: str) -> Decimal | None:
    return parse_distance(text) if text.strip() else None


def _month_or_none(text: str) -> Decimal | None:
    miles = _distance_or_none(text)
    if miles is not None and miles > MOST_IN_A_MONTH:
        raise ValueError(f"more than {MOST_IN_A_MONTH:,} miles of one vehicle in one month: another unit?")
    return miles


def _sum_months(columns: list[pa.Array], zero: pa.Scalar, name: str) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = pa.decimal128(28, 9)  # room for the sum; an addition of decimals gains a digit each time
    total = pc.fill_null(columns[0], zero).cast(wide)
    for column in columns[1:]:
        total = pc.add(total, pc.fill_null(column, zero)).cast(wide)
    return _as_mi(total, name)


def _as_mi(distance: pa.Array, name: str) -> pa.Array:
    """Sums in the type of miles; `BadInput` for one that no fleet can have driven."""
    import pyarrow as pa

    try:
        return distance.cast(arrow_type("mi"))
    except pa.ArrowInvalid as error:
        raise BadInput(
            "miles that add up to more than any fleet can drive",
            file=name,
            found=str(error),
            expected="sums below 1,000,000,000 miles",
            todo="look for a number without its decimal point",
        ) from error


def to_km(distance_mi: pa.Array) -> pa.Array:
    """Kilometres of an array of miles: the only place where arrays are converted, exact to 15 places."""
    import pyarrow as pa
    import pyarrow.compute as pc

    factor = pa.scalar(KM_PER_MI, pa.decimal128(7, 6))
    return pc.multiply(distance_mi, factor).cast(arrow_type("km"))


def _by_month(distance: pa.Table, context: Context) -> pa.Table:
    """Sums per permit and month; equal full VINs count once, masked and empty ones once per record."""
    import pyarrow as pa
    import pyarrow.compute as pc

    car = pc.if_else(
        pc.or_(distance["vin_masked"], pc.equal(distance["vin"], "")),
        pc.binary_join_element_wise(distance["vin"], distance["record"].cast(pa.string()), "#"),
        distance["vin"],
    )
    driven = pc.greater(distance["distance_mi_reported"], pa.scalar(Decimal(0), arrow_type("mi")))
    flat = distance.append_column("car", pc.if_else(driven, car, pa.scalar(None, pa.string())))
    flat = flat.append_column("masked", pc.and_(driven, distance["vin_masked"]).cast(pa.int64()))
    sums = (
        flat.group_by(["operator", "permit", "scope", "month"])
        .aggregate(
            [
                ("distance_mi_reported", "sum"),
                ("car", "count_distinct", pc.CountOptions(mode="only_valid")),
                ("masked", "sum"),
            ]
        )
        .sort_by([("permit", "ascending"), ("month", "ascending")])
    )
    miles = _as_mi(sums["distance_mi_reported_sum"].combine_chunks(), context.name)
    return make_table(
        "cadmv_mileage_month",
        {
            "filing": [context.held.filing.id] * sums.num_rows,
            "operator": sums["operator"],
            "permit": sums["permit"],
            "scope": sums["scope"],
            "month": sums["month"],
            "distance_mi_reported": miles,
            "distance_km": to_km(miles),
            "bound": ["exact"] * sums.num_rows,
            "vehicles": sums["car_count_distinct"],
            "vehicles_masked": sums["masked_sum"],
            "confidence": [PUBLISHER] * sums.num_rows,
            "reference": [None] * sums.num_rows,
            "corrected": marks_by(distance, ["permit", "month"], sums),
            "original_sha256": [context.held.original_sha256] * sums.num_rows,
        },
    )


def _by_filer(report: pa.Table, months: dict[date, int], context: Context) -> pa.Table:
    """Annual totals per permit: as printed, or from the months where none is printed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    filing = context.held.filing
    flat = report.append_column("annual", pc.coalesce(report["annual_mi"], report["months_mi"]))
    flat = flat.append_column("from_months", pc.is_null(report["annual_mi"]).cast(pa.int64()))
    sums = (
        flat.group_by(["operator", "permit", "scope"])
        .aggregate(
            [("annual", "sum"), ("disengagements", "sum"), ("record", "count"), ("from_months", "sum")]
        )
        .sort_by([("permit", "ascending")])
    )
    miles = _as_mi(sums["annual_sum"].combine_chunks(), context.name)
    period = Period(min(months), month_end(max(months).year, max(months).month))
    count = sums.num_rows
    return make_table(
        "cadmv_mileage_filer",
        {
            "filing": [filing.id] * count,
            "operator": sums["operator"],
            "permit": sums["permit"],
            "scope": sums["scope"],
            "report_year": [edition_of(context).report_year] * count,
            "period_start": [period.start] * count,
            "period_end": [period.end] * count,
            "annual_mi": miles,
            "annual_mi_high": [None] * count,
            "annual_km": to_km(miles),
            "annual_km_high": [None] * count,
            "bound": ["exact"] * count,
            "disengagements": sums["disengagements_sum"],
            "rows": sums["record_count"],
            "rows_from_months": sums["from_months_sum"],
            "confidence": [PUBLISHER] * count,
            "reference": [None] * count,
            "corrected": marks_by(report, ["permit"], sums),
            "original_sha256": [context.held.original_sha256] * count,
        },
    )


def disengagements(tables: Mapping[str, pa.Table]) -> set[int]:
    """The numbers of disengagements that occur in annual totals: rates are shown with limits."""
    filers = tables.get("cadmv_mileage_filer")
    return set() if filers is None else {n for n in filers["disengagements"].to_pylist() if n is not None}
