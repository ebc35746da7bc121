"""The sheet that a chart is set on: headline, deck and subtitle, the plot, and the small print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.style import (
    AXIS_LABELS,
    DECK,
    LEADING,
    MARGIN,
    NOTE,
    PAGE_WIDTH,
    PLOT_HEIGHT,
    SMALL,
    SUBTITLE,
    TITLE,
    Provenance,
    Theme,
    balanced,
    embolden,
    wrap,
)
from fleetstats.core.words import Message, Words, message

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def source_notes(provenance: Provenance, words: Words) -> list[str]:
    """The last lines of every picture: sources, publication and vintage."""
    notes = []
    sources = provenance.sources
    if sources:
        joined = words.habits.semicolon.join(words.of(source) for source in sources)
        notes.append(
            words.say_counted("Source: {sources}.", "Sources: {sources}.", len(sources), sources=joined)
        )
    vintage = words.say("current")
    if provenance.vintage:
        vintage = words.say("as of {day}", day=words.habits.day_named(provenance.vintage))
    facts = {"publication": provenance.publication_id, "vintage": vintage}
    if not provenance.quarter:
        notes.append(words.say("Publication: {publication} · vintage: {vintage} · fleetstats", **facts))
        return notes
    quarter = words.habits.quarter_named(provenance.quarter)
    if provenance.reaches:
        reached = words.habits.quarter_named(provenance.reaches)
        quarter = words.say("{quarter} (the last held are of {reached})", quarter=quarter, reached=reached)
    notes.append(
        words.say(
            "Data to {quarter} · publication: {publication} · vintage: {vintage} · fleetstats",
            quarter=quarter,
            **facts,
        )
    )
    return notes


def alt_text(words: Words, kind: str, about: Message, finding: tuple[str, str], said: Sequence[str]) -> str:
    """A picture in words, for those who do not see it: what kind it is of, its headline and deck, and its data."""
    headline, deck = finding
    return words.say(
        "{kind}. {about}. {headline}. {deck}. {data}.",
        kind=kind,
        about=about,
        headline=headline,
        deck=deck,
        data=words.habits.semicolon.join(said),
    )


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
        text = figure.text(MARGIN / PAGE_WIDTH, y / height, line, size=size, va="top", color=colour, gid=gid)
        if size == TITLE:
            embolden(text)
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
    _dress(axes, theme)
    return figure, axes


def _dress(axes: Axes, theme: Theme) -> None:
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(theme.muted)
        spine.set_linewidth(0.8)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=theme.muted, pad=5)
    axes.grid(visible=True, axis="y", color=theme.grid, linewidth=0.7)
    axes.set_axisbelow(True)


def side_by_side(
    figure: Figure, axes: Axes, weights: Sequence[float], rights: Sequence[float], *, theme: Theme
) -> list[Axes]:
    """Panels in the place of the axes of a `page`, as wide as their weights say.

    `rights` are the points that each keeps for labels beside it.
    """
    box = axes.get_position()
    axes.remove()
    axis = AXIS_LABELS / PAGE_WIDTH
    kept = [right / PAGE_WIDTH for right in rights]
    free = box.width - sum(kept) - axis * (len(weights) - 1)
    left, found = box.x0, []
    for weight, right in zip(weights, kept, strict=True):
        width = free * weight / sum(weights)
        panel = figure.add_axes((left, box.y0, width, box.height))
        _dress(panel, theme)
        found.append(panel)
        left += width + right + axis
    return found


def no_data(title: str, why: str, notes: Sequence[str], *, theme: Theme) -> Figure:
    """A picture that says that there is nothing to show. Only inside `applied`."""
    figure, axes = page(title, "", "", notes, theme=theme)
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", size=TITLE, color=theme.muted
    ).set_gid("no-data")
    return figure


NO_DATA = message("No data in this publication")


def empty_picture(about: Message, words: Words, provenance: Provenance, theme: Theme) -> Figure:
    """The picture of a chart without data. Only inside `applied`."""
    return no_data(words.say(about), words.say(NO_DATA), source_notes(provenance, words), theme=theme)


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
