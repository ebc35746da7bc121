"""One publication, asked for what a trace needs of it; what was asked once is not asked again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from fleetstats.core.errors import BadArgument, ConfigurationError, shorten
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.model import Table
from fleetstats.outputs.trace.conditions import Condition, is_one_of
from fleetstats.warehouse.base import Parameters, Reader
from fleetstats.warehouse.lineage import LINEAGE
from fleetstats.warehouse.queries import Sql, statement

_HINTS = 12


class Published:
    """Asks one publication; raises `ConfigurationError` if it has no lineage."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._filings: dict[str, dict[str, Any]] = {}
        # Of a publication without lineage DuckDB has no such table, and PostgreSQL an empty one
        some = statement("select 1 as one from {lineage} limit 1", lineage=LINEAGE)
        if LINEAGE not in reader.tables() or not self.ask(some):
            raise ConfigurationError(
                "this publication was built before there was lineage\n  to do:    fleetstats run --force"
            )

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """The rows of a query."""
        found: list[dict[str, Any]] = self._reader.query(sql, parameters).to_pylist()
        return found

    def last(self) -> dict[str, Any]:
        """The last line of the ledger of publications."""
        lines: list[dict[str, Any]] = self._reader.table("publication").to_pylist()
        return max(lines, key=lambda line: (line["published_at"], line["run_id"]), default={})

    def matching(self, spec: Table, condition: Condition, limit: int) -> list[dict[str, Any]]:
        """The rows of a mart for which a condition holds, each with its `figure_key_`."""
        rows = self.rows(spec, condition, limit + 1)
        if not rows:
            hints = [self._values(spec, name) for name in condition.columns[:4]]
            raise BadArgument("\n".join([f"no row of {spec.name} is like that", *hints]))
        if len(rows) > limit:
            counted = statement(
                "select count(*) as n from {table} where {condition}",
                table=spec.name,
                condition=condition.sql,
            )
            [count] = self.ask(counted, condition.parameters)
            raise BadArgument(
                f"{count['n']:,} rows of {spec.name} are like that, more than {limit}\n"
                f"  to do:    name its key ({', '.join(spec.key)}) in --where, or raise --limit"
            )
        return rows

    def _values(self, spec: Table, column: str) -> str:
        sql = statement(
            "select distinct {column} as v from {table} order by 1 limit $most",
            column=column,
            table=spec.name,
        )
        found = self.ask(sql, {"most": _HINTS + 1})
        texts = [shorten(str(row["v"]), 40) for row in found[:_HINTS]]
        return f"  {column} is: {', '.join(texts)}{', …' if len(found) > _HINTS else ''}"

    def rows(self, spec: Table, condition: Condition, limit: int | None = None) -> list[dict[str, Any]]:
        """The rows of a table for which a condition holds; each with its `figure_key_`."""
        sql = statement(
            "select {figure_key} as figure_key_, {columns} from {table} as t where {condition} order by {key}",
            figure_key=Sql(key_text(spec, "t")),
            columns=[f"t.{name}" for name in spec.columns],
            table=spec.name,
            condition=condition.sql,
            key=[f"t.{name}" for name in spec.key],
        )
        if limit is None:
            return self.ask(sql, condition.parameters)
        return self.ask(f"{sql} limit $most", {**condition.parameters, "most": limit})

    def lineage(self, mart: str, keys: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """The lines of lineage of these rows of a mart, by the key of the row."""
        chosen = is_one_of("figure_key", keys)
        sql = statement(
            "select * from {lineage} where mart = $mart and {chosen} "
            "order by figure_key, column_name, core_table, core_key, part",
            lineage=LINEAGE,
            chosen=chosen.sql,
        )
        lines: dict[str, list[dict[str, Any]]] = {}
        for line in self.ask(sql, {**chosen.parameters, "mart": mart}):
            lines.setdefault(line["figure_key"], []).append(line)
        return lines

    def scores(self, spec: Table, keys: Iterable[str]) -> list[dict[str, Any]]:
        """How many rows of a ledger have each of these keys, and the origins between which they lie."""
        key = key_text(spec, "t")
        chosen = is_one_of(key, keys)
        sql = statement(
            "select {figure_key} as figure_key_, count(*) as scores, min(origin) as first_origin, "
            "max(origin) as last_origin from {table} as t where {chosen} group by 1 order by 1",
            figure_key=Sql(key),
            table=spec.name,
            chosen=chosen.sql,
        )
        return self.ask(sql, chosen.parameters)

    @cached_property
    def double_counts(self) -> list[dict[str, Any]]:
        """The decisions on what two filings have, while both are in force."""
        return self.ask(
            "select d.* from known_double_count as d inner join filing as f on f.filing = d.filing and f.in_force "
            "inner join filing as o on o.filing = d.other_filing and o.in_force order by d.filing, d.month"
        )

    def note_filings(self, names: Iterable[str]) -> None:
        """These filings were come upon."""
        missing = set(names) - self._filings.keys()
        if not missing:
            return
        chosen = is_one_of("filing", missing)
        filings = statement("select * from filing where {chosen}", chosen=chosen.sql)
        for row in self.ask(filings, chosen.parameters):
            self._filings[row["filing"]] = {**row, "corrections": []}
        corrections = statement(
            "select * from correction where {chosen} order by filing, record, column_name", chosen=chosen.sql
        )
        for row in self.ask(corrections, chosen.parameters):
            self._filings[row["filing"]]["corrections"].append(
                {k: v for k, v in row.items() if k != "filing"}
            )

    def filing(self, name: str) -> dict[str, Any]:
        """A filing that was come upon, with its corrections."""
        return self._filings[name]

    def filings(self) -> dict[str, dict[str, Any]]:
        """The filings that were come upon, by their ids."""
        return dict(sorted(self._filings.items()))
