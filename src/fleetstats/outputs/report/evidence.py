"""From a row of a mart to the filings and the page that it rests on, as its lineage says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fleetstats.outputs.report.words import anchor
from fleetstats.warehouse.base import Reader

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The page that prints a figure."""

    figure: str
    title: str
    url: str | None
    derived: bool = False


@dataclass(frozen=True)
class Source:
    """What a row rests on: filings with their place on the page, and the page of a transcribed figure."""

    filings: tuple[str, ...] = ()
    page: Page | None = None
    href: str = ""


@dataclass
class Evidence:
    """What rows rest on; every set of several filings that occurs has a place of its own on the page."""

    reader: Reader
    filings: dict[str, Row]
    groups: dict[tuple[str, ...], str] = field(default_factory=dict)

    def sources(self, mart: str) -> dict[str, Source]:
        """The source of each row of a mart, by its `figure_key`."""
        by_figure: dict[str, dict[str, Row]] = defaultdict(dict)
        for r in self.reader.query(
            "select distinct l.figure_key, l.core_key, l.filing, p.figure, p.title_printed, p.url, p.confidence "
            "from lineage as l left join published_figure as p on l.core_table = 'published_figure' "
            "and l.core_key = 'filing=' || p.filing || ', figure=' || p.figure "
            "where l.mart = $mart and l.filing is not null order by l.figure_key, l.core_key",
            {"mart": mart},
        ).to_pylist():
            by_figure[r["figure_key"]][r["core_key"]] = r
        return {key: self._source(found.values()) for key, found in by_figure.items()}

    def _source(self, rows: Iterable[Row]) -> Source:
        first, *others = rows
        names = tuple(sorted({first["filing"], *(r["filing"] for r in others)}))
        page = _page(first) if not others and first["figure"] is not None else None
        if len(names) == 1:
            return Source(names, page, "#" + anchor("filing", names[0]))
        group = self.groups.setdefault(names, f"from-{len(self.groups) + 1}")
        return Source(names, page, f"#{group}")


def _page(figure: Row) -> Page:
    url = figure["url"] if str(figure["url"] or "").startswith(("http://", "https://")) else None
    return Page(figure["figure"], figure["title_printed"] or "", url, figure["confidence"] == "derived")


def load(reader: Reader) -> Evidence:
    """The evidence of a publication, with its filings and their publishers."""
    return Evidence(
        reader,
        {
            r["filing"]: r
            for r in reader.query(
                "select f.*, s.publisher_zh, s.title_en as source_en, s.title_zh as source_zh from filing as f "
                "join source as s on s.source = f.source order by f.source, f.filing"
            ).to_pylist()
        },
    )
