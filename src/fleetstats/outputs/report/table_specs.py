"""The tables of the quarter's page as data: columns, headings, queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fleetstats.charts.bev_quarterly import MEASURES
from fleetstats.core.periods import quarter_of
from fleetstats.core.statistics import CONFIDENCE_PERCENT
from fleetstats.core.words import Said, message, message_in
from fleetstats.outputs.report.evidence import Row
from fleetstats.outputs.report.words import quarter_start, shifted
from fleetstats.warehouse.queries import Sql


@dataclass(frozen=True)
class Column:
    """A column that is shown: where its value is, and what it is called."""

    name: str
    head: Said
    number: bool = False
    long: bool = False


@dataclass(frozen=True)
class Spec:
    """A table of the page: which chart it belongs to, its query, and its key.

    `shown` leaves out rows that are in the downloads only. The query calls its mart `m`, gives `{figure_key}` and has
    the parameter `$until`, where the quarter ends; `PARTS` may be in it.
    """

    name: str
    chart: str
    mart: str
    title: Said
    query: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    shown: Callable[[list[Row], str], list[Row]] = lambda rows, _: rows


INCIDENTS = "incidents"
"""Tables that belong to no chart: they have a section of their own."""


_OPERATOR = Column("operator", message("Operator"))


_SCOPE = Column("scope", message("Scope"))


_KNOWN = Column("issued_on", message("Known since"))


_BOUND = Column("bound", message("Bound"))


_CONFIDENCE = Column("confidence", message("Evidence"))


_QUARTER = Column("quarter", message("Quarter"))


_JOINS = """
left join operator as o on o.operator = m.operator
left join scope as s on s.scope = m.scope
"""


PARTS: dict[str, Sql] = {
    "names": Sql(
        "o.name_en as operator_en, o.name_zh as operator_zh, s.title_en as scope_en, s.title_zh as scope_zh"
    ),
    "joins": Sql(_JOINS),
    "joins_of_fleet": Sql(_JOINS.replace("m.operator", "m.fleet")),
}
"""What several queries share: `{names}` in them is what readers call operator and scope, `{joins}` gets them."""


def _km(name: str, words: Said | None = None) -> Column:
    return Column(name, words or message("Distance, km"), number=True)


def _five_quarters(rows: list[Row], quarter: str) -> list[Row]:
    wanted = {shifted(quarter, -n) for n in range(5)}
    recent = [r for r in rows if r["quarter"] in wanted]
    if recent or not rows:
        return recent
    last = max(str(r["quarter"]) for r in rows)
    return [r for r in rows if r["quarter"] in {shifted(last, -n) for n in range(5)}]


def _fifteen_months(rows: list[Row], quarter: str) -> list[Row]:
    first = quarter_start(shifted(quarter, -4))
    recent = [r for r in rows if r["month"] >= first]
    return recent or rows[-15:]


def _last_quarter(rows: list[Row], quarter: str) -> list[Row]:
    wanted = [r for r in rows if quarter_of(r["month"]) == quarter]
    return wanted or [r for r in rows if r["month"] == rows[0]["month"]]


def _latest(column: str, *by: str) -> Callable[[list[Row], str], list[Row]]:
    def chosen(rows: list[Row], _: str) -> list[Row]:
        last: dict[tuple[Any, ...], Any] = {}
        for r in rows:
            key = tuple(r[b] for b in by)
            last[key] = max(last.get(key, r[column]), r[column])
        return [r for r in rows if r[column] == last[tuple(r[b] for b in by)]]

    return chosen


SPECS: tuple[Spec, ...] = (
    Spec(
        "beijing-vs-california",
        "beijing-vs-california",
        "beijing_vs_california",
        message("Cumulative distance with bounds"),
        """
select {figure_key} as figure_key_,
    m.fleet as operator, m.region, m.scope, m.convention, m.year, m.through, m.km, m.km_low, m.km_high,
    m.km_high_bound, m.bound, {names}
from beijing_vs_california as m
{joins_of_fleet}
where m.through <= $until
order by m.convention, m.region, m.fleet, m.scope, m.year
""",
        ("operator", "scope", "convention", "year"),
        (
            _OPERATOR, _SCOPE, Column("convention", message("Mile")), Column("through", message("To")),
            _km("km"),
            _km("km_low", message("At least, km")), _km("km_high", message("At most, km")),
            _BOUND,
        ),
    ),
    Spec(
        "mileage-cumulative",
        "mileage-cumulative",
        "mileage_cumulative",
        message("Total of each operator"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.month, m.distance_km_cumulative, m.since, m.months_held,
    m.months_missing, m.bound, {names}
from mileage_cumulative as m
{joins}
where m.month <= $until
order by m.scope desc, m.distance_km_cumulative desc, m.operator, m.month
""",
        ("operator", "scope", "month"),
        (
            _OPERATOR, _SCOPE, Column("since", message("From")), Column("month", message("Last month")),
            _km("distance_km_cumulative"),
            Column("months_missing", message("Months missing"), number=True), _BOUND,
        ),
        _latest("month", "operator", "scope"),
    ),
    Spec(
        "mileage-quarterly",
        "mileage-quarterly",
        "mileage_quarterly",
        message("Each operator and quarter"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.quarter, m.quarter_start, m.months, m.distance_km,
    m.distance_mi_reported, m.bound, {names}
from mileage_quarterly as m
{joins}
where m.quarter_start <= $until
order by m.quarter_start desc, m.scope desc, m.distance_km desc, m.operator
""",
        ("operator", "scope", "quarter"),
        (
            _QUARTER, _OPERATOR, _SCOPE, _km("distance_km"),
            _km("distance_mi_reported", message("Miles reported")),
            Column("months", message("Months held"), number=True), _BOUND,
        ),
        _five_quarters,
    ),
    Spec(
        "disengagement-rate",
        "disengagement-rate",
        "disengagement_rate",
        message("Rates of the last report year"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.report_year, m.period_start, m.period_end, m.disengagements, m.distance_km,
    m.km_per_disengagement, m.km_per_disengagement_low, m.km_per_disengagement_high, m.bound, {names}
from disengagement_rate as m
{joins}
where m.period_end <= $until
order by m.report_year desc, m.scope desc, m.distance_km desc, m.operator, m.period_start
""",
        ("operator", "scope", "report_year", "period_start"),
        (
            Column("report_year", message("Report year")), _OPERATOR, _SCOPE, _km("distance_km"),
            Column("disengagements", message_in("column", "Disengagements"), number=True),
            _km("km_per_disengagement", message("km per disengagement")),
            _km("km_per_disengagement_low", message("{level} %, low", level=CONFIDENCE_PERCENT)),
            _km("km_per_disengagement_high", message("{level} %, high", level=CONFIDENCE_PERCENT)),
        ),
        _latest("report_year", "scope"),
    ),
    Spec(
        "orders",
        "orders",
        "orders_quarterly",
        message("Orders by quarter"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.quarter, m.quarter_start, m.orders, m.bound, m.confidence, m.issued_on, m.title_printed,
    m.url, {names}
from orders_quarterly as m
{joins}
where m.quarter_start <= $until
order by m.quarter_start desc, m.operator
""",
        ("operator", "scope", "quarter"),
        (_QUARTER, _OPERATOR, _SCOPE, Column("orders", message("Orders"), number=True), _BOUND, _CONFIDENCE,
         _KNOWN),
    ),
    Spec(
        "orders-cumulative",
        "orders",
        "orders_cumulative",
        message("Running totals"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.as_of, m.basis, m.orders, m.bound, m.contains_unsourced, m.contains_lower_bound,
    m.issued_on, {names}
from orders_cumulative as m
{joins}
where m.as_of <= $until
order by m.as_of desc, m.operator, m.basis
""",
        ("operator", "scope", "as_of", "basis"),
        (Column("as_of", message("Day")), _OPERATOR, _SCOPE, Column("basis", message("Basis")),
         Column("orders", message("Orders"), number=True), _BOUND, _KNOWN),
    ),
    Spec(
        "robotaxi-trips",
        "robotaxi-trips",
        "orders_monthly",
        message("Trips by month, California"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.month, m.orders, m.bound, m.confidence, m.issued_on, m.title_printed, m.url, {names}
from orders_monthly as m
{joins}
where m.month <= $until and m.scope in ('cpuc_driverless', 'cpuc_unspecified')
order by m.month desc, m.operator, m.scope
""",
        ("operator", "scope", "month"),
        (Column("month", message("Month")), _OPERATOR, _SCOPE,
         Column("orders", message("Trips"), number=True),
         _BOUND, _CONFIDENCE, _KNOWN),
        _fifteen_months,
    ),
    Spec(
        "bev-quarterly",
        "bev-quarterly",
        "bev_quarterly",
        message("Cars by quarter"),
        """
select {figure_key} as figure_key_,
    m.company as operator, m.measure, m.period as quarter, m.quarter_start, m.value, m.unit, m.bound, m.confidence,
    m.issued_on, m.title_printed, m.url, o.name_en as operator_en, o.name_zh as operator_zh
from bev_quarterly as m
left join operator as o on o.operator = m.company
where m.quarter_start <= $until
order by m.quarter_start desc, m.company
""",
        ("operator", "measure", "quarter"),
        (_QUARTER, Column("operator", message("Company")), Column("measure", message("Measure")),
         Column("value", message("Cars"), number=True), _BOUND, _CONFIDENCE, _KNOWN),
    ),
    Spec(
        "noa-chips",
        "noa-chips",
        "noa_chip_share",
        message("Shares"),
        """
select {figure_key} as figure_key_,
    m.vendor as operator, m.measure, m.segment, m.period, m.value, m.unit, m.bound, m.confidence, m.issued_on,
    m.title_printed, m.url, o.name_en as operator_en, o.name_zh as operator_zh
from noa_chip_share as m
left join operator as o on o.operator = m.vendor
where m.period_end <= $until and m.measure = 'noa_chip_share'
order by m.period desc, m.segment desc, m.value desc
""",
        ("operator", "measure", "segment", "period"),
        (Column("period", message("Period")), Column("segment", message("Segment")),
         Column("operator", message("Vendor")),
         Column("value", message("Share, %"), number=True), _BOUND, _CONFIDENCE,
         _KNOWN),
    ),
    Spec(
        "incident-rate",
        INCIDENTS,
        "incident_rate",
        message("Crash reports per million km, or why there is no rate"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.report_year, m.period_start, m.period_end, m.incidents, m.distance_km,
    m.incidents_per_million_km, m.incidents_per_million_km_low, m.incidents_per_million_km_high, m.bound, m.reason,
    {names}
from incident_rate as m
{joins}
where m.report_year < extract(year from $until + interval '1' month)
order by m.report_year desc, case when m.reason is null then 0 else 1 end, m.incidents desc, m.operator
""",
        ("operator", "scope", "report_year", "reason"),
        (
            Column("report_year", message("Report year")), _OPERATOR,
            Column("incidents", message("Incidents"), number=True),
            Column("incidents_per_million_km", message("Per million km"), number=True),
            Column("incidents_per_million_km_low", message("{level} %, low", level=CONFIDENCE_PERCENT), number=True),
            Column("incidents_per_million_km_high", message("{level} %, high", level=CONFIDENCE_PERCENT), number=True),
            Column("reason", message("Why there is no rate"), long=True),
            _km("distance_km"), _SCOPE,
        ),
        _latest("report_year"),
    ),
    Spec(
        "incidents-monthly",
        INCIDENTS,
        "incidents_monthly",
        message("Crash reports by month and reporting firm"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.month, m.reports, m.incidents, m.incidents_shared, m.incidents_injury, m.bound,
    {names}
from incidents_monthly as m
{joins}
where m.month <= $until
order by m.month desc, case when m.operator = 'all' then 0 else 1 end, m.incidents desc, m.operator
""",
        ("operator", "scope", "month"),
        (
            Column("month", message("Month")), _OPERATOR,
            Column("incidents", message("Incidents"), number=True),
            Column("incidents_injury", message("With alleged injury"), number=True),
            Column("incidents_shared", message("Reported by others too"), number=True),
            Column("reports", message("Reports"), number=True), _BOUND,
        ),
        _last_quarter,
    ),
)  # fmt: skip


REASONS = {
    reason.text.replace("“", "'").replace("”", "'"): reason
    for reason in (
        message("no mileage is published for this state"),
        message("the reports do not say that they are of testing under a permit whose mileage is filed"),
        message(
            "its Californian reports print “CA DMV, CA PUC”: testing and service together; the mileage filed with the "
            "DMV is that of testing only"
        ),
        message(
            "its Californian reports do not say whether the car was in testing or in service; the mileage filed with "
            "the DMV is that of testing only"
        ),
        message("no mileage is held of this operator, scope and month"),
    )
}
"""The reasons of `incident_rate`, by what its column has; one that is new is printed as it is."""


CODES = {
    "exact": message("exact"),
    "at_least": message("at least"),
    "at_most": message("at most"),
    "between": message("between"),
    "approximate": message("approximate"),
    "derived": message("derived"),
    "high": message_in("confidence", "high"),
    "medium": message_in("confidence", "medium"),
    "unsourced": message("no page found"),
    "published": message("published"),
    "report_1_6": message("1.6 km"),
    **MEASURES,
}
"""Codes of the marts, for readers."""
