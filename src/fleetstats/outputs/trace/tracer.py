"""A published cell, followed back: the records that it is made of, what they print, and all that was done to them.

The lineage comes from the publication; what the records print is read again from the files on this machine. What
the records add has to be the cell, to the last digit: where it is not, the trace says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import BadArgument, ConfigurationError, shorten
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.model import DECIMALS, Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.units import KM_PER_MI, KM_PER_MI_REPORT, mi_to_km
from fleetstats.outputs.trace.source_records import Filings, FoundRecords
from fleetstats.outputs.trace.where_clause import Condition, parse_condition
from fleetstats.sources.printed import Printed
from fleetstats.sources.registry import source as source_of
from fleetstats.warehouse.lineage import LINEAGE

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings
    from fleetstats.warehouse.base import Ask
from fleetstats.outputs.trace.model import Cell, Part, Trace, plain_number
from fleetstats.outputs.trace.sql import equals, is_one_of

LIMIT = 20
"""Rows of a mart that are traced at once unless told otherwise."""


_HINTS = 12


_ADDS_UP = ("count", *DECIMALS)


_LEDGER_OF: dict[str, dict[str, tuple[str, float | None]]] = {
    "forecast_latest": {},
    "order_forecast": {
        "forecast_mean": ("mean", None), "median": ("quantile", 0.5),
        "low_50": ("quantile", 0.25), "high_50": ("quantile", 0.75), "low_80": ("quantile", 0.1),
        "high_80": ("quantile", 0.9), "low_95": ("quantile", 0.025), "high_95": ("quantile", 0.975),
    },
    "threshold_forecast": {"probability": ("probability", None)},
}  # fmt: skip
"""Marts of forecasts: which number of the ledger each column is."""


_FORECAST_KEY = ("series", "model", "target_period", "quantity", "output_type", "level", "threshold")


_SAME_CELL = (
    "source", "operator", "scope", "area", "measure", "segment", "region", "period_start", "period_end", "as_of",
)  # fmt: skip


_TENS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "thousand": 10**3, "million": 10**6, "billion": 10**9}


def trace(
    settings: Settings,
    mart: str,
    where: str | None = None,
    *,
    column: str | None = None,
    limit: int = LIMIT,
    as_of: date | None = None,
) -> Trace:
    """Follow the rows of `mart` for which the condition `where` holds (default: all) back to their records.

    `column` is the one to follow (default: every column that has lineage). Reads the publication and the files on
    this machine; writes nothing. Raises `BadArgument` for a mart, column or condition that there is not, for no row
    and for more than `limit`; `ConfigurationError` where nothing is published, or nothing with lineage.
    """
    spec = _mart(mart)
    if column is not None and column not in spec.columns:
        raise BadArgument(f"{mart} has no column {shorten(column)}\n  expected: {', '.join(spec.columns)}")
    condition = parse_condition(where, spec) if where is not None else Condition("1 = 1", ())
    return _followed(
        settings, spec, where or "", lambda tracer: tracer.matching(spec, condition, limit), column, as_of
    )


def trace_figures(
    settings: Settings, mart: str, figure_keys: Iterable[str], *, as_of: date | None = None
) -> Trace:
    """Follow the rows of `mart` with these keys, as the column `figure_key` of `lineage` gives them.

    For a page that lists them: a row that is no longer there is left out. Otherwise as `trace`.
    """
    spec = _mart(mart)
    condition = is_one_of(key_text(spec, "t"), figure_keys)
    return _followed(settings, spec, "", lambda tracer: tracer.rows(spec, condition), None, as_of)


def _followed(
    settings: Settings,
    spec: Table,
    where: str,
    chosen: Callable[[_Tracer], list[dict[str, Any]]],
    column: str | None,
    as_of: date | None,
) -> Trace:
    from fleetstats.warehouse.registry import open_warehouse

    warehouse = open_warehouse(settings, as_of)
    if warehouse.state() is None and settings.warehouse_url is not None:
        raise ConfigurationError("nothing has been published yet\n  to do:    fleetstats run")
    with warehouse.questions() as ask:
        tracer = _Tracer(ask, Filings(settings))
        cells = tracer.cells(spec, chosen(tracer), column)
        [published, *_] = ask("select * from publication order by published_at desc, run_id desc") or [{}]
        return Trace(
            publication={
                "place": warehouse.place,
                **{k: str(published.get(k)) for k in ("publication_id", "published_at", "code_version")},
            },
            mart=spec.name,
            where=where,
            cells=cells,
            filings=tracer.filings(),
        )


def _mart(name: str) -> Table:
    if name not in TABLES or TABLES[name].kind != "mart":
        raise BadArgument(
            f"there is no mart {shorten(name)}\n  expected: {', '.join(t.name for t in tables('mart'))}"
        )
    return TABLES[name]


class _Tracer:
    """Asks one publication. What was followed once is not followed again."""

    def __init__(self, ask: Ask, files: Filings) -> None:
        self._ask = ask
        self._files = files
        self._filings: dict[str, dict[str, Any]] = {}
        self._known: dict[tuple[str, str], list[Cell]] = {}
        self._sources: dict[tuple[str, str, str], FoundRecords] = {}
        # Of a publication without lineage DuckDB has no such table, and PostgreSQL an empty one
        there = ask(f"select 1 as one from information_schema.tables where table_name = '{LINEAGE}'")  # noqa: S608 - our names
        if not there or not ask(f"select 1 as one from {LINEAGE} limit 1"):  # noqa: S608 - our names
            raise ConfigurationError(
                "this publication was built before there was lineage\n  to do:    fleetstats run --force"
            )

    # The cells

    def matching(self, spec: Table, condition: Condition, limit: int) -> list[dict[str, Any]]:
        """The rows of a mart for which a condition holds, each with its `figure_key_`."""
        rows = self.rows(spec, condition.sql, limit + 1)
        if not rows:
            hints = [self._values(spec, name) for name in condition.columns[:4]]
            raise BadArgument("\n".join([f"no row of {spec.name} is like that", *hints]))
        if len(rows) > limit:
            [count] = self._ask(f"select count(*) as n from {spec.name} where {condition.sql}")  # noqa: S608 - parsed
            raise BadArgument(
                f"{count['n']:,} rows of {spec.name} are like that, more than {limit}\n"
                f"  to do:    name its key ({', '.join(spec.key)}) in --where, or raise --limit"
            )
        return rows

    def _values(self, spec: Table, column: str) -> str:
        found = self._ask(f"select distinct {column} as v from {spec.name} order by 1 limit {_HINTS + 1}")  # noqa: S608 - our names
        texts = [shorten(str(row["v"]), 40) for row in found[:_HINTS]]
        return f"  {column} is: {', '.join(texts)}{', …' if len(found) > _HINTS else ''}"

    def rows(self, spec: Table, condition: str, limit: int | None = None) -> list[dict[str, Any]]:
        """The rows of a table for which a condition of ours, or a parsed one, holds; each with its `figure_key_`."""
        columns = ", ".join(f"t.{name}" for name in spec.columns)
        return self._ask(
            f"select {key_text(spec, 't')} as figure_key_, {columns} from {spec.name} as t where {condition} "  # noqa: S608 - parsed or ours
            f"order by {', '.join(f't.{name}' for name in spec.key)}"
            + (f" limit {limit}" if limit is not None else "")
        )

    def cells(self, spec: Table, rows: Sequence[dict[str, Any]], column: str | None) -> list[Cell]:
        """The cells of rows, followed back."""
        keys = {row["figure_key_"] for row in rows}
        lines: dict[str, list[dict[str, Any]]] = {}
        for line in self._ask(
            f"select * from {LINEAGE} where mart = '{spec.name}' and {is_one_of('figure_key', keys)} "  # noqa: S608 - quoted
            "order by figure_key, column_name, core_table, core_key, part"
        ):
            lines.setdefault(line["figure_key"], []).append(line)
        parts = self._parts([line for found in lines.values() for line in found])
        cells: list[Cell] = []
        for row in rows:
            mine = lines.get(row["figure_key_"], [])
            cells += self._of_row(spec, row, mine, parts, column)
        return cells

    def _of_row(
        self,
        spec: Table,
        row: dict[str, Any],
        lines: list[dict[str, Any]],
        cores: dict[tuple[str, str], dict[str, Any]],
        column: str | None,
    ) -> list[Cell]:
        lined = list(dict.fromkeys(line["column_name"] for line in lines))
        if spec.name in _LEDGER_OF:
            return [
                self._forecast(spec, row, name, lines, cores) for name in self._forecast_columns(spec, column)
            ]
        if spec.name == "record_change" and lines:
            # The column is named in the row: before and after are the records of two editions
            cell = self._cell(spec, row, lined[0], lines, lines, cores)
            cell.column, cell.value = "new", row["new"]
            return [cell]
        first = [line for line in lines if line["column_name"] == lined[0]] if lined else []
        beside = [
            name
            for name in spec.columns
            if name not in lined and name not in spec.key and self._beside(spec, name, first) is not None
        ]
        if column is None:
            wanted = lined
        elif column in lined or column in beside:
            wanted = [column]
        else:
            cell = _cell(spec, row, column)
            computed = [*lined, *beside]
            cell.says.append(
                f"computed or taken over from {', '.join(computed)}, which follow: sql/marts/{spec.name}.sql says how"
                if computed
                else "leads to no record"
            )
            cell.reconciles = None if computed or row[column] is None else False
            return [cell, *(self._cell(spec, row, name, lines, first, cores) for name in computed)]
        if not wanted and not lines:
            claim = spec.name == "claim_review"
            cell = _cell(spec, row, "verdict" if claim else _main(spec))
            empty = cell.value is None or claim
            cell.says.append("no figure is held that it could rest on" if empty else "leads to no record")
            cell.reconciles = None if empty else False
            return [cell]
        return [self._cell(spec, row, name, lines, first, cores) for name in wanted]

    def _beside(self, spec: Table, column: str, first: list[dict[str, Any]]) -> str | None:
        """The column of the core rows that adds up to a column without lineage of its own, if there is one."""
        fields = {f.name: f for f in spec.fields}
        names = set()
        for line in first:
            table = TABLES[line["core_table"]]
            name = table.in_marts.get(column, column)
            if table.kind != "core" or name not in table.columns or fields[column].type not in _ADDS_UP:
                return None
            names.add(name)
        return names.pop() if len(names) == 1 else None

    def _cell(
        self,
        spec: Table,
        row: dict[str, Any],
        column: str,
        lines: list[dict[str, Any]],
        first: list[dict[str, Any]],
        cores: dict[tuple[str, str], dict[str, Any]],
    ) -> Cell:
        cell = _cell(spec, row, column)
        mine = [line for line in lines if line["column_name"] == column]
        name = column
        if not mine:
            name = self._beside(spec, column, first) or column
            mine = [
                {**line, "contribution": _decimal(cores[line["core_table"], line["core_key"]].get(name))}
                for line in first
            ]
        # What is taken off comes after what it is taken off from
        mine = sorted(mine, key=lambda line: (line["contribution"] or 0) < 0)
        cell.parts = [self._part(line, cores[line["core_table"], line["core_key"]], name) for line in mine]
        added = [part.contribution for part in cell.parts if part.contribution is not None]
        if added:
            cell.total = sum(added, Decimal(0))
            cell.reconciles = _same(cell.total, cell.value)
        elif cell.value is not None and any(f.name == column and f.type in _ADDS_UP for f in spec.fields):
            cell.reconciles = False
        if spec.name == "claim_review":
            cell.says += [f"{row['sentence_en']}", f"evidence: {row['evidence']}"]
            cell.says.append(f"computed from the figures that follow by the query in {row['claim']}.yml")
        if spec.name == "disengagement_monthly":
            cell.says += self._left_out(row)
        return cell

    # The records

    def _parts(self, lines: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
        """The rows that lines of lineage lead to, by table and key; those that are gone are empty."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        wanted: dict[str, set[str]] = {}
        for line in lines:
            wanted.setdefault(line["core_table"], set()).add(line["core_key"])
            found[line["core_table"], line["core_key"]] = {}
        for name, keys in wanted.items():
            spec = TABLES[name]
            if spec.kind == "ledger":
                for row in self._scores(spec, keys):
                    found[name, row["figure_key_"]] = row
                continue
            for row in self.rows(spec, is_one_of(key_text(spec, "t"), keys)):
                found[name, row["figure_key_"]] = row
        self._filing({str(row["filing"]) for row in found.values() if row.get("filing")})
        return found

    def _scores(self, spec: Table, keys: set[str]) -> list[dict[str, Any]]:
        key = key_text(spec, "t")
        condition = is_one_of(key, keys)
        return self._ask(
            f"select {key} as figure_key_, count(*) as scores, min(origin) as first_origin, "  # noqa: S608 - our names
            f"max(origin) as last_origin from {spec.name} as t where {condition} group by 1 order by 1"
        )

    def _part(self, line: dict[str, Any], row: dict[str, Any], column: str) -> Part:
        """One line of lineage with its core row, and what the filing prints."""
        spec = TABLES[line["core_table"]]
        part = Part(line["part"], spec.name, line["core_key"], _decimal(line["contribution"]), line["filing"])
        part.row = {k: v for k, v in row.items() if k != "figure_key_" and v is not None}
        if not row:
            part.ends_at, part.reconciles = "It leads to a row that is not there", False
            return part
        if spec.kind == "mart":
            part.cells = self._nested(spec, line["core_key"], row)
            return part
        if spec.name == "published_figure":
            self._published(part, row)
        elif spec.name in ("filing", "known_gap") or spec.kind == "ledger":
            part.ends_at = (
                "It ends here"
                if spec.kind != "ledger"
                else f"{row['scores']:,} rows of the ledger {spec.name}"
            )
        elif part.filing is not None:
            self._counted(part, row, column)
        return part

    def _nested(self, spec: Table, key: str, row: dict[str, Any]) -> list[Cell]:
        if (spec.name, key) not in self._known:
            self._known[spec.name, key] = self.cells(spec, [row], None)
        return self._known[spec.name, key]

    def _published(self, part: Part, row: dict[str, Any]) -> None:
        """A figure that a page printed: its number there, how it became the value, and why it was chosen."""
        value, printed = row["value"], row["printed"]
        part.ends_at = f"record {row['record']} of the transcription, {row['confidence']}"
        if printed is not None:
            part.records = [Printed(row["record"], "printed", printed, value)]
            part.done.append(_reading(printed, value, row["unit"]))
        elif row["derived_from"]:
            part.done.append(f"derived: {row['derived_from']}")
            keys = [word[1:] for word in row["derived_from"].split()]
            for found in self.rows(
                TABLES["published_figure"],
                f"{equals('t.filing', row['filing'])} and {is_one_of('t.figure', keys)}",
            ):
                inner = Part(
                    "input", "published_figure", found["figure_key_"], found["value"], found["filing"]
                )
                inner.row = {k: v for k, v in found.items() if k != "figure_key_" and v is not None}
                self._published(inner, found)
                cell = _cell(TABLES["published_figure"], found, "value")
                cell.parts, cell.total, cell.reconciles = [inner], found["value"], None
                part.cells.append(cell)
        else:
            part.done.append(f"no number is printed: {row['confidence']}")
        if row["unit"] == "mi" and row["distance_km"] is not None:
            part.done.append(_times(value, KM_PER_MI, row["distance_km"]))
            part.reconciles = mi_to_km(value) == row["distance_km"]
        if row["note"]:
            part.done.append(f"note: {row['note']}")
        same = " and ".join(equals(f"t.{name}", row[name]) for name in _SAME_CELL)
        others = self.rows(TABLES["figure_in_force"], f"{same} and not ({equals('t.figure', row['figure'])})")
        part.passed_over = [
            {
                k: other[k]
                for k in ("figure", "filing", "value", "unit", "bound", "confidence", "title_printed", "url")
            }
            for other in others
        ]
        self._filing({other["filing"] for other in others})
        if row["choice_reason"]:
            part.done.append(f"chosen by review: {row['choice_reason']}")
        elif others:
            part.done.append(
                f"first of {len(others) + 1} figures of this cell, by confidence and then by day of issue"
            )

    def _counted(self, part: Part, row: dict[str, Any], column: str) -> None:
        """A row that was counted from the records of a file."""
        filing = self._filings[str(part.filing)]
        counted_by = _miles(part, row, column) or column
        if (part.table, part.key, counted_by) not in self._sources:
            self._sources[part.table, part.key, counted_by] = self._files.find(
                part.table, row, filing, counted_by
            )
        source = self._sources[part.table, part.key, counted_by]
        part.ends_at, part.records = source.ends_at, source.records
        miles = _miles(part, row, column)
        counted = _decimal(row.get(miles or column))
        if miles is not None and counted is not None and part.contribution is not None:
            factor = KM_PER_MI_REPORT if "1.6 km" in part.part else KM_PER_MI
            part.done.append(_times(counted, factor, part.contribution))
            part.reconciles = counted * factor == part.contribution
        values = [record.value for record in part.records if record.value is not None]
        if values and counted is not None and column not in ("vehicles", "vehicles_masked"):
            found = sum(values, Decimal(0))
            part.reconciles = part.reconciles is not False and found == counted
            if len(values) > 1:
                unit = " mi" if miles else ""
                part.done.insert(
                    0, f"{len(values):,} records of the file add up to {plain_number(found)}{unit}"
                )
        numbers = {record.record for record in part.records}
        original = source.ends_at.startswith("Read again")
        part.corrections = [
            c
            for c in filing["corrections"]
            if original and c["record"] in numbers and c["action"] != "reject"
        ]
        part.done += self._decisions(part, row)

    def _decisions(self, part: Part, row: dict[str, Any]) -> list[str]:
        found = []
        measure = _measure_of(part.table)
        for d in self._doubles:
            if d["measure"] != measure or any(d[k] != row[k] for k in ("operator", "month")):
                continue
            if (d["filing"], d["permit"]) == (row["filing"], row["permit"]) and d["decision"] == "kept":
                found.append(f"in two filings, kept here: {_double(d)}")
            elif d["other_filing"] == row["filing"]:
                what = "left out there" if d["decision"] == "left_out" else "kept there too"
                found.append(f"in two filings, {what}: {_double(d)}")
        return found

    def _left_out(self, row: dict[str, Any]) -> list[str]:
        return [
            f"left out of {d['filing']} by review: {_double(d)}"
            for d in self._doubles
            if d["decision"] == "left_out" and all(d[k] == row[k] for k in ("operator", "scope", "month"))
        ]

    @cached_property
    def _doubles(self) -> list[dict[str, Any]]:
        """The decisions on what two filings have, while both are in force."""
        return self._ask(
            "select d.* from known_double_count as d inner join filing as f on f.filing = d.filing and f.in_force "
            "inner join filing as o on o.filing = d.other_filing and o.in_force order by d.filing, d.month"
        )

    # Forecasts

    @staticmethod
    def _forecast_columns(spec: Table, column: str | None) -> list[str]:
        named = list(_LEDGER_OF[spec.name] or ["forecast_value"])
        if column is None:
            return ["median"] if "median" in named else named
        if column not in named:
            raise BadArgument(f"{column} is no number of a forecast\n  expected: {', '.join(named)}")
        return [column]

    def _forecast(
        self,
        spec: Table,
        row: dict[str, Any],
        column: str,
        lines: list[dict[str, Any]],
        cores: dict[tuple[str, str], dict[str, Any]],
    ) -> Cell:
        """A number of a forecast: its row of the ledger, and the observations it was made from."""
        cell = _cell(spec, row, column)
        kind, level = _LEDGER_OF[spec.name].get(column) or (row.get("output_type"), row.get("level"))
        key = {k: row.get(k) for k in _FORECAST_KEY} | {"output_type": kind, "level": level}
        if spec.name == "threshold_forecast":
            key["quantity"] = "cumulative"
        same = [equals(k, v) for k, v in key.items()] + [
            equals(k, row[k]) for k in ("publication_id", "origin")
        ]
        found = self._ask(f"select * from forecast where {' and '.join(same)} order by sequence desc limit 1")  # noqa: S608 - quoted
        if not found:
            cell.says.append("no row of the ledger forecast is this number")
            cell.reconciles = False
            return cell
        [made] = found
        part = Part("row of the ledger", "forecast", f"sequence={made['sequence']}")
        part.row = {k: v for k, v in made.items() if v is not None}
        part.ends_at = f"row {made['sequence']:,} of the ledger forecast, row_sha256 {made['row_sha256']}"
        part.done = [
            f"made by {made['model']}, code {made['code_version']}, seed {made['seed']}",
            f"parameters_sha256 {made['parameters_sha256']}",
            f"run {made['run_id']} at {made['made_at']}, from publication {made['publication_id']}",
            f"origin {made['origin']}, {made['horizon']} periods before {made['target_period']}",
        ]
        part.done += [f"imputed: {made['imputed']}"] if made["imputed"] else []
        part.done += [f"lower bounds {made['lower_bounds']}"] if made["lower_bounds"] else []
        cell.reconciles = part.reconciles = made["forecast_value"] == row[column]
        part.done.append(self._inputs(made))
        cell.parts = [
            part,
            *(self._part(line, cores[line["core_table"], line["core_key"]], "value") for line in lines),
        ]
        return cell

    def _inputs(self, made: dict[str, Any]) -> str:
        """Whether the observations of today are those that a forecast was made from."""
        key = ("inputs", made["inputs_sha256"])
        if key not in self._known:
            from fleetstats.forecast.ledger.series import HORIZON, histories, inputs_sha256

            figures = self._ask(f"select * from forecast_series where {equals('series', made['series'])}")  # noqa: S608 - quoted
            [history] = histories(figures, self._ask("select * from orders_cumulative"))
            truths = history.known()
            series = history.as_series(truths)
            same = series is not None and made["inputs_sha256"] == inputs_sha256(
                series,
                truths.total(series.end),
                history.scope_of(truths),
                HORIZON[history.frequency],
                made["seed"],
            )
            self._known[key] = []
            self._same_inputs = same
        return (
            f"from the observations that follow: their hash is that of the ledger, {made['inputs_sha256']}"
            if self._same_inputs
            else f"the observations that follow are today's; it was made from others (inputs {made['inputs_sha256']}), "
            f"those of publication {made['publication_id']}"
        )

    # Filings

    def _filing(self, names: set[str]) -> None:
        missing = names - self._filings.keys()
        if not missing:
            return
        for row in self._ask(f"select * from filing where {is_one_of('filing', missing)}"):  # noqa: S608 - quoted
            self._filings[row["filing"]] = {**row, "corrections": []}
        for row in self._ask(
            f"select * from correction where {is_one_of('filing', missing)} order by filing, record, column_name"  # noqa: S608 - quoted
        ):
            self._filings[row["filing"]]["corrections"].append(
                {k: v for k, v in row.items() if k != "filing"}
            )

    def filings(self) -> dict[str, dict[str, Any]]:
        """The filings that were come upon, by their ids."""
        return dict(sorted(self._filings.items()))


def _measure_of(table: str) -> str | None:
    """What decisions on double counts call the figures of a core table, if there may be any."""
    code = TABLES[table].source
    counted = source_of(code).double_counts if code is not None else {}
    return next((measure for measure, c in counted.items() if c.table == table), None)


def _double(decision: dict[str, Any]) -> str:
    unit = " mi" if decision["measure"] == "mileage" else f" {decision['measure']}"
    unit = unit.removesuffix("s") if decision["value"] == 1 else unit
    both = f"{decision['filing']} and {decision['other_filing']}"
    return f"{plain_number(decision['value'])}{unit} of {both}: {decision['reason']}"


def _main(spec: Table) -> str:
    return next(
        (f.name for f in spec.fields if f.name not in spec.key and f.type in _ADDS_UP), spec.columns[-1]
    )


def _cell(spec: Table, row: dict[str, Any], column: str) -> Cell:
    unit = next((f.unit for f in spec.fields if f.name == column), None)
    if unit is None and (column == "value" or spec.name in _LEDGER_OF):
        unit = row.get("unit")
    # A row's bound is that of its figure; an end of a range has its own, or none
    bound = row.get({"km_high": "km_high_bound", "km_low": ""}.get(column, "bound"))
    return Cell(spec.name, {k: row[k] for k in spec.key}, column, row.get(column), unit, bound)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else value if isinstance(value, Decimal) else Decimal(str(value))


def _same(total: Decimal, value: Any) -> bool:
    """Whether a sum is a cell, at the scale that the cell is kept with."""
    kept = _decimal(value)
    return kept is not None and total.quantize(kept, rounding=ROUND_HALF_UP) == kept


def _miles(part: Part, row: dict[str, Any], column: str) -> str | None:
    """The column of miles that a column of kilometres is converted from, if it is one."""
    if "km" not in column.split("_"):
        return None
    miles = TABLES[part.table].miles
    if len(miles) > 1 and "high" in column.split("_") and row[miles[1]] is not None:
        return miles[1]
    return miles[0] if miles else None


def _times(number: Decimal, factor: Decimal, result: Decimal) -> str:
    return f"{plain_number(number)} mi × {factor} = {plain_number(result)} km"


def _reading(printed: str, value: Decimal | None, unit: str) -> str:
    """How a printed number became a value: `88.66万` is 88.66 × 10,000."""
    if value is None:
        return f"printed {printed}: no number"
    match = re.search(r"([\d.,]+)\s*([万萬亿]|thousand|million|billion)", printed, re.IGNORECASE)
    if match:
        tens = _TENS[match[2].lower()]
        number = match[1].replace(",", "").strip(".")
        if number.count(".") <= 1 and number and Decimal(number) * tens == value:
            return f"printed {printed}: {number} × {tens:,} = {plain_number(value)} {unit}"
    return f"printed {printed}: {plain_number(value)} {unit}"
