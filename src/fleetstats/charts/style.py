"""The one style of all charts: type, colours, numbers, and the page that a chart is set on.

Nothing heavy is imported with this module, nothing global is changed for good, and pyplot is not used.
Lengths on the page are points (72 to the inch).
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fleetstats.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Language = Literal["zh", "en"]
ThemeName = Literal["light", "dark"]
Rounding = Literal["nearest", "down", "up"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")

FONT = "fleetstats Noto Sans SC"
"""Our own name for the packaged font, so that no font of the machine can take its place."""

PAGE_WIDTH = 720.0
MARGIN = 26.0
PLOT_HEIGHT = 268.0
AXIS_LABELS = 34.0
TITLE, DECK, SUBTITLE, LABEL, SMALL, NOTE = 16.0, 11.5, 9.0, 9.0, 8.0, 7.2
LEADING = 1.42
"""Line height as a multiple of the type size; Chinese needs more than Latin, and one value serves both."""


@dataclass(frozen=True)
class Provenance:
    """Where a picture's numbers are from: printed on it and kept in the file.

    `vintage` is the day of `--as-of`, or None for the current publication. `sources` are short lines;
    `sources_zh` are the same in Chinese, where there are any.
    """

    publication_id: str
    vintage: date | None = None
    sources: tuple[str, ...] = ()
    sources_zh: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hue:
    """A colour for marks, and the same hue with enough contrast for type."""

    mark: str
    text: str


@dataclass(frozen=True)
class Theme:
    """Colours of a page. `hues` are those of Okabe and Ito, told apart with any colour vision."""

    name: ThemeName
    paper: str
    ink: str
    muted: str
    grid: str
    hues: dict[str, Hue]


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        "light",
        paper="#ffffff",
        ink="#1a1a1a",
        muted="#595959",
        grid="#e4e4e4",
        hues={
            "blue": Hue("#0072B2", "#00609a"),
            "vermilion": Hue("#D55E00", "#b04c00"),
            "purple": Hue("#CC79A7", "#9a4474"),
            "green": Hue("#009E73", "#00704f"),
            "orange": Hue("#E69F00", "#8a5f00"),
            "sky": Hue("#56B4E9", "#1b6f9f"),
            "grey": Hue("#777777", "#595959"),
        },
    ),
    "dark": Theme(
        "dark",
        paper="#15181c",
        ink="#f2f2f2",
        muted="#b4b9bf",
        grid="#343a41",
        hues={
            "blue": Hue("#3f9fdc", "#74bcec"),
            "vermilion": Hue("#f0803c", "#f79a63"),
            "purple": Hue("#d88fb8", "#e6aecd"),
            "green": Hue("#2fbf96", "#5fd6b3"),
            "orange": Hue("#E69F00", "#f0b73a"),
            "sky": Hue("#56B4E9", "#86caf0"),
            "grey": Hue("#9a9a9a", "#b4b9bf"),
        },
    ),
}
LIGHT = THEMES["light"]


def tint(colour: str, paper: str, share: float) -> tuple[float, float, float]:
    """An opaque mixture of `share` of one colour with the paper: the grid does not show through it."""
    from matplotlib.colors import to_rgb

    red, green, blue = (
        share * a + (1 - share) * b for a, b in zip(to_rgb(colour), to_rgb(paper), strict=True)
    )
    return red, green, blue


# Type


@lru_cache(maxsize=1)
def font_file() -> Path:
    """The packaged Noto Sans SC. zhplot is located, not imported: importing it patches matplotlib."""
    spec = find_spec("zhplot")
    path = Path(spec.origin).parent / "fonts" / "NotoSansSC-Regular.ttf" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ConfigurationError(
            "The font of the charts is missing\n"
            f"  where:    {path or 'package zhplot'}\n"
            "  expected: zhplot/fonts/NotoSansSC-Regular.ttf\n"
            "  to do:    install the package zhplot again"
        )
    return path


def _register_font() -> None:
    from matplotlib import font_manager

    manager = font_manager.fontManager
    if any(entry.name == FONT for entry in manager.ttflist):
        return
    manager.addfont(font_file())
    manager.ttflist[-1] = replace(manager.ttflist[-1], name=FONT)


@contextmanager
def applied(theme: Theme) -> Iterator[None]:
    """The style while figures are drawn and saved; a glyph that no font has is an error, not a box."""
    import matplotlib as mpl

    _register_font()
    settings: dict[Any, object] = {
        "font.family": [FONT, "DejaVu Sans"],
        "font.size": LABEL,
        "text.color": theme.ink,
        "text.parse_math": False,
        "axes.unicode_minus": True,
        "path.simplify": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "fleetstats",
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        yield


def text_width(text: str, size: float) -> float:
    """Width of one line in points. Only inside `applied`."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return float(width)


_NOT_FIRST = "，。、；：！？）》」』】”’%,.;:!?)]}…·"
_NOT_LAST = "（《「『【“‘([{≈≥≤"


def _pieces(text: str) -> list[str]:
    """`text` cut wherever a line may end: after blanks, and beside Chinese characters."""
    pieces: list[str] = []
    for char in text:
        before = pieces[-1][-1] if pieces else " "
        wide = unicodedata.east_asian_width(char) in "WF" or unicodedata.east_asian_width(before) in "WF"
        joined = char in _NOT_FIRST or before in _NOT_LAST or char == " "
        if pieces and (joined or not (wide or before == " ")):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def wrap(text: str, width: float, size: float) -> list[str]:
    """`text` as lines of at most `width` points, a word that is longer being cut. Only inside `applied`."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if text_width((line + piece).rstrip(), size) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece
        while text_width(line.rstrip(), size) > width and len(line) > 1:
            fits = next(
                n for n in range(len(line) - 1, 0, -1) if n == 1 or text_width(line[:n], size) <= width
            )
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() else lines


def balanced(text: str, width: float, size: float) -> list[str]:
    """Like `wrap`, with lines of about equal length: no single word is left on the last one."""
    lines = wrap(text, width, size)
    narrower = width
    while len(lines) > 1 and narrower > width / 2:
        narrower -= 8.0
        attempt = wrap(text, narrower, size)
        if len(attempt) > len(lines):
            break
        lines = attempt
    return lines


def embolden(text: Text, weight: float = 0.45) -> Text:
    """Make type heavier by an outline of its own colour: the packaged font has one weight."""
    from matplotlib.patheffects import Normal, Stroke

    text.set_path_effects([Stroke(linewidth=weight, foreground=text.get_color()), Normal()])
    return text


# Numbers and days

_UNITS: dict[Language, tuple[tuple[int, str, int], ...]] = {
    # from, suffix, decimals
    "en": ((10**9, "B", 2), (10**6, "M", 1), (10**3, "K", 0)),
    "zh": ((10**8, "亿", 2), (10**4, "万", 1)),
}
_ROUNDING = {"nearest": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING}


def quantity(value: float, language: Language, *, rounding: Rounding = "nearest", more: int = 0) -> str:
    """A number as a reader says it: 13.8M, 163K; 1378万, 16.3万, 1.23亿. `more` adds decimals.

    Lower bounds are rounded down and firm upper bounds up, so that what is printed stays true.
    """
    exact = Decimal(repr(float(value)))
    for index, (start, suffix, decimals) in enumerate(_UNITS[language]):
        if abs(exact) < start:
            continue
        places = 0 if suffix == "万" and abs(exact) >= 10**7 and not more else decimals + more
        if language == "zh":
            places = min(places, decimals)
        text = _rounded(exact / start, places, rounding)
        if index and Decimal(text) * start >= _UNITS[language][index - 1][0]:  # 999,999 is 1.0M, not 1000K
            larger, name, places = _UNITS[language][index - 1]
            return _rounded(exact / larger, places, rounding) + name
        return text + suffix
    return _rounded(exact, 0, rounding)


def _rounded(value: Decimal, places: int, rounding: Rounding) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=_ROUNDING[rounding]):f}"


def tick(value: float, language: Language) -> str:
    """A round number on an axis: 0, 500K, 5M; 50万, 500万."""
    for start, suffix, _ in _UNITS[language]:
        if abs(value) >= start:
            return f"{value / start:.6g}{suffix}"
    return f"{value:.6g}"


def day(value: date, language: Language, *, year: bool = True) -> str:
    """31 Dec 2022; 2022年12月31日."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日" if year else f"{value.month}月{value.day}日"
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{value.day} {months[value.month - 1]}" + (f" {value.year}" if year else "")


def listed(items: Sequence[str], language: Language) -> str:
    """A, B and C; A、B和C."""
    if len(items) < 2:
        return "".join(items)
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return comma.join(items[:-1]) + last + items[-1]


def source_notes(provenance: Provenance, language: Language) -> list[str]:
    """The last lines of every picture: sources, publication and vintage."""
    chosen = provenance.sources_zh if language == "zh" and provenance.sources_zh else provenance.sources
    notes = []
    if language == "zh":
        if chosen:
            notes.append("来源：" + "；".join(chosen) + "。")
        vintage = f"截至{day(provenance.vintage, 'zh')}" if provenance.vintage else "当前"
        notes.append(f"数据发布号：{provenance.publication_id} · 数据版本：{vintage} · fleetstats")
    else:
        if chosen:
            notes.append(f"Source{'s' if len(chosen) > 1 else ''}: " + "; ".join(chosen) + ".")
        vintage = f"as of {day(provenance.vintage, 'en')}" if provenance.vintage else "current"
        notes.append(f"Publication: {provenance.publication_id} · vintage: {vintage} · fleetstats")
    return notes


# The page


def page(
    headline: str,
    deck: str,
    subtitle: str,
    notes: Sequence[str],
    *,
    theme: Theme,
    right: float = 0.0,
    headroom: float = 10.0,
    plot: float = PLOT_HEIGHT,
) -> tuple[Figure, Axes]:
    """A sheet with headline, deck and subtitle on top, small print at the bottom, and empty axes between.

    The axes are `plot` points high; `right` points beside them are kept for labels, `headroom`
    points above. The sheet is 10 inches wide; small print that is long makes it higher, and never the plot
    smaller. Only inside `applied`.
    """
    from matplotlib.figure import Figure

    width = PAGE_WIDTH - 2 * MARGIN
    header = [
        (line, size, colour, f"{name}-{index}")
        for name, text, size, colour in (
            ("headline", headline, TITLE, theme.ink),
            ("deck", deck, DECK, theme.ink),
            ("subtitle", subtitle, SUBTITLE, theme.muted),
        )
        for index, line in enumerate(balanced(text, width, size))
    ]
    footer = [line for note in notes for line in wrap(note, width, NOTE)]
    top = MARGIN * 0.7 + sum(size * LEADING for _, size, _, _ in header) + 9.0
    bottom = MARGIN * 0.6 + len(footer) * NOTE * LEADING + 12.0
    axis = 22.0
    height = top + headroom + plot + axis + bottom
    figure = Figure(figsize=(PAGE_WIDTH / 72, height / 72), facecolor=theme.paper)

    y = height - MARGIN * 0.7
    for line, size, colour, gid in header:
        y -= 3.0 if gid == "subtitle-0" else 0.0
        words = figure.text(MARGIN / PAGE_WIDTH, y / height, line, size=size, va="top", color=colour, gid=gid)
        if size == TITLE:
            embolden(words)
        y -= size * LEADING
    y = MARGIN * 0.6 + len(footer) * NOTE * LEADING
    for index, line in enumerate(footer):
        figure.text(
            MARGIN / PAGE_WIDTH,
            y / height,
            line,
            size=NOTE,
            va="top",
            color=theme.muted,
            gid=f"note-{index}",
        )
        y -= NOTE * LEADING
    figure.set_label(headline)

    axes = figure.add_axes(
        (
            (MARGIN + AXIS_LABELS) / PAGE_WIDTH,
            (bottom + axis) / height,
            (width - AXIS_LABELS - right) / PAGE_WIDTH,
            plot / height,
        )
    )
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(theme.muted)
        spine.set_linewidth(0.8)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=theme.muted, pad=5)
    axes.grid(visible=True, axis="y", color=theme.grid, linewidth=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def no_data(title: str, why: str, notes: Sequence[str], *, theme: Theme) -> Figure:
    """A picture that says that there is nothing to show. Only inside `applied`."""
    figure, axes = page(title, "", "", notes, theme=theme)
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", size=TITLE, color=theme.muted
    ).set_gid("no-data")
    return figure


def plot_size(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes of a `page`, in points."""
    position, figure = axes.get_position(), axes.figure
    inches = figure.bbox.height / figure.bbox.width * PAGE_WIDTH
    return position.width * PAGE_WIDTH, position.height * inches


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres for labels of these heights, as near as can be to where they are wanted, none over another.

    All are in points; the order of `wanted` is kept. What does not fit between `low` and `high` grows
    upwards.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[list[int], float]] = []  # members from the bottom up, and the bottom's place

    def placed(members: list[int]) -> float:
        offsets, total = [], 0.0
        for i in members:
            offsets.append(wanted[i] - (total + sizes[i] / 2))
            total += sizes[i]
        return max(low, min(sum(offsets) / len(offsets), high - total))

    for i in order:
        members = [i]
        while blocks and blocks[-1][1] + sum(sizes[j] for j in blocks[-1][0]) > placed(members):
            members = blocks.pop()[0] + members
        blocks.append((members, placed(members)))
    centres = [0.0] * len(wanted)
    for members, bottom in blocks:
        reached = bottom
        for i in members:
            centres[i] = reached + sizes[i] / 2
            reached += sizes[i]
    return centres
