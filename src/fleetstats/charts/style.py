"""The one style of all charts: colours, and type.

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
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.words import Said

if TYPE_CHECKING:
    from matplotlib.text import Text

ThemeName = Literal["light", "dark"]

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

    `vintage` is the day of `--as-of`, or None for the current publication. `sources` are short lines.
    `quarter` is the last one described, or None for all there is; `query` is what was asked, if not the
    chart's own query. `reaches` is the last quarter with data, where it lies more than a year before `quarter`.
    """

    publication_id: str
    vintage: date | None = None
    sources: tuple[Said, ...] = ()
    quarter: str | None = None
    query: str | None = None
    reaches: str | None = None


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
            "yellow": Hue("#b8a100", "#6b5d00"),
            "ink": Hue("#333333", "#333333"),
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
            "yellow": Hue("#e5d94a", "#efe57a"),
            "ink": Hue("#e4e4e4", "#e4e4e4"),
            "grey": Hue("#9a9a9a", "#b4b9bf"),
        },
    ),
}
LIGHT = THEMES["light"]

HUES = {
    "baidu": "blue",
    "waymo": "vermilion",
    "cruise": "purple",
    "pony_ai": "green",
    "zoox": "sky",
    "apple": "orange",
    "tesla": "vermilion",
    "byd": "blue",
    "nvidia": "green",
    "horizon_robotics": "blue",
    "nuro": "ink",
    "weride": "yellow",
}
"""A firm has one colour on all charts."""
SPARE_HUES = ("orange", "sky", "green", "blue", "purple", "ink", "yellow", "vermilion")


def hues_for(codes: Sequence[str], theme: Theme) -> dict[str, Hue]:
    """A colour for each of the firms of a chart, its own or one that no other here has, as far as there are."""
    taken = {HUES[code] for code in codes if code in HUES}
    spare = [name for name in SPARE_HUES if name not in taken] or ["grey"]
    others = [code for code in codes if code not in HUES]
    return {code: theme.hues[HUES.get(code) or spare[others.index(code) % len(spare)]] for code in codes}


def on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return "#111111" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.19 else "#ffffff"


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


@lru_cache(maxsize=50_000)
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


def embolden(text: Text, weight: float = 0.45, paper: str | None = None) -> Text:
    """Make type heavier by an outline of its own colour: the packaged font has one weight.

    With `paper`, lines that pass below the type are kept off it.
    """
    from matplotlib.patheffects import Normal, Stroke

    halo = [] if paper is None else [Stroke(linewidth=3.0, foreground=paper)]
    text.set_path_effects([*halo, Stroke(linewidth=weight, foreground=text.get_color()), Normal()])
    return text
