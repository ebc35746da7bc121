"""From a row of a mart to the filings and pages that it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fleetstats.report.words import anchor
from fleetstats.warehouse import Warehouse

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The page that prints a figure."""

    figure: str
    title: str
    url: str | None
    derived: bool = False


@dataclass
class Source:
    """What a row rests on: filings, and the page of a transcribed figure."""

    filings: tuple[str, ...] = ()
    page: Page | None = None
    href: str = ""


@dataclass
class Evidence:
    """Looks up sources; every set of filings that occurs has a place of its own on the page."""

    months: dict[tuple[str, str, date], set[str]] = field(default_factory=dict)
    years: list[Row] = field(default_factory=list)
    figures: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    filings: dict[str, Row] = field(default_factory=dict)
    groups: dict[tuple[str, ...], str] = field(default_factory=dict)

    def _source(self, filings: Iterable[str], page: Page | None = None) -> Source:
        names = tuple(sorted(set(filings)))
        if len(names) == 1:
            return Source(names, page, "#" + anchor("filing", names[0]))
        if not names:
            return Source()
        group = self.groups.setdefault(names, f"from-{len(self.groups) + 1}")
        return Source(names, page, f"#{group}")

    def of_months(self, operator: str, scope: str, first: date | None, last: date) -> Source:
        """The mileage filings of an operator's months."""
        return self._source(
            filing
            for (op, sc, month), names in self.months.items()
            if (op, sc) == (operator, scope) and month <= last and (first is None or month >= first)
            for filing in names
        )

    def of_years(self, operator: str, scope: str, report_year: int, *, cumulative: bool) -> Source:
        """The mileage filings of an operator's report years."""
        return self._source(
            r["filing"]
            for r in self.years
            if (r["operator"], r["scope"]) == (operator, scope)
            and (r["report_year"] == report_year or (cumulative and r["report_year"] <= report_year))
        )

    def of_figure(self, operator: str, measure: str, scope: str | None, when: object) -> Source:
        """The filing and the page of a transcribed figure."""
        found = self.figures.get((operator, measure, scope, when))
        if found is None:
            return Source()
        title = found["title_printed"]
        url = found["url"] if str(found["url"] or "").startswith(("http://", "https://")) else None
        page = Page(found["figure"], title or "", url, found["confidence"] == "derived")
        return self._source([found["filing"]], page)

    def of_source(self, source: str) -> Source:
        """All filings of a source that are in force."""
        return self._source(self._in_force(source))

    def of_incidents(self, operator: str, scope: str, report_year: int) -> Source:
        """The crash reports, and the mileage that a rate divides by."""
        years = (
            r["filing"]
            for r in self.years
            if (r["operator"], r["scope"], r["report_year"]) == (operator, scope, report_year)
        )
        return self._source([*self._in_force("nhtsa_sgo"), *years])

    def _in_force(self, source: str) -> list[str]:
        return [name for name, f in self.filings.items() if f["source"] == source and f["in_force"]]


def load(warehouse: Warehouse) -> Evidence:
    """Everything that rows can be followed back to, read once."""
    evidence = Evidence()
    months: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    for r in warehouse.query(
        "select m.operator, m.scope, m.month, m.filing from cadmv_mileage_month as m "
        "join filing as f on f.filing = m.filing where f.in_force"
    ).to_pylist():
        months[r["operator"], r["scope"], r["month"]].add(r["filing"])
    evidence.months = dict(months)
    evidence.years = warehouse.query(
        "select operator, scope, report_year, filing from mileage_report_year"
    ).to_pylist()
    for r in warehouse.query(
        "select operator, measure, scope, segment, period, as_of, figure, filing, title_printed, url, confidence "
        "from figure_in_force where choice = 1 and value is not null"
    ).to_pylist():
        when = r["period"] or r["as_of"]
        evidence.figures[r["operator"], r["measure"], r["scope"], when] = r
        evidence.figures.setdefault((r["operator"], r["measure"], None, when), r)
        evidence.figures.setdefault((r["operator"], r["measure"], r["segment"], when), r)
    evidence.filings = {
        r["filing"]: r
        for r in warehouse.query(
            "select f.*, s.publisher_zh, s.title_en as source_en, s.title_zh as source_zh from filing as f "
            "join source as s on s.source = f.source order by f.source, f.filing"
        ).to_pylist()
    }
    return evidence
