"""How a test looks at a picture: its words, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from fleetstats.charts import THEMES, ThemeName, style


def words(figure: Figure, prefix: str = "") -> str:
    """What is printed under gids that begin with `prefix`, line after line; none between Chinese lines."""
    found = [t for t in figure.findobj(Text) if isinstance(t, Text)]
    said = " ".join(t.get_text() for t in found if str(t.get_gid() or "").startswith(prefix))
    return re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef]) | (?=[\u3000-\u9fff\uff00-\uffef])", "", said)


def boxes(figure: Figure) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Every piece of text with its left, bottom, right and top."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip():
            box = Text.get_window_extent(text, renderer)
            yield text.get_text(), (box.x0, box.y0, box.x1, box.y1)


def assert_on_the_sheet(
    figure: Figure, theme: ThemeName = "light"
) -> list[tuple[str, tuple[float, float, float, float]]]:
    """No words lie beyond the edge of the sheet; returns where they all are."""
    with style.applied(THEMES[theme]):
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
        found = list(boxes(figure))
    width, height = figure.bbox.width, figure.bbox.height
    for text, (x0, y0, x1, y1) in found:
        assert min(x0, y0, width - x1, height - y1) >= 0, text
    return found


def assert_apart(figure: Figure, theme: ThemeName = "light") -> None:
    """No words lie over other words or beyond the edge of the sheet."""
    found = assert_on_the_sheet(figure, theme)
    for i, (text, a) in enumerate(found):
        for other, b in found[i + 1 :]:
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 2.5 or b[3] <= a[1] + 2.5
            assert apart, f"{text!r} lies over {other!r}"
