"""The claims of a report and the verdict of the warehouse on each, as a table that can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.page import nothing, page, source_notes
from fleetstats.charts.style import (
    LEADING,
    LIGHT,
    MARGIN,
    PAGE_WIDTH,
    SMALL,
    Hue,
    Language,
    Provenance,
    Theme,
    applied,
    embolden,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {"en": "Claims of the 2024 report, reviewed", "zh": "2024年报告各项说法的核查"}

QUERY = """
select
    claim, claim_number, kind, made_on, due_on, statement_en, statement_zh, verdict, sentence_en,
    sentence_zh
from claim_review
""".strip()

COLUMNS = "claim claim_number verdict statement_en statement_zh sentence_en sentence_zh".split()
ENDS = ""
"""A review is of all there is, whatever quarter is described."""

VERDICTS: dict[str, tuple[str, str, str, str]] = {
    # verdict: hue, sign, words
    "supported": ("green", "●", "supported", "有据"),
    "held": ("green", "●", "came true", "应验"),
    "contradicted": ("vermilion", "×", "contradicted", "与数据相反"),
    "missed": ("vermilion", "×", "did not come", "落空"),
    "open": ("sky", "○", "still open", "尚未到期"),
    "plausible_not_provable": ("orange", "≈", "plausible, not provable", "可能但无从证实"),
    "not_checkable": ("grey", "–", "not checkable", "无法核查"),
}
GAP = 9.0


@dataclass(frozen=True)
class Line:
    """One claim, its words already cut into lines."""

    row: Row
    statement: list[str]
    sentence: list[str]

    @property
    def height(self) -> float:
        """In points."""
        return max(len(self.statement), len(self.sentence), 1) * SMALL * LEADING + GAP


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The table of `frame`: one row per claim."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        zh = language == "zh"
        headline, deck = finding(rows, language)
        chip = max(text_width(_verdict(r, language), SMALL) for r in rows) + 32
        width = PAGE_WIDTH - 2 * MARGIN
        places = (22.0, 22.0 + (width - 22 - chip) * 0.40, width - (width - 22 - chip) * 0.60)
        statement_width = (width - 22 - chip) * 0.40 - 12
        sentence_width = (width - 22 - chip) * 0.60 - 4
        lines = [
            Line(
                r,
                wrap(_words(r, "statement", language), statement_width, SMALL),
                wrap(_words(r, "sentence", language), sentence_width, SMALL),
            )
            for r in rows
        ]
        figure, axes = page(
            headline,
            deck,
            "说法以我们自己的话转述；结论由数据算出，而非由报告自己的话"
            if zh
            else "Claims in our own words; each verdict is computed from the data, never from the report itself",
            [_note(language), *source_notes(provenance, language)],
            theme=theme,
            headroom=20.0,
            plot=sum(line.height for line in lines) + 6,
        )
        _draw(axes, lines, places, language, theme)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    headline, deck = finding(rows, language)
    zh = language == "zh"
    said = [
        f"{r['claim_number']}. {_words(r, 'statement', language).rstrip('.。')}"
        f"{'：' if zh else ': '}{_verdict(r, language)}"
        for r in rows
    ]
    if zh:
        return f"表格，{ABOUT['zh']}。{headline}。{deck}。" + "；".join(said) + "。"
    return f"Table. {ABOUT['en']}. {headline}. {deck}. " + "; ".join(said) + "."


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "claims")
    return sorted((r for r in rows if r["verdict"]), key=lambda r: (r["claim_number"], r["claim"]))


def _words(row: Row, column: str, language: Language) -> str:
    return str(row.get(f"{column}_{language}") or row.get(f"{column}_en") or "")


def _verdict(row: Row, language: Language) -> str:
    _, _, english, chinese = VERDICTS.get(
        row["verdict"], ("grey", "–", str(row["verdict"]).replace("_", " "), str(row["verdict"]))
    )
    return chinese if language == "zh" else english


def finding(rows: Sequence[Row], language: Language) -> tuple[str, str]:
    """How many claims have which verdict."""
    good = sum(r["verdict"] in ("supported", "held") for r in rows)
    zh = language == "zh"
    counts: dict[str, int] = {}
    for r in sorted(
        rows, key=lambda r: list(VERDICTS).index(r["verdict"]) if r["verdict"] in VERDICTS else 99
    ):
        counts[_verdict(r, language)] = counts.get(_verdict(r, language), 0) + 1
    deck = ("，" if zh else ", ").join(
        f"{n}项{words}" if zh else f"{n} {words}" for words, n in counts.items()
    )
    if zh:
        return f"{len(rows)}项说法中，数据支持{good}项", deck
    return f"Of {len(rows)} claims the data support {good}", deck


def _note(language: Language) -> str:
    if language == "zh":
        return "读法：●有据或应验；×与数据相反或落空；≈可能但无从证实；○尚未到期；–无法核查。说法本身从不作为证据。"
    return (
        "How to read: ● supported or came true; × contradicted or did not come; ≈ plausible, not "
        "provable; ○ still open; "
        "– not checkable. A claim is never evidence."
    )


def _hue(row: Row, theme: Theme) -> Hue:
    return theme.hues[VERDICTS.get(row["verdict"], ("grey", "", "", ""))[0]]


def _draw(
    axes: Axes, lines: Sequence[Line], places: tuple[float, float, float], language: Language, theme: Theme
) -> None:
    from matplotlib.patches import Circle

    height = sum(line.height for line in lines) + 6
    box = axes.get_position()
    axes.set_position((MARGIN / PAGE_WIDTH, box.y0, 1 - 2 * MARGIN / PAGE_WIDTH, box.height))
    axes.set_xlim(0, PAGE_WIDTH - 2 * MARGIN)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    zh = language == "zh"
    heads = (
        (("说法", places[0]), ("结论", places[1]), ("依据", places[2]))
        if zh
        else (("Claim", places[0]), ("Verdict", places[1]), ("Why", places[2]))
    )
    for words, x in heads:
        text = axes.annotate(
            words,
            (x, 0),
            xytext=(0, 5),
            textcoords="offset points",
            size=SMALL,
            color=theme.muted,
            va="bottom",
            annotation_clip=False,
            gid=f"head-{words}",
        )
        embolden(text, 0.3)
    at = 3.0
    for line in lines:
        row, hue, gid = line.row, _hue(line.row, theme), f"claim-{line.row['claim_number']}"
        axes.plot(
            [0, PAGE_WIDTH - 2 * MARGIN], [at - 2] * 2, color=theme.grid, linewidth=0.7, gid=f"{gid}-rule"
        )
        middle = at + SMALL * 0.62 + 3
        number = axes.annotate(
            str(row["claim_number"]),
            (14, at + 3),
            ha="right",
            va="top",
            size=SMALL,
            color=theme.muted,
            gid=f"{gid}-number",
        )
        del number
        for n, words in enumerate(line.statement):
            axes.annotate(
                words,
                (places[0], at + 3 + n * SMALL * LEADING),
                va="top",
                size=SMALL,
                color=theme.ink,
                gid=f"{gid}-statement-{n}",
            )
        sign = VERDICTS.get(row["verdict"], ("", "–", "", ""))[1]
        filled = sign in ("●", "×")
        axes.add_patch(
            Circle(
                (places[1] + 6, middle),
                5.2,
                facecolor=hue.mark if filled else theme.paper,
                edgecolor=hue.mark,
                linewidth=1.3,
                gid=f"{gid}-sign-{row['verdict']}",
            )
        )
        if sign in ("×", "≈", "–"):
            axes.annotate(
                sign,
                (places[1] + 6, middle),
                ha="center",
                va="center_baseline",
                size=SMALL + 1,
                gid=f"{gid}-mark",
                color=theme.paper if filled else hue.text,
            )
        verdict = axes.annotate(
            _verdict(row, language),
            (places[1] + 16, at + 3),
            va="top",
            size=SMALL,
            color=hue.text,
            gid=f"{gid}-verdict",
        )
        embolden(verdict, 0.3)
        for n, words in enumerate(line.sentence):
            axes.annotate(
                words,
                (places[2], at + 3 + n * SMALL * LEADING),
                va="top",
                size=SMALL,
                color=theme.ink,
                gid=f"{gid}-sentence-{n}",
            )
        at += line.height
