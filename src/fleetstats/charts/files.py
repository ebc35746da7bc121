"""Figures as files: PNG, SVG and PDF that say where they are from, and are whole or not there."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fleetstats.charts.style import THEMES, Provenance, ThemeName, applied
from fleetstats.core.files import write_atomically
from fleetstats.core.words import Words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from fleetstats.charts import Chart

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = ("png", "svg", "pdf")
PNG_DPI = 200
"""2000 pixels across: twice what a page gives a chart."""
PNG_COLOURS = 128


class EmptyChart(UserWarning):
    """A chart was drawn of no data, and says so."""


def render(
    chart: Chart,
    frame: pd.DataFrame,
    *,
    languages: Sequence[Words],
    themes: Sequence[ThemeName] = ("light",),
    formats: Sequence[Format] = FORMATS,
    folder: Path,
    provenance: Provenance,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Draw `chart` once per language and theme and write `<name>.<language>[.dark].<format>` into `folder`.

    Each file appears whole or not at all, and the same frame and provenance give the same bytes. A frame
    without rows warns with `EmptyChart`.
    """
    if frame.empty:
        warnings.warn(f"{chart.name}: no data to draw; the picture says so", EmptyChart, stacklevel=2)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for words in languages:
        said = chart.describe(frame, words)
        for theme in themes:
            suffix = "" if theme == "light" else f".{theme}"
            progress(f"{chart.name}.{words.language}{suffix}")
            figure = chart.draw(frame, words=words, provenance=provenance, theme=THEMES[theme])
            query = " ".join((provenance.query or chart.query).split())
            facts = _Facts(str(figure.get_label()), said, query, words.language)
            with applied(THEMES[theme]):
                for form in formats:
                    path = folder / f"{chart.name}.{words.language}{suffix}.{form}"
                    write_atomically(path, _bytes(figure, form, facts, provenance))
                    written.append(path)
    return written


class _Facts:
    """What a file says of itself."""

    def __init__(self, title: str, alt: str, query: str, language: str) -> None:
        self.title, self.alt, self.query, self.language = title, alt, query, language


def _bytes(figure: Figure, form: Format, facts: _Facts, provenance: Provenance) -> bytes:
    """The file, with neither clock nor library version in it, so that bytes can be compared."""
    vintage = provenance.vintage.isoformat() if provenance.vintage else "current"
    source = f"fleetstats publication {provenance.publication_id}, vintage {vintage}"
    if provenance.quarter:
        source += f", data to {provenance.quarter}"
    if form == "png":
        return _png(figure, facts, provenance, source)
    out = io.BytesIO()
    metadata: dict[str, str | None]
    if form == "pdf":
        logging.getLogger("fontTools").setLevel(logging.WARNING)  # which tells of every table of every font
        metadata = {
            "Title": facts.title,
            "Subject": facts.alt,
            "Keywords": f"{source}; {facts.query}",
            "Creator": "fleetstats",
            "Producer": "fleetstats",
            "CreationDate": None,
        }
    else:
        metadata = {
            "Title": facts.title,
            "Source": source,
            "Description": facts.query,
            "Language": facts.language,
            "Identifier": provenance.publication_id,
            "Creator": "fleetstats",
            "Date": None,
        }
    figure.savefig(out, format=form, facecolor=figure.get_facecolor(), metadata=metadata)
    if form == "pdf":
        return out.getvalue()
    return _accessible(out.getvalue().decode(), facts).encode()


def _png(figure: Figure, facts: _Facts, provenance: Provenance, source: str) -> bytes:
    """Few colours, so a quarter of the size; type and lines stay as they are."""
    from PIL import Image, PngImagePlugin

    out = io.BytesIO()
    figure.savefig(out, format="rgba", dpi=PNG_DPI, facecolor=figure.get_facecolor())
    width, height = (int(n * PNG_DPI) for n in figure.get_size_inches())
    image = Image.frombytes("RGBA", (width, height), out.getvalue()).convert("RGB")
    paper = image.getpixel((0, 0))
    image = image.quantize(PNG_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    corner, palette = image.getpixel((0, 0)), image.getpalette()
    if isinstance(paper, tuple) and isinstance(corner, int) and palette:
        palette[corner * 3 : corner * 3 + 3] = [
            int(part) for part in paper[:3]
        ]  # no cast of grey over the sheet
        image.putpalette(palette)
    notes = PngImagePlugin.PngInfo()
    for key, value in {
        "Title": facts.title,
        "Source": source,
        "Description": facts.query,
        "Alt": facts.alt,
        "Publication": provenance.publication_id,
        "Language": facts.language,
        "Software": "fleetstats",
    }.items():
        notes.add_itxt(key, value)
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=notes, dpi=(PNG_DPI, PNG_DPI), compress_level=7)
    return out.getvalue()


def _accessible(svg: str, facts: _Facts) -> str:
    """The drawing with a title and a description that a screen reader finds."""
    head, tag, rest = svg.partition("<svg ")
    inside, end, rest = rest.partition(">")
    words = f"\n <title>{escape(facts.title)}</title>\n <desc>{escape(facts.alt)}</desc>"
    return f'{head}{tag}role="img" xml:lang="{facts.language}" {inside}{end}{words}{rest}'
