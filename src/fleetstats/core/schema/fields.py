"""Every column, with type, unit and description, once."""

from __future__ import annotations

from collections.abc import Iterator

from fleetstats.core.schema.model import Field
from fleetstats.core.schema.vocabulary import BOUNDS, DRIVERS, INITIATED_BY, LOCATIONS, VERDICTS
from fleetstats.core.statistics import CONFIDENCE_PERCENT, EARLY, INTERVALS, LATE

_POISSON = f"the exact two-sided {CONFIDENCE_PERCENT} % Poisson interval"


def _fields() -> Iterator[Field]:
    def text(name: str, description: str, values: tuple[str, ...] = ()) -> Field:
        return Field(name, "text", description, values=values)

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
    yield text(
        "document",
        "Name of the edition that holds the figures or would hold them, without `-amended-…`; none of figures that are no one "
        "edition's",
    )
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
    yield text("km_high_bound", "How firm km_high itself is", BOUNDS)
    yield Field("value", "figure", "The figure, in `unit`", minimum=0)
    yield text("unit", "Unit of the value")
    yield text(
        "bound", "exact, at_least, at_most, between, approximate or derived: part of the number", BOUNDS
    )
    yield Field("orders", "figure", "Orders (rides, trips) served", "order", minimum=0)
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
    yield Field(
        "incidents_per_million_km",
        "ratio",
        "Incidents per million kilometres",
        "1/1,000,000 km",
        minimum=0,
    )
    yield Field(
        "incidents_per_million_km_low",
        "ratio",
        f"Low end of {_POISSON}",
        "1/1,000,000 km",
        minimum=0,
    )
    yield Field(
        "incidents_per_million_km_high",
        "ratio",
        f"High end of {_POISSON}",
        "1/1,000,000 km",
        minimum=0,
    )
    yield Field("months", "count", "Months that the quarter has in the data, 1 to 3")
    yield Field("months_held", "count", "Months with a figure from `since` to this one")
    yield Field("months_missing", "count", "Months without a figure between `since` and this one")
    yield Field("km_per_disengagement", "ratio", "Kilometres per disengagement", "km", minimum=0)
    yield Field(
        "km_per_disengagement_low",
        "ratio",
        f"Low end of {_POISSON}",
        "km",
        minimum=0,
    )
    yield Field(
        "km_per_disengagement_high",
        "ratio",
        f"High end of {_POISSON}",
        "km",
        minimum=0,
    )
    yield Field(
        "lower",
        "ratio",
        f"Low end of the expected number, exact two-sided {CONFIDENCE_PERCENT} % (Garwood 1936)",
        minimum=0,
    )
    yield Field(
        "upper",
        "ratio",
        f"High end of the expected number, exact two-sided {CONFIDENCE_PERCENT} % (Garwood 1936)",
        minimum=0,
    )
    yield Field("scope_break", "boolean", "The figure reaches over a change of scope: read it with care")
    yield text(
        "basis",
        "year or cumulative; of orders published or derived (from quarters); of scores live or backtest",
    )
    yield text(
        "convention",
        "exact (1 mi = 1.609344 km) or report_1_6 (1 mi = 1.6 km, as in the 2024 report)",
        ("exact", "report_1_6"),
    )
    yield Field("contains_unsourced", "boolean", "A figure without a page behind it is part of the sum")
    yield Field("contains_lower_bound", "boolean", "A figure that is only a lower bound is part of the sum")
    # Vehicles and events
    yield text("vin", "Vehicle identification number, in capitals, as far as it is published")
    yield Field("vin_masked", "boolean", "Only the last four characters are published")
    yield Field("cell_blank", "boolean", "The cell was empty and counts as 0")
    yield text("capable_without_driver", "The vehicle can operate without a driver: yes, no")
    yield text("driver_present", "A driver was present: yes, no")
    yield text("initiated_by", "Who initiated it: " + ", ".join(INITIATED_BY), INITIATED_BY)
    yield text("initiated_by_printed", "The same as printed")
    yield text("location", "Where: " + ", ".join(LOCATIONS), LOCATIONS)
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
    yield text("driver", "Who could drive: " + ", ".join(DRIVERS), DRIVERS)
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
        ("left_out", "kept"),
    )
    # Accounts and checks
    yield text("source_text", "The record as it stands in the file")
    yield Field("expected", "boolean", "A reviewed line says that this record is not to be loaded")
    yield text(
        "action",
        "What the correction does: override, drop, scale, reassign, flag",
        ("override", "drop", "scale", "reassign", "flag"),
    )
    yield text(
        "addresses",
        "What the record number counts in: the original, or the digest (our file of its figures)",
        ("original", "digest"),
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
    yield Field("tolerance", "figure", "Largest difference that needs no explanation", minimum=0)
    yield Field(
        "unexplained", "integer", "1 where the difference is over the tolerance and no reason is on file"
    )
    yield text("run_id", "The run that wrote this row")
    yield text(
        "publication_id",
        "The publication, named by all it was built from and the forecasts and scores that it shows",
    )
    yield text(
        "event",
        "What happened: published, rolled_back; of a run failed, timed_out, late, recovered; of a source overdue, recovered",
    )
    yield text("fingerprint", "SHA-256 over the filings, the code and the configuration")
    yield text("code_version", "Version of fleetstats; of a forecast with a hash of its code")
    yield Field("published_at", "timestamp", "When it was published")
    yield Field("warnings", "count", "Warnings of checks and readers")
    yield text("table_name", "Table checked")
    yield Field("row_count", "count", "Rows of the table")
    yield text(
        "content_checksum",
        "Sums of the two halves of the MD5 of every row, hexadecimal; see docs/security.md",
    )
    yield text("delivery", "Whether it was told to FLEETSTATS_NOTIFY_URL: told, nobody is named, or why not")
    yield text("expectations_sha256", "SHA-256 of what was expected of the table, and of what checked it")
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
    yield text("frequency", "Length of the periods: M, Q or Y", ("M", "Q", "Y"))
    yield Field("issue_order", "integer", "Rank by day of issue within its cell; 1 is as first published")
    yield text("model", "Model; `combination` is the weighted combination of the others")
    yield Field("origin", "date", "Last day of the last period that the forecast knew")
    yield Field("origin_year", "integer", "Year of the origin; null for all years together")
    yield Field("horizon", "integer", "How many periods after the origin")
    yield text("target_period", "Period that is forecast, such as 2026Q3 or 2026-08")
    yield Field("target_end", "date", "Last day of the period that is forecast")
    yield text(
        "quantity", "increment (of the period) or cumulative (total at its end)", ("increment", "cumulative")
    )
    yield text(
        "output_type",
        "quantile, mean, probability (of having passed `threshold`)",
        ("quantile", "mean", "probability"),
    )
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
    for part in INTERVALS:
        yield Field(f"low_{part}", "ratio", f"Low end of the central {part} % interval, in `unit`")
        yield Field(f"high_{part}", "ratio", f"High end of the central {part} % interval, in `unit`")
        yield Field(f"inside_{part}", "boolean", f"The truth lies inside the central {part} % interval")
        yield Field(f"coverage_{part}", "ratio", f"Share of truths inside the central {part} % interval")
    yield Field("probability", "ratio", "Probability that the threshold has been passed by then")
    yield text(
        "passing_early",
        f"Period by whose end the threshold is passed with probability {EARLY / 100:g}; null: later",
    )
    yield text("passing_median", "The same with probability 0.5; null: later than all target periods")
    yield text(
        "passing_late", f"The same with probability {LATE / 100:g}; null: later than all target periods"
    )
    yield text(
        "truth_basis",
        "The truth compared with: first_published, known_today",
        ("first_published", "known_today"),
    )
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
    yield Field("mean_scaled_crps", "ratio", "Mean scaled CRPS", minimum=0)
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
