"""The sections besides the charts: checks, what is missing, forecasts, claims, and the vintage's sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats.charts.claims import VERDICTS
from fleetstats.charts.coverage import STATUS
from fleetstats.core.words import Said, Written, message, name_in_data
from fleetstats.outputs.report.tables import trace_link
from fleetstats.outputs.report.words import anchor, figure
from fleetstats.warehouse.queries import statement

if TYPE_CHECKING:
    from fleetstats.warehouse.base import Reader, State

Row = dict[str, Any]


@dataclass
class Checks:
    """What was checked of this publication: expectations, and pairs of figures compared."""

    total: int = 0
    tables: int = 0
    failed: list[Row] = field(default_factory=list)
    crosschecks: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def checks(reader: Reader, state: State) -> Checks:
    """The results of the run that published."""
    results = reader.query(
        "select table_name, column_name, expectation, severity, success from check_result where run_id = $run_id",
        {"run_id": state.run_id},
    ).to_pylist()
    compared = []
    for name in sorted(n for n in state.rows if n.startswith("crosscheck_")):
        counts = reader.query(
            statement(
                "select count(*) as pairs, sum(case when difference = 0 then 1 else 0 end) as equal, "
                "sum(case when reason is not null then 1 else 0 end) as explained, sum(unexplained) as unexplained "
                "from {table}",
                table=name,
            )
        ).to_pylist()[0]
        compared.append({"name": name, **{k: int(v or 0) for k, v in counts.items()}})
    return Checks(
        total=len(results),
        tables=len({r["table_name"] for r in results}),
        failed=[r for r in results if not r["success"]],
        crosschecks=compared,
        warnings=list(state.warnings),
    )


def missing(reader: Reader, until: date) -> list[Row]:
    """What is not held of the time to the end of the quarter, the latest first."""
    rows = reader.query(
        "select c.source, s.title_en as source_en, s.title_zh as source_zh, c.operator, o.name_en, o.name_zh, c.scope, "
        "p.title_en as scope_en, p.title_zh as scope_zh, c.measure, c.period, c.period_start, "
        "c.period_end, c.status, c.reason "
        "from coverage as c left join source as s on s.source = c.source left join operator as o on "
        "o.operator = c.operator "
        "left join scope as p on p.scope = c.scope "
        "where c.status <> 'held' and c.period_start <= $until "
        "order by c.period_end desc, c.source, c.scope, c.operator, c.measure",
        {"until": until},
    ).to_pylist()  # fmt: skip
    found = []
    for r in rows:
        operator, scope = str(r["operator"] or ""), str(r["scope"] or "")
        found.append(
            {
                "anchor": anchor("gap", r["source"], operator, scope, r["measure"], r["period"], r["status"]),
                "source": name_in_data(r, "source", r["source"]),
                "operator": name_in_data(r, "name", operator),
                "scope": name_in_data(r, "scope", scope),
                "measure": str(r["measure"]).replace("_", " "),
                "period": r["period"],
                "status": STATUS.get(r["status"], str(r["status"])),
                "code": r["status"],
                "reason": r["reason"] or "",
            }
        )
    return found


@dataclass
class Forecasts:
    """What is forecast from this quarter on, and what had been forecast for it."""

    ahead: list[Row] = field(default_factory=list)
    thresholds: list[Row] = field(default_factory=list)
    about: list[Row] = field(default_factory=list)
    card: list[Row] = field(default_factory=list)


class _Names:
    """Series as readers call them: the operator and the scope of their figures."""

    def __init__(self, reader: Reader) -> None:
        self._of = {
            (kind, r["code"]): name_in_data(r, "name", r["code"])
            for kind, query in (
                ("operator", "select operator as code, name_en, name_zh from operator"),
                ("scope", "select scope as code, title_en as name_en, title_zh as name_zh from scope"),
            )
            for r in reader.query(query).to_pylist()
        }

    def of(self, row: Row) -> Said:
        """The words for a row with `operator` and `scope`; its series where they say nothing."""
        operator, scope = (self._of.get((kind, row[kind])) for kind in ("operator", "scope"))
        if operator is None or scope is None:
            return str(row["series"])
        return message("{operator}, {scope}", operator=operator, scope=scope)


def _range(low: float, high: float) -> Said:
    ends = (
        Written(lambda words: words.habits.quantity(low)),
        Written(lambda words: words.habits.quantity(high)),
    )
    return message("{low} to {high}", low=ends[0], high=ends[1])


def forecasts(reader: Reader, state: State, until: date) -> Forecasts:
    """From the marts of forecasts; empty where they are not published or know nothing of this time."""
    found = Forecasts()
    names = _Names(reader)
    if "order_forecast" in state.rows:
        for r in reader.query(
            "select series, operator, scope, model, origin, target_period, quantity, median, low_50, high_50, low_95, "
            "high_95 from order_forecast "
            "where model = 'combination' and origin <= $until and target_end > $until order by series, "
            "quantity, target_period",
            {"until": until},
        ).to_pylist():
            found.ahead.append(
                {**r, "name": names.of(r),
                 "anchor": anchor("r", "order_forecast", r["series"], r["quantity"], r["target_period"]),
                 "median": figure(r["median"]), "half": _range(r["low_50"], r["high_50"]),
                 "most": _range(r["low_95"], r["high_95"])}
            )  # fmt: skip
    if "threshold_forecast" in state.rows:
        found.thresholds = [
            {**r, "threshold": figure(float(r["threshold"])), "name": names.of(r),
             "anchor": anchor("r", "threshold_forecast", r["series"], r["threshold"])}
            for r in reader.query(
                "select distinct series, operator, scope, origin, threshold, passing_early, passing_median, "
                "passing_late from threshold_forecast "
                "where model = 'combination' and origin <= $until order by series, threshold",
                {"until": until},
            ).to_pylist()
        ]  # fmt: skip
    if "forecast_scorecard" in state.rows:
        found.card = [
            {**r, "anchor": anchor("r", "forecast_scorecard", r["basis"], r["series"], r["model"])}
            for r in reader.query(
                "select basis, series, model, forecasts, relative_crps, coverage_50, coverage_80, "
                "coverage_95 from forecast_scorecard "
                "where truth_basis = case basis when 'live' then 'first_published' else 'known_today' end "
                "and quantity = 'increment' and measure = 'all' "
                "and series = 'all' "
                "and origin_year is null order by basis desc, relative_crps"
            ).to_pylist()
        ]  # fmt: skip
        found.about = _about(reader, until, names)
    return found


def _about(reader: Reader, until: date, names: _Names) -> list[Row]:
    """Forecasts of this very quarter made a quarter before: those of the ledger, and those made anew."""
    columns = (
        "series, operator, scope, model, origin, target_period, quantity, median, truth_value, truth_bound, "
        "inside_50, inside_80, inside_95"
    ).split(", ")
    rows: list[Row] = []
    for basis, table, truth in (
        ("live", "forecast_score", "first_published"),
        ("backtest", "backtest_score", "known_today"),
    ):
        scored = statement(
            "select {columns} from {table} where target_end = $until and quantity = 'increment' "
            "and truth_basis = $truth and horizon = 1 and measure = 'orders' "
            "and model in ('combination', 'seasonal_naive')",
            columns=columns,
            table=table,
        )
        found = reader.query(scored, {"until": until, "truth": truth}).to_pylist()
        rows += [{"basis": basis, **row} for row in found]
    rows.sort(key=lambda r: (r["series"], r["basis"], r["model"], str(r["origin"])))
    return [
        {**r, "anchor": anchor("r", r["basis"], r["series"], r["model"], r["origin"]), "name": names.of(r),
         "median": figure(r["median"]), "truth": figure(r["truth_value"])}
        for r in rows
    ]  # fmt: skip


def claims(reader: Reader, state: State) -> list[Row]:
    """The claims with their verdicts."""
    if "claim_review" not in state.rows:
        return []
    found = []
    for r in reader.query("select * from claim_review order by claim_number, claim").to_pylist():
        hue, sign, verdict = VERDICTS.get(r["verdict"], ("grey", "–", r["verdict"]))
        found.append(
            {
                "anchor": anchor("r", "claim_review", r["claim"]),
                "claim": r["claim"],
                "trace": trace_link("claim_review", anchor("r", "claim_review", r["claim"])),
                "number": r["claim_number"],
                "statement": name_in_data(r, "statement", ""),
                "verdict": verdict,
                "sign": sign,
                "hue": hue,
                "sentence": name_in_data(r, "sentence", ""),
                "missing": name_in_data(r, "missing", "") if r["missing_en"] else "",
            }
        )
    return found
