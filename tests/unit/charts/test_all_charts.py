"""What holds for every chart: its data at their edges, its words, its files."""

from __future__ import annotations

import re
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from fleetstats.charts import CHARTS, THEMES, Provenance, ThemeName
from fleetstats.charts.files import EmptyChart, render
from fleetstats.core.words import words_in
from tests.unit.charts.looking import assert_apart, assert_on_the_sheet, words
from tests.unit.charts.samples import FRAMES

NAMES = sorted(CHARTS)
VALUES = {
    "mileage-cumulative": ["distance_km_cumulative"],
    "mileage-quarterly": ["distance_km"],
    "disengagement-rate": [
        "distance_km", "km_per_disengagement", "km_per_disengagement_low", "km_per_disengagement_high",
    ],
    "orders": ["orders", "low_50", "high_50", "low_95", "high_95"],
    "robotaxi-trips": ["orders"],
    "bev-quarterly": ["value"],
}  # fmt: skip


def drawn(
    name: str,
    frame: pd.DataFrame,
    provenance: Provenance,
    language: str = "en",
    theme: ThemeName = "light",
) -> Figure:
    return CHARTS[name].draw(frame, words=words_in(language), provenance=provenance, theme=THEMES[theme])


def test_every_chart_has_a_sample() -> None:
    assert set(FRAMES) == set(CHARTS)


@pytest.mark.parametrize("name", NAMES)
def test_words_neither_overlap_nor_leave_the_sheet(name: str, provenance: Provenance) -> None:
    for language, theme in (("en", "light"), ("zh", "dark")):
        figure = drawn(name, FRAMES[name](), provenance, language, theme)  # type: ignore[arg-type]
        assert_apart(figure, theme)  # type: ignore[arg-type]
        assert provenance.publication_id in words(figure, "note")
        assert words(figure, "headline")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_frame_says_so(name: str, provenance: Provenance, tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=list(CHARTS[name].columns))
    assert words(drawn(name, empty, provenance, "zh"), "no-data") == "本次发布中没有数据"
    assert CHARTS[name].describe(empty, words_in("en")) == ""
    with pytest.warns(EmptyChart, match=f"{name}: no data"):
        render(
            CHARTS[name],
            empty,
            languages=[words_in("en")],
            formats=["png"],
            folder=tmp_path,
            provenance=provenance,
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_without_a_column_is_refused(name: str, provenance: Provenance) -> None:
    frame = FRAMES[name]()
    column = CHARTS[name].columns[1]
    with pytest.raises(ValueError, match=f"{name} has no column {column}"):
        drawn(name, frame.drop(columns=[column]), provenance)


@pytest.mark.parametrize("name", NAMES)
def test_one_row(name: str, provenance: Provenance) -> None:
    for index in (0, -1):
        frame = FRAMES[name]().iloc[[index]]
        assert_on_the_sheet(drawn(name, frame, provenance, "zh"))
        assert drawn(name, frame, provenance, "en").axes


@pytest.mark.parametrize("name", sorted(VALUES))
@pytest.mark.parametrize("factor", [0, 10**7])
def test_zeros_and_huge_values(name: str, factor: int, provenance: Provenance) -> None:
    frame = FRAMES[name]()
    for column in VALUES[name]:
        scaled = [None if pd.isna(v) else Decimal(str(v)) * factor for v in frame[column]]
        frame[column] = pd.Series(scaled, index=frame.index, dtype=object)
    assert_on_the_sheet(drawn(name, frame, provenance, "en"))
    assert CHARTS[name].describe(frame, words_in("zh")) is not None


def test_only_bounds(provenance: Provenance) -> None:
    for name in ("orders", "robotaxi-trips", "mileage-cumulative", "noa-chips", "bev-quarterly"):
        frame = FRAMES[name]().assign(bound="at_least")
        assert_on_the_sheet(drawn(name, frame, provenance, "zh"))


def many(name: str, long: bool) -> pd.DataFrame:
    """Thirty operators in place of one, with names that no sheet has room for."""
    frame: pd.DataFrame = FRAMES[name]()
    column = {"bev-quarterly": "company", "noa-chips": "vendor", "beijing-vs-california": "fleet"}.get(
        name, "operator"
    )
    if column not in frame.columns:
        return frame
    one = frame[frame[column] == frame[column].iloc[0]]
    words_ = "The {}th Autonomous Vehicle Company of Northern California" if long else "Firm {}"
    firms: list[pd.DataFrame] = [
        one.assign(**{column: f"firm_{n}", f"{column}_en": words_.format(n), f"{column}_zh": None})
        for n in range(30)
    ]
    return pd.concat(firms)


@pytest.mark.parametrize(
    "name", ["mileage-cumulative", "mileage-quarterly", "disengagement-rate", "coverage", "bev-quarterly"]
)
@pytest.mark.parametrize("long", [False, True])
def test_thirty_operators_and_long_names(name: str, long: bool, provenance: Provenance) -> None:
    figure = drawn(name, many(name, long), provenance)
    assert_on_the_sheet(figure)
    assert all(axes.get_position().width > 0.08 for axes in figure.axes)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_told_in_words_of_both_languages(name: str) -> None:
    frame = FRAMES[name]()
    english, chinese = (CHARTS[name].describe(frame, words_in(language)) for language in ("en", "zh"))
    assert not re.search(r"[\u4e00-\u9fff]", english.replace("前装", ""))
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 15
    assert len(english) > 60
    assert "None" not in english + chinese
    assert "nan" not in english + chinese


@pytest.mark.parametrize("name", NAMES)
def test_a_query_stops_at_the_quarter(name: str) -> None:
    from datetime import date

    import sqlglot

    chart = CHARTS[name]
    for dialect in ("duckdb", "postgres"):
        assert sqlglot.parse_one(chart.sql(date(2023, 9, 30)), dialect=dialect)
    if chart.ends:
        assert f"{chart.ends} <= date '2023-09-30'" in chart.sql(date(2023, 9, 30))
    assert chart.sql(None) == chart.query


def test_files_in_all_forms_say_where_they_are_from(provenance: Provenance, tmp_path: Path) -> None:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = render(
            CHARTS["bev-quarterly"], FRAMES["bev-quarterly"](), languages=[words_in("zh")], themes=("light", "dark"),
            folder=tmp_path, provenance=provenance,
        )  # fmt: skip
    assert sorted(p.name for p in paths) == sorted(
        f"bev-quarterly.zh{theme}.{form}" for theme in ("", ".dark") for form in ("png", "svg", "pdf")
    )
    with Image.open(tmp_path / "bev-quarterly.zh.dark.png") as image:
        info: dict[Any, Any] = dict(image.info)
        assert image.convert("RGB").getpixel((0, 0)) == (0x15, 0x18, 0x1C), "the paper has its own colour"
    assert info["Publication"] == provenance.publication_id
    assert "from bev_quarterly" in info["Description"]
    assert info["Alt"].startswith("折线图")
    svg = (tmp_path / "bev-quarterly.zh.svg").read_text("utf-8")
    assert '<svg role="img" xml:lang="zh"' in svg
    assert "<desc>折线图" in svg
    pdf = (tmp_path / "bev-quarterly.zh.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
