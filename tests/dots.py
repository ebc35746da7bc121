"""Pages without their pictures, which take most of the time and are looked at elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleetstats.charts import Chart
from fleetstats.core.words import Words


def one_dot(
    chart: Chart, _: object, *, languages: Sequence[Words], themes: Sequence[str], folder: Path, **__: object
) -> list[Path]:
    """Pictures are looked at elsewhere: here they are one dot each."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    for words in languages:
        for theme in themes:
            suffix = "" if theme == "light" else f".{theme}"
            Image.new("RGB", (1, 1)).save(folder / f"{chart.name}.{words.language}{suffix}.png")
    return []
