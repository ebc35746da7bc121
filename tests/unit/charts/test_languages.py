"""A chart says nothing that a translator has not seen, and is drawn in any language that has a folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from fleetstats.charts import CHARTS, Provenance
from fleetstats.core import words as core_words
from fleetstats.core.words import Words, languages, words_in
from tests import pseudo_language
from tests.unit.charts.samples import FRAMES

VARIANTS = {
    "as it is": {},
    "lower bounds": {"bound": "at_least"},
    "approximate": {"bound": "approximate"},
    "without a page": {"confidence": "unsourced"},
    "derived": {"bound": "derived", "confidence": "derived"},
}
PROVENANCES = (
    Provenance("pub-1"),
    Provenance("pub-1", date(2023, 9, 30), ("One",), "2023Q3", reaches="2021Q2"),
)


@pytest.fixture(scope="module")
def brackets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    """The language in brackets."""
    with pytest.MonkeyPatch.context() as patch:
        folder = pseudo_language.make(tmp_path_factory.mktemp("languages") / "locale")
        patch.setattr(core_words, "LOCALE", folder)
        assert languages() == ("en", pseudo_language.CODE, "zh")
        yield words_in(pseudo_language.CODE)


def frames(name: str) -> Iterator[pd.DataFrame]:
    frame = FRAMES[name]()
    for changes in VARIANTS.values():
        if changes.keys() <= set(frame.columns):
            yield frame.assign(**changes)
    yield frame.iloc[[0]]
    yield frame.iloc[:0]


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_word_of_a_chart_is_translated(name: str, brackets: Words) -> None:
    chart = CHARTS[name]
    assert brackets.of(chart.about).startswith("⟦")
    for number, frame in enumerate(frames(name)):
        provenance = PROVENANCES[number % 2]
        figure = chart.draw(frame, words=brackets, provenance=provenance)
        drawn = [t.get_text() for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible()]
        data = {str(v) for column in frame for v in frame[column] if isinstance(v, str)}
        assert pseudo_language.untranslated(drawn, data) == []
        assert pseudo_language.untranslated([chart.describe(frame, brackets)], data) == []


def test_a_word_that_no_translator_saw_is_found() -> None:
    said = ["⟦By ⟦Jan⟧ 2023, ⟦{n} others⟧⟧ Waymo", "1.2M 2023Q3 ⟦cut off…", "events"]
    assert pseudo_language.untranslated(said, ["Waymo"]) == ["events"]


def test_a_chart_of_a_third_language_is_one_more_folder(
    brackets: Words, provenance: Provenance, tmp_path: Path
) -> None:
    from fleetstats.charts.files import render

    every = [words_in(language) for language in languages()]
    written = render(
        CHARTS["noa-chips"], FRAMES["noa-chips"](), languages=every, formats=["png"],
        folder=tmp_path, provenance=provenance,
    )  # fmt: skip
    assert [path.name for path in written] == ["noa-chips.en.png", "noa-chips.xx.png", "noa-chips.zh.png"]
