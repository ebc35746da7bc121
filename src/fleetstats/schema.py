"""The field dictionary: every column once, and every table that is published.

A column name means the same quantity in the same unit in every table. From here come the frames' types,
the databases' tables with their comments, the exact column sets of the checks, and the data dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Type = Literal[
    "text", "count", "integer", "boolean", "date", "timestamp", "mi", "km", "figure", "part", "ratio"
]  # fmt: skip
Kind = Literal["reference", "core", "finding", "ledger", "mart", "lineage", "crosscheck"]

DECIMALS: dict[Type, tuple[int, int]] = {"mi": (18, 9), "km": (28, 15), "figure": (28, 9), "part": (28, 15)}
"""Quantities that add up are decimals (precision, scale); only ratios and limits are floats."""

BOUNDS = ("exact", "at_least", "at_most", "between", "approximate", "derived")
INITIATED_BY = ("av_system", "test_driver", "remote_operator", "passenger", "other")
LOCATIONS = (
    "interstate",
    "freeway",
    "highway",
    "rural_road",
    "street",
    "parking_facility",
    "other",
)
VERDICTS = (
    "supported",
    "contradicted",
    "held",
    "missed",
    "open",
    "plausible_not_provable",
    "not_checkable",
)
CHAINED = ("forecast", "forecast_score", "backtest_score")
"""Ledgers whose every row carries a hash over the row before it."""


@dataclass(frozen=True)
class Field:
    """A column: its type, what it says, and its unit."""

    name: str
    type: Type
    description: str
    unit: str | None = None
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A published table. `key` names the columns that tell its rows apart.

    An `optional` table exists only in builds that read the publishers' own files, and so do the
    marts that read it.
    """

    name: str
    kind: Kind
    describes: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    optional: bool = False

    @property
    def columns(self) -> list[str]:
        """The column names in order."""
        return [field.name for field in self.fields]

    def arrow_schema(self) -> pa.Schema:
        """The same columns as an Arrow schema (decimals, not floats, where quantities add up)."""
        import pyarrow as pa

        return pa.schema([pa.field(f.name, arrow_type(f.type), nullable=f.nullable) for f in self.fields])


def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type of a field type."""
    import pyarrow as pa

    if kind in DECIMALS:
        return pa.decimal128(*DECIMALS[kind])
    return {
        "text": pa.string(),
        "count": pa.int64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "ratio": pa.float64(),
    }[kind]


def _fields() -> Iterator[Field]:
    def text(name: str, description: str) -> Field:
        return Field(name, "text", description)

    # What and whose
    yield text("source", "Code of the source: one series of one publisher")
    yield text("filing", "The filing, as source/edition")
    yield text("edition", "Name of the edition within its source")
    yield text("operator", "Code of the operator; `all` is everybody the publisher counts")
    yield text("company", "Code of the firm")
    yield text("vendor", "Code of the chip vendor, of a group of vendors, or `all`")
    yield text("fleet", "Code of the operator whose fleet is compared")
    yield text("region", "Where the figure was counted")
    yield text("area", "Part of the city that a Beijing figure covers; `beijing` is the whole city")
    yield text("scope", "Programme under which it was counted; scopes are never added")
    yield text("permit", "DMV permit number: AVT is testing with a driver, AVDT is driverless")
    yield text("measure", "What was counted, as a code; in a scorecard `all` for all of them together")
    yield text("segment", "Part of the market that a share or rate is taken of")
    yield text("category", "Category as the publisher prints it")
    yield text("kind", "What kind of entry this is")
    yield text("value_text", "The permit or name")
    yield text("name_en", "Name in English")
    yield text("name_zh", "Name in Chinese")
    yield text("country", "Country of the head office, ISO 3166 code")
    yield text("title_en", "Title in English")
    yield text("title_zh", "Title in Chinese")
    yield text("counts", "What the numbers of this scope count")
    yield text("note", "A remark of the project's own")
    yield text("reason", "Why, in one sentence")
    # Where it is from
    yield text("publisher", "Who published it")
    yield text("publisher_zh", "Who published it, in Chinese")
    yield text("homepage", "The publisher's page about the series")
    yield text("cadence", "How often the publisher issues it")
    yield text("title", "Title of the document or page")
    yield text("url", "Address of the document or page")
    yield text("licence", "Under which terms the filing may be used")
    yield text(
        "status",
        "State of the entry: of a filing original, amended, transcribed or digest; of a figure as its "
        "publisher marks it; of coverage what is held or missing",
    )
    yield text("supersedes", "The filing that this one replaces")
    yield Field("in_force", "boolean", "No later filing of this vintage supersedes it")
    yield text("sha256", "SHA-256 of the bytes that were read")
    yield text("original_sha256", "SHA-256 of the publisher's own file")
    yield Field("size_bytes", "count", "Size of the bytes that were read", "byte")
    yield text("notes", "Remarks on the filing")
    yield Field("record", "count", "Record of the filing's file, 1 being the header")
    yield text("figure", "Key of the figure within its source")
    yield text("printed", "The number exactly as printed")
    yield text("title_printed", "Title of the page that prints it")
    yield text("published_on", "Date or dates that the page prints")
    yield text("derived_from", "Keys of the figures it was computed from")
    yield Field("choice", "integer", "Rank within its cell; 1 is the figure that is published")
    yield text("choice_reason", "Why this figure is the one published where several disagree")
    yield Field("preference", "integer", "Rank among figures of one cell: 0 chosen by review, 1 high, …")
    yield text(
        "confidence",
        "How good the evidence is: high, medium, derived (computed from others), unsourced (no page found), "
        "claim (what the report under review says; never evidence)",
    )
    yield Field("issued_on", "date", "Day the publisher issued it")
    yield Field("issued_on_estimated", "boolean", "That day was estimated by the rule in docs/vintages.md")
    yield Field("retrieved_on", "date", "Day it was retrieved")
    # When
    yield Field("period_start", "date", "First day of the period described")
    yield Field("period_end", "date", "Last day of the period described")
    yield Field("as_of", "date", "Day for which a state or running total is given")
    yield Field("through", "date", "Last day that the figure includes")
    yield Field("since", "date", "First month that is held and included")
    yield Field("month", "date", "First day of the month")
    yield text("quarter", "Calendar quarter, such as 2022Q3")
    yield Field("quarter_start", "date", "First day of the quarter")
    yield text("period", "The period in short, such as 2023Q4 or 2023H1")
    yield Field("report_year", "integer", "Report year of the filing (DMV: December before to November)")
    yield Field("year", "integer", "Year at whose end the cumulative figure stands")
    yield Field("event_on", "date", "Day of the disengagement as reported")
    yield Field("known_from", "date", "First day on which this was what was known")
    yield Field("known_to", "date", "Last day on which this was what was known; null where it still is")
    yield Field("withdrawn_on", "date", "Day the publisher withdrew it")
    # How much
    yield Field(
        "distance_mi_reported",
        "mi",
        "Distance as reported; annual totals are the printed ones",
        "mi",
    )
    yield Field("distance_km", "km", "The same distance in kilometres (1 mi = 1.609344 km)", "km")
    yield Field("annual_mi", "mi", "Annual total as printed; the months where none is printed", "mi")
    yield Field("annual_mi_high", "mi", "High end of the annual total, where only a range is known", "mi")
    yield Field("annual_km", "km", "The annual total in kilometres", "km")
    yield Field("annual_km_high", "km", "High end of the annual total in kilometres", "km")
    yield Field("months_mi", "mi", "Sum of the months of the record", "mi")
    yield Field("distance_km_cumulative", "km", "Kilometres of all months held up to this one", "km")
    yield Field("distance_mi_cumulative", "mi", "Reported miles of all months held up to this one", "mi")
    yield Field("km", "km", "Kilometres; null where only bounds are known", "km")
    yield Field("km_low", "km", "Kilometres at least", "km")
    yield Field("km_high", "km", "Kilometres at most", "km")
    yield text("km_high_bound", "How firm km_high itself is")
    yield Field("value", "figure", "The figure, in `unit`")
    yield text("unit", "Unit of the value")
    yield text("bound", "exact, at_least, at_most, between, approximate or derived: part of the number")
    yield Field("orders", "figure", "Orders (rides, trips) served", "order")
    yield Field("vehicles", "count", "Cars with more than 0 miles; a full VIN counts once", "car")
    yield Field(
        "vehicles_masked", "count", "Of these, rows whose VIN is masked (`~` and four characters)", "car"
    )
    yield Field("rows", "count", "Records of the filing behind this row")
    yield Field("rows_from_months", "count", "Of these, records without a printed annual total")
    yield Field("disengagements", "count", "Disengagements as printed in the mileage filing")
    yield Field("events", "count", "Disengagement events")
    yield Field("reports", "count", "Crash reports, each in its highest version")
    yield Field("incidents", "count", "Incidents: reports of the same one count once for each operator")
    yield Field("incidents_shared", "count", "Of these, incidents that another reporting entity reports too")
    yield Field(
        "incidents_injury", "count", "Of these, incidents for which a report alleges an injury or death"
    )
    yield Field("incidents_per_million_km", "ratio", "Incidents per million kilometres", "1/1,000,000 km")
    yield Field(
        "incidents_per_million_km_low",
        "ratio",
        "Low end of the exact two-sided 95 % Poisson interval",
        "1/1,000,000 km",
    )
    yield Field(
        "incidents_per_million_km_high",
        "ratio",
        "High end of the exact two-sided 95 % Poisson interval",
        "1/1,000,000 km",
    )
    yield Field("months", "count", "Months that the quarter has in the data, 1 to 3")
    yield Field("months_held", "count", "Months with a figure from `since` to this one")
    yield Field("months_missing", "count", "Months without a figure between `since` and this one")
    yield Field("km_per_disengagement", "ratio", "Kilometres per disengagement", "km")
    yield Field(
        "km_per_disengagement_low", "ratio", "Low end of the exact two-sided 95 % Poisson interval", "km"
    )
    yield Field(
        "km_per_disengagement_high", "ratio", "High end of the exact two-sided 95 % Poisson interval", "km"
    )
    yield Field("lower", "ratio", "Low end of the expected number, exact two-sided 95 % (Garwood 1936)")
    yield Field("upper", "ratio", "High end of the expected number, exact two-sided 95 % (Garwood 1936)")
    yield Field("scope_break", "boolean", "The figure reaches over a change of scope: read it with care")
    yield text(
        "basis",
        "year or cumulative; of orders published or derived (from quarters); of scores live or backtest",
    )
    yield text(
        "convention", "exact (1 mi = 1.609344 km) or report_1_6 (1 mi = 1.6 km, as in the 2024 report)"
    )
    yield Field("contains_unsourced", "boolean", "A figure without a page behind it is part of the sum")
    yield Field("contains_lower_bound", "boolean", "A figure that is only a lower bound is part of the sum")
    # Vehicles and events
    yield text("vin", "Vehicle identification number, in capitals, as far as it is published")
    yield Field("vin_masked", "boolean", "Only the last four characters are published")
    yield Field("cell_blank", "boolean", "The cell was empty and counts as 0")
    yield text("capable_without_driver", "The vehicle can operate without a driver: yes, no")
    yield text("driver_present", "A driver was present: yes, no")
    yield text("initiated_by", "Who initiated it: " + ", ".join(INITIATED_BY))
    yield text("initiated_by_printed", "The same as printed")
    yield text("location", "Where: " + ", ".join(LOCATIONS))
    yield text("location_printed", "The same as printed")
    yield text("description", "Description of the facts, as printed")
    # Crash reports
    yield text("report_id", "The publisher's key of a report, the same for all its versions")
    yield Field("report_version", "integer", "Version of the report, 1 being the first")
    yield Field("latest_version", "boolean", "The file has no higher version of this report")
    yield text("entity_printed", "The reporting entity as printed")
    yield text("report_type", "Type of the report, as printed")
    yield text("incident", "The publisher's key of the incident, the same in reports of several entities")
    yield text("state", "State of the United States, postal code")
    yield text("driver", "Who could drive: in_vehicle, remote, none, consumer, other, unknown")
    yield text("engaged_printed", "Which automation was engaged, as printed")
    yield text("severity_printed", "Highest injury severity alleged, as printed")
    yield text(
        "mileage_scope", "Scope whose mileage counts the same driving, by review; null where none does"
    )
    yield text("record_key", "Key of the record by its publisher's rule, the same in every edition")
    yield text("hash_figures", "SHA-256, first 8 digits, of the cells that figures are made of")
    yield text("hash_text", "SHA-256, first 8 digits, of the narrative")
    yield text("hash_other", "SHA-256, first 8 digits, of all other cells")
    # Vintages and restatements
    yield text("chain", "The first filing of those that replace each other")
    yield text(
        "state_known", "in_force, withdrawn, reported or removed: whether there is a value in these days"
    )
    yield text("change", "new, changed or removed")
    yield text("old", "What the earlier one says: the value, or a hash of it")
    yield text("new", "What the later one says: the value, or a hash of it")
    yield text("publication_before", "The publication that this one is compared with")
    yield text("figure_key", "The row: the columns of the table's key with their values")
    yield Field("old_value", "figure", "Value in the publication before")
    yield Field("new_value", "figure", "Value in this publication")
    yield text("old_bound", "Bound in the publication before")
    yield text("new_bound", "Bound in this publication")
    yield Field("percent", "ratio", "Difference in per cent of the value before", "%")
    yield text("filings", "The filings responsible, or that no filing is")
    yield text("verdict", "within (grace period or tolerance), reviewed, warning or stop")
    # Lineage
    yield text("mart", "The mart (or other table) that the figure stands in")
    yield text(
        "part", "What the record is in the figure: a month of a permit, a figure, a quarter taken off, …"
    )
    yield text("core_table", "Table of the record that the figure is made of")
    yield text("core_key", "The record: the columns of its table's key with their values")
    yield Field(
        "contribution",
        "part",
        "What the record adds to the figure, in the unit of its column; the contributions of a figure add up to it",
    )
    yield text("other_filing", "The filing that has it too, or seems to")
    yield text(
        "decision",
        "left_out: counted in the other filing and in no sum here; kept: counted in both, and said",
    )
    # Accounts and checks
    yield text("source_text", "The record as it stands in the file")
    yield Field("expected", "boolean", "A reviewed line says that this record is not to be loaded")
    yield text("action", "What the correction does: override, drop, scale, reassign, flag")
    yield text(
        "addresses", "What the record number counts in: the original, or the digest (our file of its figures)"
    )
    yield text("correction_evidence", "What shows that the correction is right")
    yield Field("publisher_told", "boolean", "The publisher was told of the error")
    yield text(
        "corrected",
        "What reviewed corrections did to the records behind this row (see correction); null: nothing",
    )
    yield text("column_name", "Column concerned")
    yield text("used", "What was used in its place")
    yield text("reference", "Where a transcribed row was found")
    yield text("read_as", "What was read: original, digest, transcribed")
    yield Field("records_read", "count", "Records of the file, without its header")
    yield Field("records_loaded", "count", "Records that became rows")
    yield Field("records_rejected", "count", "Records set aside, each in rejected_row")
    yield Field("records_blank", "count", "Records of empty cells only")
    yield Field(
        "records_superseded",
        "count",
        "Records that a later version in the same file replaces (null: not counted)",
    )
    yield Field(
        "records_dropped",
        "count",
        "Records that a correction takes out, each in correction (null: not counted)",
    )
    yield Field("records_corrected", "count", "Records that a correction changed, reassigned or flagged")
    yield text("check_name", "The cross-check that this line explains")
    yield text("subject", "What is compared")
    yield Field("left_value", "figure", "The figure on the left of the comparison")
    yield Field("right_value", "figure", "The figure on the right of the comparison")
    yield Field("difference", "figure", "Left less right")
    yield Field("tolerance", "figure", "Largest difference that needs no explanation")
    yield Field(
        "unexplained", "integer", "1 where the difference is over the tolerance and no reason is on file"
    )
    yield text("run_id", "The run that wrote this row")
    yield text("publication_id", "The publication, by the fingerprint of all it was built from")
    yield text("event", "What happened: published, rolled_back; of a run failed; of a source overdue")
    yield text("fingerprint", "SHA-256 over the filings, the code and the configuration")
    yield text("code_version", "Version of fleetstats; of a forecast with a hash of its code")
    yield Field("published_at", "timestamp", "When it was published")
    yield Field("warnings", "count", "Warnings of checks and readers")
    yield text("table_name", "Table checked")
    yield text("expectation", "Type of the expectation")
    yield text("arguments", "Arguments of the expectation, JSON")
    yield text("severity", "critical blocks publication, warning is published and shown")
    yield Field("success", "boolean", "The expectation held")
    # Operations
    yield Field("happened_at", "timestamp", "When it happened")
    yield text("dag", "The scheduler's name of the pipeline that it happened in")
    yield text("task", "The step that it happened in, with what it was mapped to")
    yield text("scheduler_run", "The scheduler's name of the run")
    yield text("message", "What was said")
    yield text("requested_by", "Who asked for it")
    yield Field("vintage", "date", "The day whose knowledge was built")
    yield text("outcome", "What became of it: planned, published, unchanged")
    yield text("observed", "What was observed, JSON")
    # Forecasts and scores
    yield text("series", "Code of the forecast series; in a scorecard `all` for all of them together")
    yield text("frequency", "Length of the periods: M, Q or Y")
    yield Field("issue_order", "integer", "Rank by day of issue within its cell; 1 is as first published")
    yield text("model", "Model; `combination` is the weighted combination of the others")
    yield Field("origin", "date", "Last day of the last period that the forecast knew")
    yield Field("origin_year", "integer", "Year of the origin; null for all years together")
    yield Field("horizon", "integer", "How many periods after the origin")
    yield text("target_period", "Period that is forecast, such as 2026Q3 or 2026-08")
    yield Field("target_end", "date", "Last day of the period that is forecast")
    yield text("quantity", "increment (of the period) or cumulative (total at its end)")
    yield text("output_type", "quantile, mean, probability (of having passed `threshold`)")
    yield Field("level", "ratio", "Level of the quantile, 0 to 1")
    yield Field("threshold", "count", "Cumulative total that is to be passed, in `unit`")
    yield Field("forecast_value", "ratio", "What was forecast, in `unit`; of a probability 0 to 1")
    yield text("inputs_sha256", "SHA-256 of the values, bounds and settings that it was made from")
    yield text("parameters_sha256", "SHA-256 of what the model chose, as JSON")
    yield text("imputed", "Missing periods that this model was given an imputed value for")
    yield text("lower_bounds", "Periods whose value is only a lower bound, and how they were used")
    yield Field("seed", "integer", "Seed of the sample paths")
    yield Field("made_at", "timestamp", "When it was made")
    yield Field("sequence", "count", "Number of the row in its ledger, from 1 without gaps")
    yield text("row_sha256", "SHA-256 of the row before it in the ledger and of this row")
    yield Field("forecast_mean", "ratio", "Mean, in `unit`")
    yield Field("median", "ratio", "Median, in `unit`")
    for part in (50, 80, 95):
        yield Field(f"low_{part}", "ratio", f"Low end of the central {part} % interval, in `unit`")
        yield Field(f"high_{part}", "ratio", f"High end of the central {part} % interval, in `unit`")
        yield Field(f"inside_{part}", "boolean", f"The truth lies inside the central {part} % interval")
        yield Field(f"coverage_{part}", "ratio", f"Share of truths inside the central {part} % interval")
    yield Field("probability", "ratio", "Probability that the threshold has been passed by then")
    yield text(
        "passing_early", "Period by whose end the threshold is passed with probability 0.1; null: later"
    )
    yield text("passing_median", "The same with probability 0.5; null: later than all target periods")
    yield text("passing_late", "The same with probability 0.9; null: later than all target periods")
    yield text("truth_basis", "The truth compared with: first_published, known_today")
    yield Field("truth_value", "ratio", "The truth, in `unit`")
    yield text("truth_bound", "The bound of the truth")
    yield Field("truth_issued_on", "date", "Day the truth was issued")
    yield Field("absolute_error", "ratio", "Distance of the median from the truth, in `unit`")
    yield Field(
        "scaled_error",
        "ratio",
        "Absolute error by the mean absolute seasonal change before the origin (MASE)",
    )
    yield Field("crps", "ratio", "Continuous ranked probability score, from the quantiles, in `unit`")
    yield Field("scaled_crps", "ratio", "CRPS by the mean absolute seasonal change before the origin")
    yield text("forecast_run_id", "The run that made the forecast")
    yield Field("scored_at", "timestamp", "When it was scored")
    yield Field("forecasts", "count", "Forecasts behind this row, one for each target period and quantity")
    yield Field("mean_scaled_error", "ratio", "Mean scaled error (MASE)")
    yield Field("mean_scaled_crps", "ratio", "Mean scaled CRPS")
    yield Field(
        "relative_error",
        "ratio",
        "Mean scaled error, that of the seasonal naive model being 1; over series a geometric mean",
    )
    yield Field(
        "relative_crps",
        "ratio",
        "Mean scaled CRPS, that of the seasonal naive model being 1; over series a geometric mean",
    )
    # Claims
    yield text("claim", "Code of the claim: the name of its file")
    yield Field("claim_number", "integer", "Number in the order of the report")
    yield Field("made_on", "date", "Day the claim was made")
    yield Field("made_on_estimated", "boolean", "That day was estimated")
    yield Field("due_on", "date", "Last day of the time that a prediction speaks of")
    yield text(
        "accuracy_mark", "How accurate the report itself marked it a year later; null: no mark is held"
    )
    yield text("statement_en", "What is claimed, in our own English words")
    yield text("statement_zh", "What is claimed, in our own Chinese words")
    yield text("verdict", "One of: " + ", ".join(VERDICTS))
    yield text("sentence_en", "Why, in an English sentence with the numbers")
    yield text("sentence_zh", "Why, in a Chinese sentence with the numbers")
    yield text("evidence", "The figures and bounds that the verdict was computed from, JSON")
    yield text("missing_en", "What evidence is missing, in English")
    yield text("missing_zh", "What evidence is missing, in Chinese")


FIELDS: dict[str, Field] = {field.name: field for field in _fields()}


def _table(name: str, kind: Kind, describes: str, columns: str, *, key: str, optional: bool = False) -> Table:
    """A table of the fields named in `columns`; a `?` behind a name allows nulls."""
    fields = tuple(
        replace(FIELDS[word.removesuffix("?")], nullable=word.endswith("?")) for word in columns.split()
    )
    return Table(name, kind, describes, fields, tuple(key.split()), optional)


_SERIES = "series operator scope measure unit frequency"
_SCORED = (
    "horizon target_period target_end quantity truth_basis truth_value truth_bound truth_issued_on "
    "forecast_mean median absolute_error scaled_error? crps scaled_crps? inside_50 inside_80 inside_95"
)
_EVIDENCE = "bound confidence issued_on issued_on_estimated title_printed? url?"

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        # Reference: reviewed data as loaded
        _table(
            "source",
            "reference",
            "One row per source.",
            "source title_en title_zh publisher publisher_zh homepage? licence cadence",
            key="source",
        ),
        _table(
            "filing",
            "reference",
            "One row per filing of this vintage.",
            "filing source edition publisher title url? licence period_start period_end issued_on "
            "issued_on_estimated retrieved_on withdrawn_on? status supersedes? in_force sha256 size_bytes "
            "original_sha256? notes?",
            key="filing",
        ),
        _table(
            "filing_vintage",
            "reference",
            "One row per filing and stretch of days on which it was in force, or withdrawn without another in force.",
            "filing chain state_known known_from known_to?",
            key="filing known_from",
        ),
        _table(
            "operator",
            "reference",
            "One row per operator, vendor or other party.",
            "operator kind name_en name_zh? country? note?",
            key="operator",
        ),
        _table(
            "operator_name",
            "reference",
            "One row per permit or spelling that leads to an operator.",
            "kind value_text operator note?",
            key="kind value_text",
        ),
        _table(
            "scope",
            "reference",
            "One row per scope: what its numbers count.",
            "scope title_en title_zh counts",
            key="scope",
        ),
        _table(
            "known_gap",
            "reference",
            "One row per figure or filing that is known to be missing, and why.",
            "source operator? scope? measure? period period_start period_end status reason",
            key="source operator scope measure period_start period_end",
        ),
        _table(
            "known_difference",
            "reference",
            "One row per difference between two published figures that was looked into and stays.",
            "check_name filing operator record? difference reason",
            key="check_name filing operator record",
        ),
        _table(
            "known_double_count",
            "reference",
            "One row per thing that two filings have, or seem to have, and what was decided.",
            "filing operator permit scope month measure value other_filing decision reason",
            key="filing permit month measure",
        ),
        _table(
            "correction",
            "reference",
            "One row per record that a reviewed correction touched.",
            "filing addresses record action column_name? printed? used? reason correction_evidence publisher_told",
            key="filing addresses record column_name",
        ),
        _table(
            "poisson_limit",
            "reference",
            "Exact limits of the expected number for each number of events that occurs.",
            "events lower upper",
            key="events",
        ),
        # Core: what the filings say
        _table(
            "cadmv_mileage_month",
            "core",
            "California DMV: miles of one permit in one month, as one filing reports them.",
            "filing operator permit scope month distance_mi_reported distance_km vehicles vehicles_masked "
            "original_sha256 corrected?",
            key="filing permit month",
        ),
        _table(
            "cadmv_mileage_filer",
            "core",
            "California DMV: annual totals of one permit, as one filing prints them.",
            "filing operator permit scope report_year period_start period_end annual_mi annual_mi_high? "
            "annual_km annual_km_high? bound disengagements? rows rows_from_months reference? original_sha256? corrected?",
            key="filing permit",
        ),
        _table(
            "cadmv_event_count",
            "core",
            "California DMV: disengagement events of one permit and month, by initiator and location.",
            "filing operator permit scope month initiated_by location events original_sha256 corrected?",
            key="filing permit month initiated_by location",
        ),
        _table(
            "cadmv_vehicle_report",
            "core",
            "California DMV: one record of a mileage file, one vehicle.",
            "filing record operator permit scope vin vin_masked annual_mi? months_mi disengagements corrected?",
            key="filing record",
            optional=True,
        ),
        _table(
            "cadmv_vehicle_month",
            "core",
            "California DMV: miles of one record of a mileage file in one month.",
            "filing record operator permit scope vin vin_masked month distance_mi_reported distance_km cell_blank corrected?",
            key="filing record month",
            optional=True,
        ),
        _table(
            "cadmv_event",
            "core",
            "California DMV: one disengagement. Equal rows are separate events.",
            "filing record operator permit scope event_on month vin capable_without_driver? driver_present? "
            "initiated_by initiated_by_printed location location_printed description? corrected?",
            key="filing record",
            optional=True,
        ),
        _table(
            "published_figure",
            "core",
            "One figure as one page printed it (or as derived, or unsourced: see confidence).",
            "figure source filing record operator scope area? measure segment? region? category? period? "
            "period_start? period_end? as_of? value? unit distance_km? bound confidence status? preference "
            "choice_reason? issued_on issued_on_estimated printed? title_printed? url? published_on? "
            "derived_from? note? corrected?",
            key="filing figure",
        ),
        _table(
            "nhtsa_incident_month",
            "core",
            "NHTSA: crash reports and incidents of one reporting entity in one month, as one filing has them.",
            "filing operator scope state? driver month? mileage_scope? reason? reports incidents incidents_shared "
            "incidents_injury original_sha256",
            key="filing operator state driver month",
        ),
        _table(
            "nhtsa_report",
            "core",
            "NHTSA: one record, one version of one crash report, without its narrative.",
            "filing record report_id report_version latest_version operator entity_printed report_type month? "
            "incident? state? driver engaged_printed? severity_printed?",
            key="filing record",
            optional=True,
        ),
        _table(
            "record_hash",
            "core",
            "Hashes of one keyed record's cells, which tell of changes between editions.",
            "filing record_key hash_figures hash_text hash_other",
            key="filing record_key",
        ),
        _table(
            "rejected_row",
            "core",
            "One row per record that was set aside instead of loaded, and why.",
            "filing record reason expected source_text",
            key="filing record",
        ),
        _table(
            "claim",
            "reference",
            "One row per claim that is reviewed, in our own words.",
            "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh",
            key="claim",
        ),
        # Findings: what the program computes from the marts
        _table(
            "claim_finding",
            "finding",
            "One row per claim: what its test found in this warehouse.",
            "claim verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
            key="claim",
        ),
        _table(
            "claim_evidence",
            "finding",
            "One row per claim and figure that its verdict rests on.",
            "claim mart figure_key",
            key="claim mart figure_key",
        ),
        # Ledgers: appended by every run, carried from publication to publication
        _table(
            "publication",
            "ledger",
            "One row per run that published.",
            "publication_id run_id event published_at fingerprint as_of? code_version rows warnings",
            key="run_id",
        ),
        _table(
            "check_result",
            "ledger",
            "One row per run and expectation.",
            "run_id table_name expectation column_name? arguments severity success observed?",
            key="run_id table_name expectation column_name arguments",
        ),
        _table(
            "filing_account",
            "ledger",
            "One row per run and filing: where its records went.",
            "run_id filing read_as sha256 records_read records_loaded records_rejected records_blank "
            "records_corrected records_superseded? records_dropped?",
            key="run_id filing",
        ),
        _table(
            "revision",
            "ledger",
            "One row per published figure that is new, changed or removed against the publication before.",
            "run_id publication_id publication_before table_name figure_key column_name operator? scope? change "
            "old_value? new_value? difference? percent? old_bound? new_bound? filings verdict",
            key="run_id table_name figure_key column_name",
        ),
        _table(
            "run_event",
            "ledger",
            "One row per failed step of a scheduled run, and per source found overdue.",
            "run_id happened_at event dag? task? scheduler_run? message",
            key="run_id task",
        ),
        _table(
            "backfill",
            "ledger",
            "One row per past vintage that somebody asked for: who, why, and what became of it.",
            "run_id happened_at requested_by reason vintage outcome publication_id",
            key="run_id vintage",
        ),
        _table(
            "forecast",
            "ledger",
            "One row per forecast number: series, model, target period, quantity, output type and level.",
            f"sequence run_id publication_id {_SERIES} origin model horizon target_period target_end quantity "
            "output_type level? threshold? forecast_value imputed? lower_bounds? inputs_sha256 code_version "
            "parameters_sha256 seed made_at row_sha256",
            key="sequence",
        ),
        _table(
            "forecast_score",
            "ledger",
            "One row per forecast of one target period that has become known, and truth it is compared with.",
            f"sequence run_id forecast_run_id publication_id {_SERIES} origin model {_SCORED} code_version "
            "scored_at row_sha256",
            key="sequence",
        ),
        _table(
            "backtest_score",
            "ledger",
            "One row per forecast that would have been made on a past day from what had been issued by then.",
            f"sequence run_id {_SERIES} origin as_of model {_SCORED} code_version seed scored_at row_sha256",
            key="sequence",
        ),
        # Marts: what analysts query
        _table(
            "figure_in_force",
            "mart",
            "One published figure of a filing in force; what the marts below choose from.",
            "source filing figure record operator scope area? measure segment? region? period? period_start? "
            "period_end? as_of? value? unit distance_km? bound confidence status? preference choice choice_reason? "
            "issued_on issued_on_estimated title_printed? url?",
            key="filing figure",
        ),
        _table(
            "mileage_monthly",
            "mart",
            "Distance of one operator and scope in one month (sum of its filings' months).",
            "operator scope month distance_km distance_mi_reported vehicles vehicles_masked bound",
            key="operator scope month",
        ),
        _table(
            "mileage_quarterly",
            "mart",
            "Distance of one operator and scope in one calendar quarter.",
            "operator scope quarter quarter_start months distance_km distance_mi_reported bound",
            key="operator scope quarter",
        ),
        _table(
            "mileage_cumulative",
            "mart",
            "Distance of one operator and scope from the first month held to this one.",
            "operator scope month distance_km_cumulative distance_mi_cumulative since months_held months_missing bound",
            key="operator scope month",
        ),
        _table(
            "mileage_report_year",
            "mart",
            "Printed annual total of one operator and scope in one report year.",
            "operator scope report_year period_start period_end distance_km distance_mi_reported km_high? "
            "disengagements? bound filing",
            key="operator scope report_year period_start",
        ),
        _table(
            "disengagement_monthly",
            "mart",
            "Disengagements of one operator and scope in one month, by initiator and location.",
            "operator scope month initiated_by location events bound",
            key="operator scope month initiated_by location",
        ),
        _table(
            "disengagement_rate",
            "mart",
            "Kilometres per disengagement of one operator, scope and report year, with its interval.",
            "operator scope report_year period_start period_end disengagements distance_km km_per_disengagement? "
            "km_per_disengagement_low km_per_disengagement_high? bound",
            key="operator scope report_year period_start",
        ),
        _table(
            "beijing_mileage",
            "mart",
            "Road-test distance in Beijing: one operator (or all), scope, area and period.",
            "operator scope area basis period_start? through km? km_low? km_high? km_high_bound? "
            + _EVIDENCE.replace("bound ", "bound scope_break ", 1),
            key="operator scope area basis period_start through",
        ),
        _table(
            "beijing_vs_california",
            "mart",
            "Cumulative distance of one fleet at the end of one year, under one unit convention.",
            "fleet region scope convention year through km? km_low? km_high? km_high_bound? bound",
            key="fleet scope convention year",
        ),
        _table(
            "orders_quarterly",
            "mart",
            "Orders of one operator and scope in one quarter.",
            "operator scope quarter quarter_start orders " + _EVIDENCE,
            key="operator scope quarter",
        ),
        _table(
            "orders_monthly",
            "mart",
            "Orders of one operator and scope in one month.",
            "operator scope month orders " + _EVIDENCE,
            key="operator scope month",
        ),
        _table(
            "orders_cumulative",
            "mart",
            "Orders of one operator and scope up to a day: as published, and as derived from quarters.",
            "operator scope as_of basis orders bound contains_unsourced contains_lower_bound issued_on",
            key="operator scope as_of basis",
        ),
        _table(
            "bev_quarterly",
            "mart",
            "Battery-electric deliveries of one company in one quarter.",
            "company measure segment period quarter_start value unit status? " + _EVIDENCE,
            key="company measure segment period",
        ),
        _table(
            "noa_chip_share",
            "mart",
            "Share of one vendor in one segment and period. Segments have different bases.",
            "vendor measure segment period period_start period_end value unit " + _EVIDENCE,
            key="vendor measure segment period",
        ),
        _table(
            "l2_penetration",
            "mart",
            "Penetration rate of one segment and period. Segments have different bases.",
            "vendor measure segment period period_start period_end value unit " + _EVIDENCE,
            key="vendor measure segment period",
        ),
        _table(
            "forecast_series",
            "mart",
            "One figure of one period of a series that is forecast; several where it was published again.",
            f"{_SERIES} period period_start period_end value bound confidence scope_break issued_on "
            "issued_on_estimated preference choice issue_order",
            key="series period issue_order",
        ),
        _table(
            "forecast_latest",
            "mart",
            "One number of the latest forecast of one series.",
            f"{_SERIES} publication_id origin model horizon target_period target_end quantity output_type level? "
            "threshold? forecast_value imputed? lower_bounds? code_version parameters_sha256 seed",
            key="series model target_period quantity output_type level threshold",
        ),
        _table(
            "order_forecast",
            "mart",
            "Latest forecast of orders: one series, model, target period and quantity, with its intervals.",
            f"{_SERIES} publication_id origin model horizon target_period target_end quantity forecast_mean median "
            "low_50 high_50 low_80 high_80 low_95 high_95",
            key="series model target_period quantity",
        ),
        _table(
            "threshold_forecast",
            "mart",
            "Latest probability that one cumulative total has passed one threshold by one period's end.",
            f"{_SERIES} publication_id origin model threshold target_period target_end probability passing_early? "
            "passing_median? passing_late?",
            key="series model threshold target_period",
        ),
        _table(
            "forecast_scorecard",
            "mart",
            "How one model did on one series (or all) from the origins of one year (or all).",
            "basis truth_basis quantity measure series model origin_year? forecasts mean_scaled_error? "
            "mean_scaled_crps? relative_error? relative_crps? coverage_50 coverage_80 coverage_95",
            key="basis truth_basis quantity measure series model origin_year",
        ),
        _table(
            "claim_review",
            "mart",
            "One claim with the verdict that this warehouse gives it, and why.",
            "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh "
            "verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
            key="claim",
        ),
        _table(
            "incidents_monthly",
            "mart",
            "Crash reports and incidents of one operator (or all) in one month.",
            "operator scope month reports incidents incidents_shared incidents_injury bound",
            key="operator scope month",
        ),
        _table(
            "incident_rate",
            "mart",
            "Incidents per million kilometres of one operator and report year, or why there is no rate.",
            "operator scope report_year period_start period_end incidents distance_km? incidents_per_million_km? "
            "incidents_per_million_km_low? incidents_per_million_km_high? bound reason?",
            key="operator scope report_year reason",
        ),
        _table(
            "mileage_vintage",
            "mart",
            "What one filing said of one operator, scope and month, and from when to when that was in force.",
            "operator scope month state_known distance_km? bound known_from known_to? filing",
            key="operator scope month filing known_from",
        ),
        _table(
            "orders_vintage",
            "mart",
            "The figure of orders of one operator, scope and period that was the best known, and from when to when.",
            "operator scope measure period period_start period_end state_known orders? bound? confidence? known_from "
            "known_to? filing? figure?",
            key="operator scope measure period_start period_end known_from",
        ),
        _table(
            "record_change",
            "mart",
            "One column of one keyed record that an edition has otherwise than the edition it replaces.",
            "source supersedes filing record_key change column_name old? new?",
            key="filing record_key column_name",
        ),
        _table(
            "coverage",
            "mart",
            "What is held of one source, operator, scope and period, and what is missing and why.",
            "source operator? scope? measure period period_start period_end status reason? filing?",
            key="source operator scope measure period_start period_end status filing",
        ),
        # Lineage: every figure of every mart, and what it is made of
        _table(
            "lineage",
            "lineage",
            "One figure of a mart and one record of the core tables that it is made of.",
            "mart figure_key column_name part core_table core_key filing? contribution?",
            key="mart figure_key column_name core_table core_key part",
        ),
        # Cross-checks: tables of all pairs compared
        *(
            _table(
                name,
                "crosscheck",
                describes,
                "filing? operator scope? subject left_value right_value difference tolerance unexplained reason?",
                key="filing operator scope subject",
                optional=optional,
            )
            for name, describes, optional in (
                (
                    "crosscheck_events",
                    "Events of the disengagement filing against the count printed in the mileage filing.",
                    False,
                ),
                (
                    "crosscheck_months",
                    "Months of one filer against its printed annual total, in miles.",
                    False,
                ),
                (
                    "crosscheck_vehicle_months",
                    "Months of one vehicle record against its printed annual total, in miles.",
                    True,
                ),
                (
                    "crosscheck_month_set",
                    "Months that a filer has against the months of the filing's period.",
                    False,
                ),
                (
                    "crosscheck_cumulative",
                    "A cumulative figure against the one before it: it never falls.",
                    False,
                ),
                (
                    "crosscheck_figures",
                    "The published figure of a cell against every other figure of the same cell.",
                    False,
                ),
                (
                    "crosscheck_accounts",
                    "Records read of each filing against those loaded, superseded, rejected and blank.",
                    False,
                ),
                (
                    "crosscheck_reported",
                    "Annual totals of the DMV's files against the same totals as quoted elsewhere.",
                    False,
                ),
            )
        ),
    )
}


def tables(*kinds: Kind) -> list[Table]:
    """The tables of these kinds (without any: of all), in the order of the dictionary."""
    return [table for table in TABLES.values() if not kinds or table.kind in kinds]
