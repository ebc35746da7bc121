"""California DMV disengagement files, made on the spot."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES
from fleetstats.filings.corrections import Correction, corrections_sha256
from fleetstats.sources import csv_file
from fleetstats.sources.cadmv.disengagement import digest, read
from fleetstats.sources.staged import Context, Staged

Maker = Callable[..., Context]
HEADER = [
    "Manufacturer",
    "Permit Number",
    "DATE",
    "VIN NUMBER",
    "VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER\n(Yes or No)",
    "DRIVER PRESENT\n(Yes or No)",
    "DISENGAGEMENT INITIATED BY\n(AV System, Test Driver, Remote Operator, or Passenger)",
    "DISENGAGEMENT\nLOCATION\n(Interstate, Freeway, Highway, Rural Road, Street, or Parking Facility)",
    "DESCRIPTION OF FACTS CAUSING DISENGAGEMENT",
]
CATEGORIES = """\
column,printed,category,note
initiated_by,AV System,av_system,
initiated_by,Test Driver,test_driver,
initiated_by,In-field retrieval,other,
location,Street,street,
location,Downtown street,street,
location,Freeway,freeway,
"""
FILERS = {"AVT003": "Waymo LLC", "AVDT001": "Waymo LLC", "AVT008": "CRUISE LLC"}


@dataclass(frozen=True)
class Event:
    """One record of a disengagement file."""

    permit: str = "AVT003"
    day: str = "3/28/2023"
    vin: str = "1FM5K8"
    capable: str = "No"
    present: str = "Yes"
    initiated: str = "Test Driver"
    location: str = "Street"
    text: str = "a cone"

    def row(self) -> list[str]:
        cells = [FILERS[self.permit], self.permit, self.day, self.vin, self.capable, self.present]
        return [*cells, self.initiated, self.location, self.text]


def text_of(events: list[Event], blanks: int = 0, encoding: str = "utf-8", more: int = 0) -> bytes:
    out = io.StringIO(newline="")
    rows = [HEADER + [""] * more, *(e.row() + [""] * more for e in events), *([[""] * (9 + more)] * blanks)]
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.fixture(scope="session")
def context_of(make_context: Maker) -> Maker:
    """A context with reviewed categories."""

    def make(content: bytes, edition: str = "2023", **others: object) -> Context:
        reviewed = {"categories.csv": CATEGORIES}
        return make_context("cadmv_disengagement", edition, content, reviewed=reviewed, **others)

    return make


@pytest.fixture(scope="session")
def digest_of(context_of: Maker) -> Maker:
    """The context of a digest."""

    def make(content: bytes, original: str = "c" * 64, corrections: tuple[Correction, ...] = ()) -> Context:
        return context_of(
            content,
            original=original,
            corrections=corrections,
            corrections_sha256=corrections_sha256(corrections),
        )

    return make


def rows_of(staged: Staged, table: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = staged.tables[table].to_pylist()
    return rows


def test_an_event_is_kept_as_printed_beside_what_it_means(context_of: Maker) -> None:
    event = Event(
        vin=" 1fm5k8abc ",
        location=" Downtown  street",
        capable="NO",
        present="y",
        text="two\nlines, \u2019x\u2019",
    )
    staged = read(context_of(text_of([event], encoding="cp1252")))
    [row] = rows_of(staged, "cadmv_event")
    assert row == {
        "filing": "cadmv_disengagement/2023",
        "record": 2,
        "operator": "waymo",
        "permit": "AVT003",
        "scope": "cadmv_testing_with_driver",
        "event_on": date(2023, 3, 28),
        "month": date(2023, 3, 1),
        "vin": "1FM5K8ABC",
        "capable_without_driver": "no",
        "driver_present": "yes",
        "initiated_by": "test_driver",
        "initiated_by_printed": "Test Driver",
        "location": "street",
        "location_printed": " Downtown  street",
        "description": "two\nlines, \u2019x\u2019",
        "corrected": None,
    }


def test_equal_records_are_separate_events(context_of: Maker) -> None:
    staged = read(context_of(text_of([Event()] * 5)))
    assert [row["events"] for row in rows_of(staged, "cadmv_event_count")] == [5]
    assert staged.records_loaded == 5


def test_an_event_outside_the_report_year_stays_in_its_filing_and_month(context_of: Maker) -> None:
    staged = read(context_of(text_of([Event(day="2021.12.06. "), Event(day="20211130")]), edition="2021"))
    assert [row["month"] for row in rows_of(staged, "cadmv_event_count")] == [
        date(2021, 11, 1),
        date(2021, 12, 1),
    ]
    assert not staged.rejected


def test_categories_compare_without_case_and_blanks(context_of: Maker) -> None:
    staged = read(context_of(text_of([Event(location="FREEWAY "), Event(initiated="av  system")])))
    assert [row["location"] for row in rows_of(staged, "cadmv_event")] == ["freeway", "street"]
    assert [row["initiated_by"] for row in rows_of(staged, "cadmv_event")] == ["test_driver", "av_system"]
    assert staged.warnings == []


def test_a_value_not_reviewed_counts_as_other_and_is_warned_of_once(context_of: Maker) -> None:
    events = [Event(location="Drive way"), Event(location="DRIVE  WAY"), Event()]
    context = context_of(text_of(events))
    staged = read(context)
    assert [row["location"] for row in rows_of(staged, "cadmv_event")] == ["other", "other", "street"]
    [warning] = staged.warnings
    assert "location 'Drive way' is not reviewed and counts as other" in warning
    assert f"{context.folders[-1] / 'categories.csv'}: location,Drive way,CATEGORY," in warning


def test_the_printed_values_are_noted_with_their_counts(context_of: Maker) -> None:
    staged = read(context_of(text_of([Event(), Event(), Event(initiated="In-field retrieval")])))
    assert staged.notes == [
        "initiated_by 'Test Driver': 2, test_driver",
        "initiated_by 'In-field retrieval': 1, other",
        "location 'Street': 3, street",
    ]


@pytest.mark.parametrize("line", ["location,Ramp,ramp,", "where,Street,street,", "initiated_by,Cat,street,"])
def test_a_reviewed_line_with_an_unknown_category_stops(make_context: Maker, line: str) -> None:
    context = make_context(
        "cadmv_disengagement",
        "2023",
        text_of([Event()]),
        reviewed={"categories.csv": f"{CATEGORIES}{line}\n"},
    )
    with pytest.raises(BadInput, match="an unknown category") as caught:
        read(context)
    assert caught.value.record == 8


def test_categories_with_other_columns_are_refused(make_context: Maker) -> None:
    reviewed = {"categories.csv": "column;printed;category;note\nlocation;Street;street;\n"}
    with pytest.raises(BadInput):
        read(make_context("cadmv_disengagement", "2023", text_of([Event()]), reviewed=reviewed))


@pytest.mark.parametrize("day", ["", "1//3/2019", "31/12/2023", "soon"])
def test_a_day_that_cannot_be_read_rejects_its_record(context_of: Maker, day: str) -> None:
    bad = Event(day=day)
    staged = read(context_of(text_of([Event(), bad, Event()])))
    [rejected] = staged.rejected
    assert (rejected.record, rejected.expected) == (3, False)
    assert rejected.reason.startswith("column DATE: ")
    assert next(csv.reader([rejected.source_text])) == bad.row()
    assert (staged.records_loaded, staged.unaccounted) == (2, 0)


def test_a_placeholder_is_set_aside_by_a_correction_that_expects_it(
    context_of: Maker, correction: Callable[..., Correction]
) -> None:
    content = text_of([Event()]) + b'"Zoox, Inc",AVT012,,,,,,,\r\n'
    staged = read(context_of(content, corrections=[correction([3], "drop", '"Zoox, Inc",AVT012')]))
    assert [(c.record, c.action) for c in staged.corrected] == [(3, "drop")]
    assert (staged.rejected, staged.records_dropped) == ([], 1)
    assert (staged.records_loaded, staged.unaccounted) == (1, 0)


def test_a_wrong_permit_is_put_right_by_a_correction(
    context_of: Maker, correction: Callable[..., Correction]
) -> None:
    content = text_of([Event(), Event(permit="AVT008")]).replace(b"CRUISE LLC,AVT008", b"CRUISE LLC,AVT003")
    with pytest.raises(BadInput, match="the name belongs to another operator") as caught:
        read(context_of(content))
    assert caught.value.record == 3
    rule = correction([3], "override", "AVT003", column="Permit Number", value="AVT008")
    staged = read(context_of(content, corrections=[rule]))
    assert [row["operator"] for row in rows_of(staged, "cadmv_event")] == ["waymo", "cruise"]


@pytest.mark.parametrize("place", range(9))
def test_a_missing_column_stops_with_its_name(context_of: Maker, place: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADER[:place] + HEADER[place + 1 :], Event().row()[:8]])
    with pytest.raises(BadInput, match="a column is missing") as caught:
        read(context_of(out.getvalue().encode()))
    assert caught.value.column == " ".join(HEADER[place].split()).partition(" (")[0]


def test_cells_that_spilled_into_columns_without_a_name_are_noted(context_of: Maker) -> None:
    content = text_of([Event(), Event()], more=1).replace(b"a cone,\r\n", b"a cone,Planning\r\n", 1)
    assert "column 10 has no name; its 1 values are not loaded" in read(context_of(content)).notes


@pytest.mark.parametrize("blanks", [0, 2])
def test_a_file_without_records_stops(context_of: Maker, blanks: int) -> None:
    with pytest.raises(BadInput, match="a file without records"):
        read(context_of(text_of([], blanks)))


def test_a_file_whose_every_record_is_unreadable_is_accounted_for(context_of: Maker) -> None:
    staged = read(context_of(text_of([Event(day="x"), Event(day="y")])))
    assert (staged.records_read, staged.records_loaded, len(staged.rejected)) == (2, 0, 2)


EVENTS = st.builds(
    Event,
    permit=st.sampled_from(sorted(FILERS)),
    day=st.dates(date(2022, 10, 1), date(2023, 12, 31)).map(lambda d: f"{d.month}/{d.day}/{d.year}"),
    vin=st.sampled_from(["A", "~0496", ""]),
    initiated=st.sampled_from(["Test Driver", "test driver", "AV System", "Passing cow", ""]),
    location=st.sampled_from(["Street", "STREET", "Freeway ", "Moon"]),
    text=st.text(alphabet='ab, "\n\u00a0', max_size=8),
)


@settings(max_examples=25)
@given(events=st.lists(EVENTS, min_size=1, max_size=25), blanks=st.integers(0, 4))
def test_every_event_is_counted_once(context_of: Maker, events: list[Event], blanks: int) -> None:
    staged = read(context_of(text_of(events, blanks)))
    counts = rows_of(staged, "cadmv_event_count")
    assert sum(row["events"] for row in counts) == staged.records_loaded == len(events)  # type: ignore[misc]
    assert (staged.records_read, staged.records_blank, staged.unaccounted) == (
        len(events) + blanks,
        blanks,
        0,
    )
    assert [row["record"] for row in rows_of(staged, "cadmv_event")] == list(range(2, len(events) + 2))
    keys = TABLES["cadmv_event_count"].key[1:]
    by_key = Counter(tuple(row[key] for key in keys) for row in rows_of(staged, "cadmv_event"))
    assert {tuple(row[key] for key in keys): row["events"] for row in counts} == by_key


@settings(max_examples=25)
@given(events=st.lists(EVENTS, min_size=1, max_size=25))
def test_a_digest_gives_the_same_core_table_as_its_original(
    context_of: Maker, digest_of: Maker, events: list[Event]
) -> None:
    context = context_of(text_of(events))
    original = read(context)
    content = digest(original)
    copy = read(digest_of(content, original=context.held.sha256))
    assert set(copy.tables) == {"cadmv_event_count"}
    assert copy.tables["cadmv_event_count"].equals(original.tables["cadmv_event_count"])
    assert digest(copy) == content


@settings(max_examples=15)
@given(events=st.lists(EVENTS, min_size=5, max_size=25))
def test_a_file_read_in_many_batches_gives_the_same(context_of: Maker, events: list[Event]) -> None:
    context = context_of(text_of(events, 3))
    whole = read(context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "RECORD_LIMIT", 512)
        parts = read(context)
    for name, table in whole.tables.items():
        assert parts.tables[name].to_pylist() == table.to_pylist()
    assert (sorted(parts.warnings), parts.notes) == (sorted(whole.warnings), whole.notes)


@pytest.mark.parametrize(("old", "new"), [(",1,", ",one,"), ("2023-03-01", "2023-3-1")])
def test_a_digest_that_cannot_be_read_names_its_record(
    context_of: Maker, digest_of: Maker, old: str, new: str
) -> None:
    content = digest(read(context_of(text_of([Event()])))).decode()
    assert old in content
    with pytest.raises(BadInput, match="a digest that cannot be read") as caught:
        read(digest_of(content.replace(old, new).encode()))
    assert caught.value.record == 2
