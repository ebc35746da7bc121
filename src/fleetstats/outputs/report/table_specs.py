"""The tables of the quarter's page as data: columns, headings, queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fleetstats.core.periods import quarter_of
from fleetstats.outputs.report.evidence import Row
from fleetstats.outputs.report.words import Text, quarter_start, shifted
from fleetstats.warehouse.queries import Sql


@dataclass(frozen=True)
class Column:
    """A column that is shown: where its value is, and what it is called."""

    name: str
    head: Text
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
    title: Text
    query: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    shown: Callable[[list[Row], str], list[Row]] = lambda rows, _: rows


INCIDENTS = "incidents"
"""Tables that belong to no chart: they have a section of their own."""


_OPERATOR = Column("operator", Text("Operator", "公司"))


_SCOPE = Column("scope", Text("Scope", "统计口径"))


_KNOWN = Column("issued_on", Text("Known since", "公布日"))


_BOUND = Column("bound", Text("Bound", "界限"))


_CONFIDENCE = Column("confidence", Text("Evidence", "依据"))


_QUARTER = Column("quarter", Text("Quarter", "季度"))


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


def _km(name: str, words: Text | None = None) -> Column:
    return Column(name, words or Text("Distance, km", "里程（公里）"), number=True)


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
        Text("Cumulative distance with bounds", "累计里程及上下限"),
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
            _OPERATOR, _SCOPE, Column("convention", Text("Mile", "英里换算")), Column("through", Text("To", "截至")),
            _km("km"),
            _km("km_low", Text("At least, km", "至少（公里）")), _km("km_high", Text("At most, km", "至多（公里）")),
            _BOUND,
        ),
    ),
    Spec(
        "mileage-cumulative",
        "mileage-cumulative",
        "mileage_cumulative",
        Text("Total of each operator", "各公司累计"),
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
            _OPERATOR, _SCOPE, Column("since", Text("From", "起于")), Column("month", Text("Last month", "最后一月")),
            _km("distance_km_cumulative"),
            Column("months_missing", Text("Months missing", "缺月数"), number=True), _BOUND,
        ),
        _latest("month", "operator", "scope"),
    ),
    Spec(
        "mileage-quarterly",
        "mileage-quarterly",
        "mileage_quarterly",
        Text("Each operator and quarter", "各公司各季度"),
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
            _km("distance_mi_reported", Text("Miles reported", "申报英里")),
            Column("months", Text("Months held", "持有月数"), number=True), _BOUND,
        ),
        _five_quarters,
    ),
    Spec(
        "disengagement-rate",
        "disengagement-rate",
        "disengagement_rate",
        Text("Rates of the last report year", "最近报告年度的比率"),
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
            Column("report_year", Text("Report year", "报告年度")), _OPERATOR, _SCOPE, _km("distance_km"),
            Column("disengagements", Text("Disengagements", "脱离次数"), number=True),
            _km("km_per_disengagement", Text("km per disengagement", "每次脱离公里")),
            _km("km_per_disengagement_low", Text("95 %, low", "95%下限")),
            _km("km_per_disengagement_high", Text("95 %, high", "95%上限")),
        ),
        _latest("report_year", "scope"),
    ),
    Spec(
        "orders",
        "orders",
        "orders_quarterly",
        Text("Orders by quarter", "季度订单"),
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
        (_QUARTER, _OPERATOR, _SCOPE, Column("orders", Text("Orders", "订单"), number=True), _BOUND, _CONFIDENCE,
         _KNOWN),
    ),
    Spec(
        "orders-cumulative",
        "orders",
        "orders_cumulative",
        Text("Running totals", "累计订单"),
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
        (Column("as_of", Text("Day", "日期")), _OPERATOR, _SCOPE, Column("basis", Text("Basis", "性质")),
         Column("orders", Text("Orders", "订单"), number=True), _BOUND, _KNOWN),
    ),
    Spec(
        "robotaxi-trips",
        "robotaxi-trips",
        "orders_monthly",
        Text("Trips by month, California", "加州月度订单"),
        """
select {figure_key} as figure_key_,
    m.operator, m.scope, m.month, m.orders, m.bound, m.confidence, m.issued_on, m.title_printed, m.url, {names}
from orders_monthly as m
{joins}
where m.month <= $until and m.scope in ('cpuc_driverless', 'cpuc_unspecified')
order by m.month desc, m.operator, m.scope
""",
        ("operator", "scope", "month"),
        (Column("month", Text("Month", "月份")), _OPERATOR, _SCOPE,
         Column("orders", Text("Trips", "订单"), number=True),
         _BOUND, _CONFIDENCE, _KNOWN),
        _fifteen_months,
    ),
    Spec(
        "bev-quarterly",
        "bev-quarterly",
        "bev_quarterly",
        Text("Cars by quarter", "季度销量"),
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
        (_QUARTER, Column("operator", Text("Company", "公司")), Column("measure", Text("Measure", "指标")),
         Column("value", Text("Cars", "辆"), number=True), _BOUND, _CONFIDENCE, _KNOWN),
    ),
    Spec(
        "noa-chips",
        "noa-chips",
        "noa_chip_share",
        Text("Shares", "份额"),
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
        (Column("period", Text("Period", "时期")), Column("segment", Text("Segment", "细分市场")),
         Column("operator", Text("Vendor", "供应商")),
         Column("value", Text("Share, %", "份额（%）"), number=True), _BOUND, _CONFIDENCE,
         _KNOWN),
    ),
    Spec(
        "incident-rate",
        INCIDENTS,
        "incident_rate",
        Text("Crash reports per million km, or why there is no rate", "每百万公里事故数，或不给比率的原因"),
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
            Column("report_year", Text("Report year", "报告年度")), _OPERATOR,
            Column("incidents", Text("Incidents", "事故数"), number=True),
            Column("incidents_per_million_km", Text("Per million km", "每百万公里"), number=True),
            Column("incidents_per_million_km_low", Text("95 %, low", "95%下限"), number=True),
            Column("incidents_per_million_km_high", Text("95 %, high", "95%上限"), number=True),
            Column("reason", Text("Why there is no rate", "不给比率的原因"), long=True),
            _km("distance_km"), _SCOPE,
        ),
        _latest("report_year"),
    ),
    Spec(
        "incidents-monthly",
        INCIDENTS,
        "incidents_monthly",
        Text("Crash reports by month and reporting firm", "各申报公司各月事故报告"),
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
            Column("month", Text("Month", "月份")), _OPERATOR,
            Column("incidents", Text("Incidents", "事故数"), number=True),
            Column("incidents_injury", Text("With alleged injury", "据称有伤亡"), number=True),
            Column("incidents_shared", Text("Reported by others too", "他家亦申报"), number=True),
            Column("reports", Text("Reports", "报告数"), number=True), _BOUND,
        ),
        _last_quarter,
    ),
)  # fmt: skip


REASONS: dict[str | None, Text] = {
    "no mileage is published for this state": Text(
        "no mileage is published for this state", "该州未公布里程"
    ),
    "the reports do not say that they are of testing under a permit whose mileage is filed": Text(
        "the reports do not say that they are of testing under a permit whose mileage is filed",
        "报告未说明是否属于申报里程的测试许可",
    ),
    "its Californian reports print 'CA DMV, CA PUC': testing and service together; the mileage filed with the DMV "
    "is that of testing only": Text(
        "its Californian reports print “CA DMV, CA PUC”: testing and service together; the mileage filed with the "
        "DMV is that of testing only",
        "其加州报告标为“CA DMV, CA PUC”，测试与运营不分；申报给DMV的里程只含测试",
    ),
    "its Californian reports do not say whether the car was in testing or in service; the mileage filed with the "
    "DMV is that of testing only": Text(
        "its Californian reports do not say whether the car was in testing or in service; the mileage filed with "
        "the DMV is that of testing only",
        "其加州报告未说明车辆在测试还是在运营；申报给DMV的里程只含测试",
    ),
    "no mileage is held of this operator, scope and month": Text(
        "no mileage is held of this operator, scope and month", "未持有该公司、口径与月份的里程"
    ),
}
"""The reasons of `incident_rate` for readers of Chinese; one that is new is printed as it is."""


CODES: dict[str, Text] = {
    "exact": Text("exact", "准确"),
    "at_least": Text("at least", "至少"),
    "at_most": Text("at most", "至多"),
    "between": Text("between", "区间"),
    "approximate": Text("approximate", "约数"),
    "derived": Text("derived", "推算"),
    "high": Text("high", "高"),
    "medium": Text("medium", "中"),
    "unsourced": Text("no page found", "未找到出处"),
    "published": Text("published", "公布"),
    "report_1_6": Text("1.6 km", "1.6公里"),
    "total_deliveries": Text("all deliveries", "全部交付量"),
    "bev_passenger_sales": Text("battery-electric passenger cars", "纯电动乘用车销量"),
}
