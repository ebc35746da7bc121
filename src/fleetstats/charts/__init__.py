"""Charts: one function each, from a tidy frame to a Figure; one style; and this registry of them all.

Nothing heavy is imported before something is drawn, so the command line and a DAG may import this freely.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from fleetstats.charts import beijing_vs_california
from fleetstats.charts.style import LANGUAGES, LIGHT, THEMES, Language, Provenance, Theme, ThemeName

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "CHARTS",
    "FORMATS",
    "LANGUAGES",
    "THEMES",
    "Chart",
    "Draw",
    "EmptyChart",
    "Format",
    "Language",
    "Provenance",
    "Theme",
    "ThemeName",
    "render",
]

Format = Literal["png", "svg"]
FORMATS: tuple[Format, ...] = ("png", "svg")
PNG_DPI = 200


class Draw(Protocol):
    """Tidy frame in, figure out: nothing is read, written or changed."""

    def __call__(
        self, frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT
    ) -> Figure: ...


@dataclass(frozen=True)
class Chart:
    """A chart: its public name, what it is about, the SQL that gives its frame, and the function."""

    name: str
    title_en: str
    title_zh: str
    query: str
    draw: Draw

    def title(self, language: Language) -> str:
        """What the chart is about; the title on the picture says what was found."""
        return self.title_zh if language == "zh" else self.title_en


CHARTS: dict[str, Chart] = {
    chart.name: chart
    for chart in (
        Chart(
            name="beijing-vs-california",
            title_en=beijing_vs_california.ABOUT["en"],
            title_zh=beijing_vs_california.ABOUT["zh"],
            query=beijing_vs_california.QUERY,
            draw=beijing_vs_california.draw,
        ),
    )
}


class EmptyChart(UserWarning):
    """A chart was drawn of no data, and says so."""


def render(
    chart: Chart,
    frame: pd.DataFrame,
    *,
    languages: Sequence[Language] = LANGUAGES,
    formats: Sequence[Format] = FORMATS,
    folder: Path,
    provenance: Provenance,
    theme: ThemeName = "light",
) -> list[Path]:
    """Draw `chart` once per language and write `<name>.<language>[.dark].<format>` into `folder`.

    Each file appears whole or not at all, and the same frame and provenance give the same bytes. A frame
    without rows warns with `EmptyChart`.
    """
    from fleetstats.charts import style

    if frame.empty:
        warnings.warn(f"{chart.name}: no data to draw; the picture says so", EmptyChart, stacklevel=2)
    folder.mkdir(parents=True, exist_ok=True)
    suffix = "" if theme == "light" else f".{theme}"
    written = []
    for language in languages:
        figure = chart.draw(frame, language=language, provenance=provenance, theme=THEMES[theme])
        with style.applied(THEMES[theme]):
            for form in formats:
                path = folder / f"{chart.name}.{language}{suffix}.{form}"
                _save(figure, path, form, _metadata(chart, figure, language, form, provenance))
                written.append(path)
    return written


def _metadata(
    chart: Chart, figure: Figure, language: Language, form: Format, provenance: Provenance
) -> dict[str, str | None]:
    """What a file says of itself; no clock and no library version, so that bytes can be compared."""
    vintage = provenance.vintage.isoformat() if provenance.vintage else "current"
    source = f"fleetstats publication {provenance.publication_id}, vintage {vintage}"
    query = " ".join(chart.query.split())
    title = str(figure.get_label())
    if form == "svg":
        return {
            "Title": title,
            "Source": source,
            "Description": query,
            "Identifier": provenance.publication_id,
            "Language": language,
            "Creator": "fleetstats",
            "Date": None,
        }
    return {
        "Title": title,
        "Source": source,
        "Description": query,
        "Publication": provenance.publication_id,
        "Language": language,
        "Software": "fleetstats",
    }


def _save(figure: Figure, path: Path, form: Format, metadata: dict[str, str | None]) -> None:
    """Write beside `path`, then rename over it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        figure.savefig(partial, format=form, dpi=PNG_DPI, facecolor=figure.get_facecolor(), metadata=metadata)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
