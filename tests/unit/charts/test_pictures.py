"""Every chart in both languages looks as it did: small pictures beside this file, compared with tolerance.

After a change that is meant: `pytest tests/unit/charts/test_pictures.py --write-pictures`, and look at each one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images

from fleetstats.charts import CHARTS, THEMES, Provenance, style
from fleetstats.core.words import words_in
from tests.unit.charts.samples import FRAMES

PICTURES = Path(__file__).parent / "pictures"
DPI = 60
TOLERANCE = 3.0
"""Root mean square of 0 to 255: other versions of a library move edges by a hair, another mark moves much more."""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_looks_as_it_did(
    name: str, language: str, provenance: Provenance, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    theme = THEMES["light" if language == "en" else "dark"]
    figure = CHARTS[name].draw(FRAMES[name](), words=words_in(language), provenance=provenance, theme=theme)
    expected, actual = PICTURES / f"{name}.{language}.png", tmp_path / f"{name}.{language}.png"
    with style.applied(theme):
        figure.savefig(actual, dpi=DPI, facecolor=figure.get_facecolor(), metadata={"Software": None})
    if request.config.getoption("--write-pictures"):
        from PIL import Image

        PICTURES.mkdir(exist_ok=True)
        with Image.open(actual) as image:
            image.convert("RGB").save(expected, optimize=True)
        return
    with_alpha = tmp_path / "plain.png"
    from PIL import Image

    with Image.open(actual) as image:
        image.convert("RGB").save(with_alpha)
    difference = compare_images(str(expected), str(with_alpha), TOLERANCE)
    assert difference is None, difference
