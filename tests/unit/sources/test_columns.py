"""Columns are found by what `columns.csv` calls them, in the editions that it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleetstats.core.errors import BadInput
from fleetstats.core.settings import packaged
from fleetstats.sources.cadmv.disengagement import read as read_disengagements
from fleetstats.sources.cadmv.forms import edition_period, is_month
from fleetstats.sources.columns import COLUMNS_FILE, FoundColumns, find_columns, load_columns
from fleetstats.sources.records import interpret, open_form, read_batches
from fleetstats.sources.registry import source, sources
from fleetstats.sources.staged import Context, Staged

Maker = Callable[..., Context]
LINES = """\
column,printed,from_edition,to_edition,required,note
maker,Manufacturer,,,yes,
day,DATE,,,yes,
miles,Miles driven*,,2022,yes,printed with a hint in brackets
miles,Kilometres driven,2023,,yes,
weather,Weather,,2022,no,optional until it was asked for
weather,Weather,2023,,yes,
"""


@pytest.fixture
def columns(
    make_context: Maker, as_csv: Callable[..., bytes]
) -> Callable[..., tuple[FoundColumns, Staged, Context]]:
    """Finds the columns of a file of these records."""

    def find(
        *records: list[str], edition: str = "2021", lines: str = LINES
    ) -> tuple[FoundColumns, Staged, Context]:
        context = make_context("cadmv_mileage", edition, as_csv(records), reviewed={COLUMNS_FILE: lines})
        staged = Staged("f")
        file = open_form(context)
        return find_columns(file, context, staged, edition_period, is_known=is_month), staged, context

    return find


Find = Callable[..., tuple[FoundColumns, Staged, Context]]
FULL = ["date", "", "JULY 2020", "MANU-\nFACTURER", "Miles driven (of all cars)", "New one"]


def test_columns_are_found_by_name_wherever_they_are(columns: Find) -> None:
    found, staged, context = columns(FULL)
    assert found.places == {"day": 0, "maker": 3, "miles": 4}
    assert staged.warnings == [f"{context.name}: a column that is not known and not loaded: 'New one'"]
    assert staged.observed["columns"] == [" ".join(c.split()) for c in FULL if c]
    assert staged.headers == {"day": "date", "maker": "MANU-\nFACTURER", "miles": FULL[4]}
    assert (found.title("miles"), found.title("weather")) == ("Miles driven", "Weather")


def test_a_missing_column_is_named_beside_those_not_known(columns: Find) -> None:
    with pytest.raises(BadInput, match="a column is missing") as caught:
        columns(["Manufacturer", "DAY", "Miles driven"])
    assert (caught.value.record, caught.value.column) == (1, "DATE")
    assert caught.value.expected == "Manufacturer, DATE, Miles driven"
    said = str(caught.value)
    assert "not known here: DAY" in said
    assert "columns.csv: day,PRINTED,2021,,yes," in said
    with pytest.raises(BadInput, match="columns are missing") as caught:
        columns(["a", "b"])
    assert caught.value.column == "Manufacturer, DATE, Miles driven"


def test_a_column_that_is_there_twice_is_refused(columns: Find) -> None:
    with pytest.raises(BadInput, match="a column is there twice") as caught:
        columns(["DATE", "Manufacturer", "Date", "Miles driven"])
    assert caught.value.column == "DATE"


def test_an_optional_column_that_is_missing_is_null(columns: Find) -> None:
    found, staged, context = columns(
        ["Manufacturer", "DATE", "Miles driven"], ["a", "b", "1"], ["c", "d", "2"]
    )
    [batch] = read_batches(open_form(context), context, staged)
    assert found.cells(batch, "miles").to_pylist() == ["1", "2"]
    assert found.cells(batch, "weather").to_pylist() == [None, None]
    read = interpret(found.cells(batch, "weather"), int)
    assert [read.values[code] for code in read.codes] == [None, None]
    assert read.reasons == {}


@pytest.mark.parametrize("edition", ["2023", "2023-driverless-first", "2024-first-time"])
def test_a_column_is_required_from_one_edition_on(columns: Find, edition: str) -> None:
    header = ["Manufacturer", "DATE", "Kilometres driven"]
    with pytest.raises(BadInput, match="a column is missing") as caught:
        columns(header, edition=edition)
    assert caught.value.column == "Weather"
    found, _, _ = columns([*header, "WEATHER"], edition=edition)
    assert found.places["weather"] == 3


def test_a_name_of_other_editions_is_not_known_in_this_one(columns: Find) -> None:
    with pytest.raises(BadInput, match="a column is missing") as caught:
        columns(["Manufacturer", "DATE", "Miles driven", "Weather"], edition="2023")
    assert caught.value.column == "Kilometres driven"
    assert "not known here: Miles driven" in str(caught.value)


def test_the_user_s_own_lines_add_to_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / COLUMNS_FILE).write_text(
        "column,printed,from_edition,to_edition,required,note\nvin,VEHICLE ID,2024,,yes,renamed\n",
        encoding="utf-8",
    )
    folders = (packaged("data") / "raw" / "cadmv_mileage", tmp_path)
    assert load_columns(folders, "2024", edition_period)["vin"].printed[-1] == "VEHICLE ID"
    assert load_columns(folders, "2023", edition_period)["vin"].printed == ("VIN NUMBER", "VIN")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("maker,Manufacturer,,,maybe,", "yes or no"),
        ("maker,Manufacturer,some year,,yes,", "2023-first-time"),
        ("maker,!!,,,yes,", "a printed name"),
        (",Manufacturer,,,yes,", "our name"),
    ],
)
def test_a_line_that_cannot_be_used_says_where(columns: Find, line: str, expected: str) -> None:
    with pytest.raises(BadInput, match="a column that cannot be read") as caught:
        columns(["Manufacturer"], lines=LINES + line + "\n")
    assert caught.value.record == len(LINES.splitlines()) + 1
    assert expected in str(caught.value)


def test_a_source_without_columns_says_which_file_it_takes(columns: Find) -> None:
    with pytest.raises(BadInput, match="columns are missing") as caught:
        columns(["Manufacturer"], lines=LINES.splitlines()[0] + "\n")
    assert COLUMNS_FILE in str(caught.value)


def test_a_reader_gives_nulls_for_a_column_that_need_not_be_there(
    make_context: Maker, as_csv: Callable[..., bytes]
) -> None:
    shipped = packaged("data") / "raw" / "cadmv_disengagement"
    lines = (shipped / COLUMNS_FILE).read_text(encoding="utf-8")
    optional = lines.replace("DRIVER PRESENT*,,,yes", "DRIVER PRESENT*,2024,,yes")
    titles = [column.title for column in load_columns((shipped,), "2023", edition_period).values()]
    header = [title for title in titles if title != "DRIVER PRESENT"]
    printed = ["Waymo LLC", "AVT003", "3/28/2023", "1FM5K8", "No", "AV System", "Street", "words"]
    content = as_csv([header, printed])
    reviewed = {
        "categories.csv": (shipped / "categories.csv").read_text(encoding="utf-8"),
        COLUMNS_FILE: optional,
    }
    staged = read_disengagements(make_context("cadmv_disengagement", "2023", content, reviewed=reviewed))
    [event] = staged.tables["cadmv_event"].to_pylist()
    assert (event["capable_without_driver"], event["driver_present"]) == ("no", None)
    with pytest.raises(BadInput, match="a column is missing"):
        read_disengagements(make_context("cadmv_disengagement", "2024", content, reviewed=reviewed))


@pytest.mark.parametrize("code", [s.code for s in sources() if s.parse_edition is not None])
def test_every_column_of_a_packaged_source_is_required_or_optional_in_editions_that_there_are(
    code: str,
) -> None:
    folder = packaged("data") / "raw" / code
    period_of = source(code).parse_edition
    assert period_of is not None
    editions = [path.parent.name for path in folder.glob("*/filing.yml")]
    assert editions
    for edition in editions:
        assert any(column.required for column in load_columns((folder,), edition, period_of).values())
