"""The picture says what the mart says: its marks, its words, and what it leaves open."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from fleetstats.charts import CHARTS, THEMES, Provenance, ThemeName, style
from fleetstats.charts.beijing_vs_california import QUERY
from fleetstats.charts.beijing_vs_california.series import COLUMNS
from fleetstats.charts.files import EmptyChart, render
from fleetstats.charts.page import spread
from fleetstats.core.words import words_in
from tests.unit.charts.looking import assert_apart, words

CHART = CHARTS["beijing-vs-california"]
BOTH = [words_in("zh"), words_in("en")]
WITH_DRIVER = "cadmv_testing_with_driver"


def drawn(
    frame: pd.DataFrame, provenance: Provenance, language: str = "en", theme: ThemeName = "light"
) -> Figure:
    return CHART.draw(frame, words=words_in(language), provenance=provenance, theme=THEMES[theme])


def lines(figure: Figure) -> dict[str, Line2D]:
    return {str(line.get_gid()): line for line in figure.axes[0].get_lines() if line.get_gid()}


def points(figure: Figure) -> dict[str, tuple[float, float]]:
    """Every point by its gid: place in days, distance in km."""
    return {
        gid: (float(np.asarray(line.get_xdata())[0]), float(np.asarray(line.get_ydata())[0]))
        for gid, line in lines(figure).items()
        if "-point-" in gid
    }


def arrows(figure: Figure) -> dict[str, float]:
    """The foot of every arrow, in km."""
    found = [a for a in figure.findobj(Annotation) if isinstance(a, Annotation)]
    return {str(a.get_gid()): float(a.xy[1]) for a in found if "-arrow-" in str(a.get_gid())}


def bands(figure: Figure) -> dict[str, tuple[float, float]]:
    """Bottom and top of every band, in km."""
    found = {}
    for area in figure.axes[0].collections:
        y = np.concatenate([np.asarray(path.vertices)[:, 1] for path in area.get_paths()])
        found[str(area.get_gid())] = (float(y.min()), float(y.max()))
    return found


def changed(frame: pd.DataFrame, fleet: str, year: int, **values: object) -> pd.DataFrame:
    """The frame with other values in the rows of one fleet and year, driverless testing aside."""
    frame = frame.astype(object)
    rows = (frame["fleet"] == fleet) & (frame["year"] == year) & ~frame["scope"].str.endswith("driverless")
    return frame.assign(
        **{column: frame[column].where(~rows, other=value) for column, value in values.items()}
    )


# The plotted numbers are the numbers


def test_every_figure_of_the_exact_convention_is_a_point(frame: pd.DataFrame, provenance: Provenance) -> None:
    seen = points(drawn(frame, provenance))
    exact = frame[(frame["convention"] == "exact") & frame["km"].notna()]
    wanted = {}
    for row in exact.to_dict("records"):
        apart = "-driverless" if row["scope"].endswith("driverless") else ""
        place = (float(date2num(row["through"])), float(row["km"]))  # type: ignore[no-untyped-call]
        wanted[f"{row['fleet']}{apart}-point-{row['year']}"] = place
    assert seen == wanted
    assert len(wanted) == 5 + 5 + 2 + 1 + 3 + 3


def test_lines_join_the_figures_and_nothing_else(frame: pd.DataFrame, provenance: Provenance) -> None:
    seen = {gid: line for gid, line in lines(drawn(frame, provenance)).items() if "-line-" in gid}
    assert set(seen) == {
        "waymo-line-2018", "cruise-line-2018", "cruise-driverless-line-2021", "baidu-line-2018", "pony_ai-line-2018",
    }  # fmt: skip
    waymo = [float(y) for y in np.asarray(seen["waymo-line-2018"].get_ydata())]
    assert waymo == [2021320, 4361528, 5373546, 9116617, 13783955]
    baidu = [float(y) for y in np.asarray(seen["baidu-line-2018"].get_ydata())]
    assert baidu == [139887.7, 893900, 2019230], "no line goes on where there is no figure"
    driverless = [float(y) for y in np.asarray(seen["cruise-driverless-line-2021"].get_ydata())]
    assert driverless == [10244.6, 889741], "driverless testing is never added to the rest"


def test_a_line_is_not_drawn_across_a_change_of_scope(frame: pd.DataFrame, provenance: Provenance) -> None:
    both = {"km": 3_000_000, "km_low": 3_000_000, "km_high": 3_000_000, "bound": "exact"}
    known = changed(changed(frame, "baidu", 2021, **both), "baidu", 2022, **(both | {"km": 9_000_000}))
    baidu = lines(drawn(known, provenance))["baidu-line-2018"]
    assert [float(y) for y in np.asarray(baidu.get_ydata())] == [139887.7, 893900, 2019230, 3_000_000]


def test_bands_reach_from_low_to_high(frame: pd.DataFrame, provenance: Provenance) -> None:
    figure = drawn(frame, provenance)
    assert bands(figure) == {
        "baidu-band-2021": (2019230.0, 3717794.0),
        "baidu-band-2022": (2019230.0, 21745794.0),
    }
    ends = lines(figure)
    for year, high in ((2021, 3717794.0), (2022, 21745794.0)):
        end = ends[f"baidu-band-{year}-end"]
        assert float(np.asarray(end.get_ydata())[0]) == high
        assert end.get_markerfacecolor() == THEMES["light"].paper, "an approximate bound is an open circle"
        assert ends[f"baidu-band-{year}-high"].get_linestyle() == "--"


def test_a_firm_upper_bound_is_drawn_firm(frame: pd.DataFrame, provenance: Provenance) -> None:
    firm = lines(drawn(changed(frame, "baidu", 2022, km_high_bound="at_most"), provenance))
    assert firm["baidu-band-2022-high"].get_linestyle() == "-"
    assert firm["baidu-band-2022-end"].get_markerfacecolor() != THEMES["light"].paper


def test_at_least_is_an_arrow_from_the_lower_bound(frame: pd.DataFrame, provenance: Provenance) -> None:
    assert arrows(drawn(frame, provenance)) == {
        "pony_ai-arrow-2021": 163238.0,
        "pony_ai-arrow-2022": 163238.0,
    }


def test_bounds_show_in_the_marks(frame: pd.DataFrame, provenance: Provenance) -> None:
    figure = drawn(frame, provenance)
    marks = lines(figure)
    paper = THEMES["light"].paper
    assert marks["waymo-point-2022"].get_markerfacecolor() == paper
    assert marks["cruise-point-2022"].get_markerfacecolor() != paper
    assert marks["pony_ai-point-2020"].get_marker() == "s", "a derived figure"
    whisker = [float(y) for y in np.asarray(marks["waymo-whisker-2022"].get_ydata())]
    assert whisker == [13783955.0, 13783955.0 + 25101]
    assert words(figure, "label-waymo").startswith("Waymo ≈ 13.8M km")
    assert "cruise-whisker-2022" not in marks


def test_the_break_is_marked_and_names_both_scopes(frame: pd.DataFrame, provenance: Provenance) -> None:
    figure = drawn(frame, provenance)
    place = float(np.asarray(lines(figure)["break-2022"].get_xdata())[0])
    assert place == float(date2num(date(2021, 12, 31)))  # type: ignore[no-untyped-call]
    said = words(figure, "break-2022")
    assert "to 2021: Beijing general road test" in said
    assert "from 2022: Beijing, all categories of road test" in said
    assert "2022年起：北京全口径道路测试" in words(drawn(frame, provenance, "zh"), "break-2022")


def test_decimals_floats_and_timestamps_draw_the_same(frame: pd.DataFrame, provenance: Provenance) -> None:
    other = frame.copy()
    for column in ("km", "km_low", "km_high"):
        other[column] = pd.to_numeric(other[column].map(lambda v: None if v is None else float(v)))
    other["through"] = pd.to_datetime(other["through"])
    other["km_high_bound"] = other["km_high_bound"].astype("string")
    assert points(drawn(other, provenance)) == points(drawn(frame, provenance))
    assert bands(drawn(other, provenance)) == bands(drawn(frame, provenance))
    assert words(drawn(other, provenance)) == words(drawn(frame, provenance))


# The words follow the verdict


def test_what_cannot_be_shown(frame: pd.DataFrame, provenance: Provenance) -> None:
    figure = drawn(frame, provenance)
    assert (
        words(figure, "headline") == "Whether Baidu in Beijing out-drove Waymo in California cannot be shown"
    )
    assert words(figure, "deck") == (
        "By the end of 2022, Baidu had driven at least 2.0M km and at most about 21.7M km, Waymo about 13.8M km"
    )
    chinese = drawn(frame, provenance, "zh")
    assert words(chinese, "headline") == "百度在北京的路测里程是否超过Waymo在加州的里程，无从证实"
    assert words(chinese, "deck") == "到2022年底，百度至少201.9万公里、至多约2175万公里，Waymo约1378万公里"


def test_did(frame: pd.DataFrame, provenance: Provenance) -> None:
    more = changed(frame, "baidu", 2022, km_low=Decimal(14_000_000))
    assert words(drawn(more, provenance), "headline") == "Baidu in Beijing out-drove Waymo in California"
    assert words(drawn(more, provenance, "zh"), "headline") == "百度在北京的路测里程超过Waymo在加州的里程"


def test_did_not(frame: pd.DataFrame, provenance: Provenance) -> None:
    less = changed(frame, "baidu", 2022, km_high=Decimal(9_000_000))
    assert (
        words(drawn(less, provenance), "headline") == "Baidu in Beijing did not out-drive Waymo in California"
    )
    assert words(drawn(less, provenance, "zh"), "headline") == "百度在北京的路测里程少于Waymo在加州的里程"


@pytest.mark.parametrize("low", [13_720_000, 13_790_000])
def test_an_answer_within_a_convention_or_a_bound_is_none(
    frame: pd.DataFrame, provenance: Provenance, low: int
) -> None:
    """More at 1.6 km to the mile but not exactly; more than Waymo's figure but not than its high end."""
    near = changed(frame, "baidu", 2022, km_low=Decimal(low))
    assert "cannot be shown" in words(drawn(near, provenance), "headline")


def test_without_an_upper_bound_nothing_is_denied(frame: pd.DataFrame, provenance: Provenance) -> None:
    unbounded = changed(frame, "baidu", 2022, km_high=None, km_high_bound=None)
    figure = drawn(unbounded, provenance)
    assert "cannot be shown" in words(figure, "headline")
    assert "baidu-arrow-2022" in arrows(figure)


def test_both_conventions_are_named(frame: pd.DataFrame, provenance: Provenance) -> None:
    said = words(drawn(frame, provenance), "note")
    assert "1 mi = 1.609344 km" in said
    assert "Waymo ≈ 13.70M km (here ≈ 13.78M km); the finding is the same" in said
    assert "Cruise 6.06M km (here 6.10M km)" in said
    assert "Waymo约1370.4万公里（图中约1378.4万公里），结论相同" in words(
        drawn(frame, provenance, "zh"), "note"
    )


def test_sources_scopes_and_vintage_are_printed(frame: pd.DataFrame, provenance: Provenance) -> None:
    english, chinese = (words(drawn(frame, provenance, language), "note") for language in ("en", "zh"))
    assert provenance.publication_id in english
    assert provenance.publication_id in chinese
    assert "as of 30 Sep 2023" in english
    assert "截至2023年9月30日" in chinese
    assert words_in("en").of(provenance.sources[0]) in english
    assert words_in("zh").of(provenance.sources[0]) in chinese
    for scope in (
        "California DMV testing with a driver",
        "California DMV driverless testing",
        "all categories",
    ):
        assert scope in english
    current = drawn(frame, replace(provenance, vintage=None))
    assert "vintage: current" in words(current, "note")


# Nothing overlaps, nothing is cut off, no glyph is missing


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", THEMES)
def test_words_neither_overlap_nor_leave_the_sheet(
    frame: pd.DataFrame, provenance: Provenance, language: str, theme: ThemeName
) -> None:
    assert_apart(drawn(frame, provenance, language, theme), theme)
    assert_apart(drawn(frame[frame["km"].isna()], provenance, language, theme), theme)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_glyph_is_missing(
    frame: pd.DataFrame, provenance: Provenance, language: str, tmp_path: Path
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        render(CHART, frame, languages=[words_in(language)], folder=tmp_path, provenance=provenance)
    assert [str(w.message) for w in caught] == []


def test_a_missing_glyph_is_an_error(frame: pd.DataFrame, provenance: Provenance, tmp_path: Path) -> None:
    frame["fleet_en"] = frame["fleet_en"].str.replace("Cruise", "Cruise \U0001f697")
    with pytest.raises(UserWarning, match="missing from font"):
        render(CHART, frame, languages=[words_in("en")], folder=tmp_path, provenance=provenance)
    assert list(tmp_path.iterdir()) == []


# Edges


def test_an_empty_frame_is_a_picture_that_says_so(provenance: Provenance, tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=COLUMNS)
    assert words(drawn(empty, provenance), "no-data") == "No data in this publication"
    with pytest.warns(EmptyChart, match="beijing-vs-california: no data"):
        written = render(CHART, empty, languages=BOTH, folder=tmp_path, provenance=provenance)
    assert len(written) == 6
    assert all(path.stat().st_size > 1000 for path in written)


def test_a_frame_without_a_column_is_refused(frame: pd.DataFrame, provenance: Provenance) -> None:
    with pytest.raises(ValueError, match="no column km_high"):
        drawn(frame.drop(columns=["km_high"]), provenance)


@pytest.mark.parametrize("fleet", ["waymo", "cruise", "baidu", "pony_ai"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_fleet(
    frame: pd.DataFrame, provenance: Provenance, tmp_path: Path, fleet: str, language: str
) -> None:
    one = frame[frame["fleet"] == fleet]
    figure = drawn(one, provenance, language)
    assert words(figure, "headline") == words_in(language).of(CHART.about), "nothing is compared"
    assert all(gid.startswith(fleet) for gid in points(figure))
    assert (
        len(render(CHART, one, languages=[words_in(language)], folder=tmp_path, provenance=provenance)) == 3
    )


def test_one_point_zeros_only_bounds_and_names_that_are_codes(
    frame: pd.DataFrame, provenance: Provenance
) -> None:
    plain = frame[list(COLUMNS)]
    assert "pony ai" in words(drawn(plain, provenance), "label")
    one = plain[(plain["fleet"] == "cruise") & (plain["year"] == 2018)]
    assert list(points(drawn(one, provenance))) == ["cruise-point-2018"]
    zero = changed(one, "cruise", 2018, km=0, km_low=0, km_high=0)
    assert points(drawn(zero, provenance))["cruise-point-2018"][1] == 0
    bounds = plain[plain["km"].isna()]
    assert set(bands(drawn(bounds, provenance))) == {"baidu-band-2021", "baidu-band-2022"}
    unknown = changed(one, "cruise", 2018, km=None, km_low=None, km_high=None)
    assert words(drawn(unknown, provenance), "no-data")


def test_many_fleets_with_long_names(frame: pd.DataFrame, provenance: Provenance) -> None:
    rows = frame[(frame["fleet"] == "cruise") & (frame["scope"] == WITH_DRIVER)]
    many = pd.concat(
        [
            rows.assign(
                fleet=f"fleet_{n}",
                fleet_en=f"The {n}th Autonomous Vehicle Company of California",
                fleet_zh=None,
            )
            for n in range(30)
        ]
    )
    figure = drawn(many, provenance)
    assert figure.axes[0].get_position().width > 0.4
    assert len(points(figure)) == 150
    assert_apart(figure, "light")


# Files


def test_render_writes_the_same_bytes_twice(
    frame: pd.DataFrame, provenance: Provenance, tmp_path: Path
) -> None:
    first = render(CHART, frame, languages=BOTH, folder=tmp_path / "a", provenance=provenance)
    again = render(CHART, frame, languages=BOTH, folder=tmp_path / "b", provenance=provenance)
    assert [p.name for p in first] == [
        f"beijing-vs-california.{language}.{form}"
        for language in ("zh", "en")
        for form in ("png", "svg", "pdf")
    ]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(p.name for p in first), (
        "nothing left over"
    )


def test_files_say_where_they_are_from(frame: pd.DataFrame, provenance: Provenance, tmp_path: Path) -> None:
    from PIL import Image

    png, svg, _ = render(CHART, frame, languages=[words_in("zh")], folder=tmp_path, provenance=provenance)
    with Image.open(png) as image:
        text = dict(image.info)
        assert image.size[0] == 2000
    assert text["Title"].startswith("百度在北京的路测里程是否超过Waymo")
    assert text["Publication"] == provenance.publication_id
    assert text["Description"] == " ".join(QUERY.split())
    drawing = svg.read_text("utf-8")
    assert provenance.publication_id in drawing
    assert "from beijing_vs_california" in drawing
    assert "<text" not in drawing, "type is paths, the same on every machine"
    assert "<dc:date>" not in drawing


def test_a_failed_write_leaves_the_old_file(
    frame: pd.DataFrame, provenance: Provenance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = render(
        CHART, frame, languages=[words_in("en")], formats=["png"], folder=tmp_path, provenance=provenance
    )
    before = path.read_bytes()

    def full(self: Path, _content: bytes) -> int:
        with self.open("wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        render(
            CHART, frame, languages=[words_in("en")], formats=["png"], folder=tmp_path, provenance=provenance
        )
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_drawing_changes_nothing_outside(frame: pd.DataFrame, provenance: Provenance) -> None:
    import matplotlib as mpl

    settings, copy = dict(mpl.rcParams), frame.copy(deep=True)
    drawn(frame, provenance)
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(frame, copy)
    assert "matplotlib.pyplot" not in sys.modules or sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_the_registry_imports_nothing_heavy() -> None:
    code = (
        "import sys, fleetstats.charts; "
        "print([m for m in ('matplotlib', 'pandas', 'numpy', 'zhplot') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_query_gives_the_columns(frame: pd.DataFrame) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("beijing_vs_california", frame[list(COLUMNS)])
        operators = frame[["fleet", "fleet_en", "fleet_zh"]].drop_duplicates()
        operators.columns = pd.Index(["operator", "name_en", "name_zh"])
        scopes = frame[["scope", "scope_en", "scope_zh"]].drop_duplicates()
        scopes.columns = pd.Index(["scope", "title_en", "title_zh"])
        connection.register("operator", operators)
        connection.register("scope", scopes)
        read = connection.execute(QUERY).df()
    assert set(COLUMNS) <= set(read.columns)
    assert len(read) == len(frame)
    assert set(read["fleet_en"]) == {"Baidu", "Pony.ai", "Waymo", "Cruise"}


# The style


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0, "0", "0"),
        (950, "950", "950"),
        (9_999, "10K", "9999"),
        (163_238, "163K", "16.3万"),
        (999_999, "1.0M", "100.0万"),
        (2_019_230, "2.0M", "201.9万"),
        (13_783_955, "13.8M", "1378万"),
        (99_999_999, "100.0M", "1.00亿"),
        (123_456_789, "123.5M", "1.23亿"),
        (23_108_000_000, "23.11B", "231.08亿"),
    ],
)
def test_quantity(value: float, en: str, zh: str) -> None:
    assert words_in("en").habits.quantity(value) == en
    assert words_in("zh").habits.quantity(value) == zh


def test_bounds_are_rounded_away_from_what_they_bound() -> None:
    assert words_in("en").habits.quantity(2_099_999, rounding="down") == "2.0M"
    assert words_in("en").habits.quantity(2_010_001, rounding="up") == "2.1M"
    assert words_in("en").habits.quantity(999_999, rounding="down") == "999K"


def test_lines_end_where_they_may() -> None:
    with style.applied(THEMES["light"]):
        wrapped = style.wrap("百度在北京，至多约2175万公里（约数）；Waymo driverless testing", 60, 9)
        assert (
            "".join(wrapped).replace(" ", "")
            == "百度在北京，至多约2175万公里（约数）；Waymodriverlesstesting"
        )
        assert all(line[0] not in "，；）" and line[-1] != "（" for line in wrapped)
        assert all(style.text_width(line, 9) <= 60 for line in wrapped)
        assert style.wrap("x" * 200, 60, 9)
        assert style.wrap("", 60, 9) == []


def test_labels_are_spread() -> None:
    centres = spread([10.0, 11.0, 12.0, 80.0], [10.0] * 4, 0.0, 100.0)
    assert centres == [5.0, 15.0, 25.0, 80.0]
    assert spread([98.0, 99.0], [10.0, 10.0], 0.0, 100.0) == [85.0, 95.0]
