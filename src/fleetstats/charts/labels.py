"""Words beside the ends of series, moved apart, each tied to its end by a hairline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fleetstats.charts.page import plot_size, spread
from fleetstats.charts.style import PAGE_WIDTH, Hue, embolden, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 21.0
"""Between the plot and its labels, in points."""
LINE = 1.45
"""Height of a label as a multiple of its type size."""


@dataclass(frozen=True)
class Label:
    """Words for what ends at `x` and `y` (data); without `x` no hairline leads there."""

    y: float
    name: str
    value: str
    hue: Hue
    size: float
    gid: str
    x: float | None = None


def room_for(labels: Sequence[Label]) -> float:
    """The width that labels need beside the plot, in points. Only inside `applied`."""
    return max((_name_width(one) + text_width(one.value, one.size) for one in labels), default=0.0) + 30.0


def shortened(labels: Sequence[Label], most: float = 160.0) -> list[Label]:
    """The same labels, names cut where one would need more than `most` points. Only inside `applied`."""
    found = []
    for one in labels:
        label = one
        while room_for([label]) > most and len(label.name) > 4:
            label = replace(label, name=label.name.rstrip("…")[:-2].rstrip() + "…")
        found.append(label)
    return found


def height_of(labels: Sequence[Label]) -> float:
    """The height that labels need, in points."""
    return sum(label.size * LINE for label in labels)


def _name_width(label: Label) -> float:
    # A long name is set a little wider than its letters measure
    return text_width(label.name + "\u2009 ", label.size) * 1.02 if label.name else 0.0


def draw_labels(axes: Axes, labels: Sequence[Label]) -> None:
    """The labels in a column right of the plot."""
    (width, height), (bottom, top) = plot_size(axes), axes.get_ylim()
    left, edge = axes.get_xlim()
    wanted = [(label.y - bottom) / (top - bottom) * height for label in labels]
    centres = spread(wanted, [label.size * LINE for label in labels], -13.0, height + 12.0)
    for label, want, centre in zip(labels, wanted, centres, strict=True):
        if label.x is not None:
            start = (label.x - edge) * width / (edge - left) + 5.0
            _leader(axes, [start, max(6.0, start), 18.0], [want, want, centre], label)
        name = axes.annotate(
            label.name, (1, 0), xycoords="axes fraction", xytext=(GAP, centre), textcoords="offset points",
            va="center_baseline", size=label.size, color=label.hue.text, annotation_clip=False,
            gid=f"{label.gid}-name",
        )  # fmt: skip
        embolden(name, 0.3)
        axes.annotate(
            label.value, (1, 0), xycoords="axes fraction", xytext=(GAP + _name_width(label), centre),
            textcoords="offset points", va="center_baseline", size=label.size, color=label.hue.text,
            annotation_clip=False, gid=label.gid,
        )  # fmt: skip


def _leader(axes: Axes, xs: Sequence[float], ys: Sequence[float], label: Label) -> None:
    """A hairline; places are points from the lower right corner of the axes."""
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    figure = axes.figure
    if not isinstance(figure, Figure):
        return
    position = axes.get_position()
    corner = (position.x1 * PAGE_WIDTH, position.y0 * figure.get_figheight() * 72)
    line = axes.plot(
        xs, ys, color=label.hue.mark, linewidth=0.6, alpha=0.8, clip_on=False, zorder=2, gid=f"{label.gid}-leader"
    )[0]  # fmt: skip
    line.set_transform(Affine2D().translate(*corner).scale(1 / 72) + figure.dpi_scale_trans)
