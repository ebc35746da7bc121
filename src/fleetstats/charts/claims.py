"""The claims of a report and the verdict of the warehouse on each, as a table that can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.page import alt_text, empty_picture, page, source_notes
from fleetstats.charts.style import (
    LEADING,
    LIGHT,
    MARGIN,
    PAGE_WIDTH,
    SMALL,
    Hue,
    Provenance,
    Theme,
    applied,
    embolden,
    text_width,
    wrap,
)
from fleetstats.core.words import Words, message, name_in_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Claims of the 2024 report, reviewed")

QUERY = """
select
    claim, claim_number, kind, made_on, due_on, statement_en, statement_zh, verdict, sentence_en,
    sentence_zh
from claim_review
""".strip()

COLUMNS = "claim claim_number verdict statement_en statement_zh sentence_en sentence_zh".split()
ENDS = ""
"""A review is of all there is, whatever quarter is described."""

VERDICTS = {
    # verdict: hue, sign, words
    "supported": ("green", "●", message("supported")),
    "held": ("green", "●", message("came true")),
    "contradicted": ("vermilion", "×", message("contradicted")),
    "missed": ("vermilion", "×", message("did not come")),
    "open": ("sky", "○", message("still open")),
    "plausible_not_provable": ("orange", "≈", message("plausible, not provable")),
    "not_checkable": ("grey", "–", message("not checkable")),
}
GAP = 9.0


@dataclass(frozen=True)
class Line:
    """One claim, its text already cut into lines."""

    row: Row
    statement: list[str]
    sentence: list[str]

    @property
    def height(self) -> float:
        """In points."""
        return max(len(self.statement), len(self.sentence), 1) * SMALL * LEADING + GAP


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The table of `frame`: one row per claim."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        headline, deck = finding(rows, words)
        chip = max(text_width(verdict_of(r, words), SMALL) for r in rows) + 32
        width = PAGE_WIDTH - 2 * MARGIN
        places = (22.0, 22.0 + (width - 22 - chip) * 0.40, width - (width - 22 - chip) * 0.60)
        statement_width = (width - 22 - chip) * 0.40 - 12
        sentence_width = (width - 22 - chip) * 0.60 - 4
        lines = [
            Line(
                r,
                wrap(_words(r, "statement", words), statement_width, SMALL),
                wrap(_words(r, "sentence", words), sentence_width, SMALL),
            )
            for r in rows
        ]
        figure, axes = page(
            headline,
            deck,
            words.say(
                "Claims in our own words; each verdict is computed from the data, never from the report itself"
            ),
            [_note(words), *source_notes(provenance, words)],
            theme=theme,
            headroom=20.0,
            plot=sum(line.height for line in lines) + 6,
        )
        _draw(axes, lines, places, words, theme)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    said = [
        words.say(
            "{number}. {claim}: {verdict}",
            number=r["claim_number"],
            claim=_words(r, "statement", words).rstrip(".。"),
            verdict=verdict_of(r, words),
        )
        for r in rows
    ]
    return alt_text(words, words.say("Table"), ABOUT, finding(rows, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "claims")
    return sorted((r for r in rows if r["verdict"]), key=lambda r: (r["claim_number"], r["claim"]))


def _words(row: Row, column: str, words: Words) -> str:
    return words.of(name_in_data(row, column, ""))


def verdict_of(row: Row, words: Words) -> str:
    """A verdict as a reader calls it; one that is not known as it is written."""
    verdict = str(row["verdict"])
    return words.of(VERDICTS[verdict][2]) if verdict in VERDICTS else verdict.replace("_", " ")


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """How many claims have which verdict."""
    good = sum(r["verdict"] in ("supported", "held") for r in rows)
    counts: dict[str, int] = {}
    for r in sorted(
        rows, key=lambda r: list(VERDICTS).index(r["verdict"]) if r["verdict"] in VERDICTS else 99
    ):
        counts[verdict_of(r, words)] = counts.get(verdict_of(r, words), 0) + 1
    deck = words.habits.phrase_comma.join(
        words.say("{n} {verdict}", n=n, verdict=verdict) for verdict, n in counts.items()
    )
    return words.say("Of {claims} claims the data support {good}", claims=len(rows), good=good), deck


def _note(words: Words) -> str:
    return words.say(
        "How to read: ● supported or came true; × contradicted or did not come; ≈ plausible, not provable; "
        "○ still open; – not checkable. A claim is never evidence."
    )


def _hue(row: Row, theme: Theme) -> Hue:
    return theme.hues[VERDICTS[row["verdict"]][0] if row["verdict"] in VERDICTS else "grey"]


def _draw(
    axes: Axes, lines: Sequence[Line], places: tuple[float, float, float], words: Words, theme: Theme
) -> None:
    from matplotlib.patches import Circle

    height = sum(line.height for line in lines) + 6
    box = axes.get_position()
    axes.set_position((MARGIN / PAGE_WIDTH, box.y0, 1 - 2 * MARGIN / PAGE_WIDTH, box.height))
    axes.set_xlim(0, PAGE_WIDTH - 2 * MARGIN)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    heads = (
        ("claim", words.say("Claim"), places[0]),
        ("verdict", words.say("Verdict"), places[1]),
        ("why", words.say("Why"), places[2]),
    )
    for code, title, x in heads:
        head = axes.annotate(
            title,
            (x, 0),
            xytext=(0, 5),
            textcoords="offset points",
            size=SMALL,
            color=theme.muted,
            va="bottom",
            annotation_clip=False,
            gid=f"head-{code}",
        )
        embolden(head, 0.3)
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
        for n, text in enumerate(line.statement):
            axes.annotate(
                text,
                (places[0], at + 3 + n * SMALL * LEADING),
                va="top",
                size=SMALL,
                color=theme.ink,
                gid=f"{gid}-statement-{n}",
            )
        sign = VERDICTS[row["verdict"]][1] if row["verdict"] in VERDICTS else "–"
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
            verdict_of(row, words),
            (places[1] + 16, at + 3),
            va="top",
            size=SMALL,
            color=hue.text,
            gid=f"{gid}-verdict",
        )
        embolden(verdict, 0.3)
        for n, text in enumerate(line.sentence):
            axes.annotate(
                text,
                (places[2], at + 3 + n * SMALL * LEADING),
                va="top",
                size=SMALL,
                color=theme.ink,
                gid=f"{gid}-sentence-{n}",
            )
        at += line.height
