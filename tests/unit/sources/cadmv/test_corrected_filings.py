"""Corrections of the records of originals, and of the rows of digests: what they do, and that both builds agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.units import mi_to_km
from fleetstats.filings.corrections import Correction, corrections_sha256, scaled
from fleetstats.ingest.stage import _correct_as_digest
from fleetstats.sources.cadmv import mileage as cadmv_mileage
from fleetstats.sources.cadmv.mileage import read
from fleetstats.sources.cadmv.mileage_digest import digest
from fleetstats.sources.published_figures import read_figures
from fleetstats.sources.staged import Context, Staged
from tests.unit.sources.cadmv.test_mileage import CARS, CORE, Car, Maker, car, rows_of, text_of
from tests.unit.sources.test_published_figures import CHOICES, COLUMNS, PLAIN, SCOPES

Rule = Callable[..., Correction]
OPERATORS = {"AVT003": "waymo", "AVDT001": "waymo", "AVT008": "cruise", "AVT012": "zoox"}


def of_digest(make_context: Maker, context: Context, original: Staged, rows: list[Correction]) -> Context:
    made: Context = make_context(
        "cadmv_mileage", "2023", digest(original), original=context.held.sha256,
        corrections=context.corrections, corrections_sha256=corrections_sha256(context.corrections),
        row_corrections=rows,
    )  # fmt: skip
    return made


def test_a_scaled_cell_is_converted_and_marked_and_its_printed_number_kept(
    make_context: Maker, correction: Rule
) -> None:
    cars = [car("100", "5", annual="105"), car("7", annual="7")]
    rule = correction([2], "scale", "100", column="DEC 2022", factor="0.621371192")
    staged = read(make_context("cadmv_mileage", "2023", text_of(cars), corrections=[rule]))
    first, second, *_ = rows_of(staged, "cadmv_mileage_month")
    assert first["distance_mi_reported"] == Decimal("62.1371192") + 7
    assert first["distance_km"] == mi_to_km(Decimal("69.1371192"))
    assert (first["corrected"], second["corrected"]) == ("scale", "scale")
    assert [r["corrected"] for r in rows_of(staged, "cadmv_vehicle_report")] == ["scale", None]
    [done] = staged.corrected
    assert (done.printed, done.used, done.column_name, done.addresses) == (
        "100", "62.1371192", "DEC 2022", "original",
    )  # fmt: skip
    assert staged.unaccounted == 0


def test_a_reassigned_record_gets_the_operator_s_permit_in_the_same_programme(
    make_context: Maker, correction: Rule
) -> None:
    text = text_of([car("7", annual="7"), car("5", annual="5")])
    rule = correction([3], "reassign", "AVT003", column="Permit Number", operator="cruise")
    staged = read(make_context("cadmv_mileage", "2023", text, corrections=[rule]))
    filers = [(r["operator"], r["permit"], r["annual_mi"], r["corrected"]) for r in rows_of(staged, CORE[1])]
    assert filers == [("waymo", "AVT003", 7, None), ("cruise", "AVT008", 5, "reassign")]
    assert staged.warnings == []
    [done] = staged.corrected
    assert (done.printed, done.used) == ("AVT003", "cruise")


def test_an_operator_without_a_permit_in_the_programme_stops(make_context: Maker, correction: Rule) -> None:
    text = text_of([car("7", permit="AVDT001", annual="7")])
    rule = correction([2], "reassign", "AVDT001", column="Permit Number", operator="zoox")
    with pytest.raises(BadInput, match="override of Permit Number instead") as caught:
        read(make_context("cadmv_mileage", "2023", text, corrections=[rule]))
    assert caught.value.found == "printed AVDT001; zoox holds no permit in that programme"


def test_a_file_whose_every_record_is_dropped_is_accounted_for(make_context: Maker, correction: Rule) -> None:
    context = make_context("cadmv_mileage", "2023", text_of([Car()], 2))
    text = ",".join(Car().row())
    rule = correction([2], "drop", text.replace("Waymo LLC", "Waymo LLC"))
    staged = read(replace(context, corrections=(rule,)))
    assert (staged.records_read, staged.records_dropped, staged.records_blank, staged.records_loaded) == (
        3,
        1,
        2,
        0,
    )
    assert (staged.unaccounted, staged.rejected) == (0, [])


# Any corrections of records, and then any of the rows of the digest

ACTIONS = st.sampled_from(["override", "drop", "scale", "reassign", "flag"])


@st.composite
def corrected_file(draw: st.DrawFn) -> tuple[list[Car], list[dict[str, Any]]]:
    """Cars, and for some of them what is to be done: an action, a month, a factor, a permit."""
    cars = draw(st.lists(CARS, min_size=2, max_size=8))
    todo = [
        {
            "record": i + 2,
            "action": draw(ACTIONS),
            "month": draw(st.integers(0, 11)),
            "factor": draw(st.sampled_from(["2", "0.5", "1.609344", "0.621371192"])),
            "operator": draw(st.sampled_from(["waymo", "cruise", "zoox"])),
        }
        for i, c in enumerate(cars)
        if draw(st.booleans()) and c.permit != "AVDT001"
    ]
    return cars, todo


@settings(max_examples=30)
@given(corrected_file())
def test_records_add_up_and_a_digest_says_the_same_whatever_is_corrected(
    make_context: Maker, correction: Rule, made: tuple[list[Car], list[dict[str, Any]]]
) -> None:
    cars, todo = made
    header = text_of([]).decode().split("\r\n")[0].split(",")
    rules, months, keep = [], {i + 2: list(c.months) for i, c in enumerate(cars)}, {}
    for one in todo:
        record, action, column = one["record"], one["action"], header[4 + one["month"]]
        printed = cars[record - 2].months[one["month"]]
        if action == "scale" and not printed.strip():
            continue
        if action in ("drop", "reassign"):
            column, printed = "Permit Number", cars[record - 2].permit
        others = {key: one[key] for key, a in (("factor", "scale"), ("operator", "reassign")) if action == a}
        rules.append(correction([record], action, printed, column=column, value="3.25", **others))
        if action == "override":
            months[record][one["month"]] = "3.25"
        elif action == "scale":
            months[record][one["month"]] = scaled(printed, Decimal(one["factor"]))
        keep[record] = one
    context = make_context("cadmv_mileage", "2023", text_of(cars), corrections=rules)
    staged = read(context)
    dropped = {r for r, one in keep.items() if one["action"] == "drop"}
    assert (staged.records_dropped, staged.unaccounted) == (len(dropped), 0)
    assert staged.records_loaded == len(cars) - len(dropped)
    assert Counter(c.action for c in staged.corrected) == Counter(r.action for r in rules)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for record, cells in months.items():
        if record not in dropped:
            one = keep.get(record, {"action": "none"})
            operator = one["operator"] if one["action"] == "reassign" else OPERATORS[cars[record - 2].permit]
            for cell in cells:
                expected[operator] += cadmv_mileage._distance_or_none(cell) or Decimal(0)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(staged, CORE[0]):
        found[row["operator"]] += row["distance_mi_reported"]  # type: ignore[index,operator]
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in expected.items() if v}
    if not staged.records_loaded:
        return
    copy = read(of_digest(make_context, context, staged, []))
    for name in CORE:
        assert copy.tables[name].to_pylist() == staged.tables[name].to_pylist()
    assert sorted(copy.corrected) == sorted(staged.corrected)
    assert (copy.records_dropped, copy.unaccounted) == (0, 0)


def row_rules(correction: Rule, sha256: str) -> list[Correction]:
    """Of the digest of two cars of Waymo: record 2 is the year, 3 December, 4 January."""
    return [
        correction([3], "scale", "100", column="distance_mi", digest=sha256, factor="1.609344"),
        correction([2], "override", "107", column="distance_mi", value="167.9344", digest=sha256),
        correction([4], "flag", "2023-01-01", column="month", digest=sha256),
        correction([6], "drop", "2023-03-01", column="month", digest=sha256),
        correction([5], "reassign", "waymo", column="operator", digest=sha256, operator="zoox"),
    ]


def test_rows_of_a_digest_are_corrected_from_the_digest_and_from_its_original_alike(
    make_context: Maker, correction: Rule
) -> None:
    context = make_context("cadmv_mileage", "2023", text_of([car("100", "7", annual="107")]))
    original = read(context)
    ours = of_digest(make_context, context, original, [])
    rules = row_rules(correction, ours.held.sha256)
    copy = read(replace(ours, row_corrections=tuple(rules)))
    december, january, february, *later = rows_of(copy, CORE[0])
    assert (december["distance_mi_reported"], december["corrected"]) == (Decimal("160.9344"), "scale")
    assert december["distance_km"] == mi_to_km(Decimal("160.9344"))
    assert (january["distance_mi_reported"], january["corrected"]) == (7, "flag")
    assert (february["operator"], february["permit"], february["corrected"]) == ("zoox", "AVT012", "reassign")
    assert len(later) == 8
    assert (copy.records_read, copy.records_loaded, copy.records_dropped, copy.unaccounted) == (13, 12, 1, 0)
    assert {(c.record, c.action, c.addresses) for c in copy.corrected} == {
        (3, "scale", "digest"), (2, "override", "digest"), (4, "flag", "digest"), (6, "drop", "digest"),
        (5, "reassign", "digest"),
    }  # fmt: skip

    held = replace(
        context.held, filing=ours.held.filing, folder=ours.held.folder, hashes=ours.held.hashes
    )  # The original, read in its digest's place
    again = replace(context, held=held, row_corrections=tuple(rules))
    staged = read(again)
    _correct_as_digest(staged, again)
    for name in CORE:
        assert staged.tables[name].to_pylist() == copy.tables[name].to_pylist()
    assert sorted(staged.corrected) == sorted(copy.corrected)
    assert (staged.records_read, staged.records_dropped, staged.unaccounted) == (1, 0, 0)
    # What a single vehicle did stays as printed
    assert rows_of(staged, "cadmv_vehicle_month")[0]["distance_mi_reported"] == 100

    other = replace(again, held=replace(held, filing=held.filing.model_copy(update={"sha256": "0" * 64})))
    with pytest.raises(BadInput, match="not the one of the original"):
        _correct_as_digest(read(other), other)


STALE: dict[str, tuple[dict[str, Any], str, str]] = {
    "another value": ({"records": [3], "column": "distance_mi", "expect": "99"}, "no longer applies", "100"),
    "no such row": (
        {"records": [99], "column": "month", "expect": ""},
        "no longer applies",
        "no such record",
    ),
    "the header": (
        {"records": [1], "column": "month", "expect": "month"},
        "no longer applies",
        "no such record",
    ),
    "no such column": (
        {"records": [3], "column": "miles", "expect": "100"},
        "no longer applies",
        "no such column",
    ),
}


@pytest.mark.parametrize("case", STALE)
def test_a_correction_of_a_row_that_is_otherwise_stops(
    make_context: Maker, correction: Rule, case: str
) -> None:
    fields, says, finds = STALE[case]
    context = make_context("cadmv_mileage", "2023", text_of([car("100", "7", annual="107")]))
    rule = correction(fields["records"], "flag", fields["expect"], column=fields["column"], digest="d")
    with pytest.raises(BadInput, match=says) as caught:
        read(of_digest(make_context, context, read(context), [rule]))
    assert (caught.value.found, caught.value.record) == (finds, fields["records"][0])


def test_a_row_is_not_given_to_an_operator_that_has_it_already(make_context: Maker, correction: Rule) -> None:
    context = make_context("cadmv_mileage", "2023", text_of([car("1"), car("2", permit="AVT008")]))
    rule = correction([16], "reassign", "cruise", column="operator", digest="d", operator="waymo")
    with pytest.raises(BadInput, match="a row that it has already"):
        read(of_digest(make_context, context, read(context), [rule]))


# Transcribed figures


@pytest.fixture
def figures(make_context: Maker, as_csv: Callable[..., bytes]) -> Callable[..., Staged]:
    """Reads as many figures as named, alike but for their keys, with corrections."""

    def read_them(names: list[str], rules: list[Correction]) -> Staged:
        rows = [[(PLAIN | {"figure": n, "printed": "82.1万"}).get(c, "") for c in COLUMNS] for n in names]
        reviewed = {"scopes.csv": SCOPES, "choices.csv": CHOICES}
        content = as_csv([COLUMNS, *rows])
        return read_figures(
            make_context(
                "robotaxi_orders", "e", content, corrections=rules, reviewed=reviewed, transcribed=True
            )
        )

    return read_them


def test_figures_are_corrected_and_keep_what_is_printed(
    figures: Callable[..., Staged], correction: Rule
) -> None:
    rules = [
        correction([2], "scale", "821000", column="value", factor="0.1"),
        correction([3], "drop", "g-2", column="figure"),
        correction([4], "reassign", "Apollo Go", column="company", operator="zoox"),
    ]
    staged = figures(["g-1", "g-2", "g-3"], rules)
    first, third = rows_of(staged, "published_figure")
    assert (first["value"], first["printed"], first["corrected"]) == (82_100, "82.1万", "scale")
    assert (third["operator"], third["corrected"]) == ("zoox", "reassign")
    assert (staged.records_read, staged.records_loaded, staged.records_dropped, staged.unaccounted) == (
        3,
        2,
        1,
        0,
    )


# Once: corrections of transcribed figures were neither applied nor found to meet nothing
def test_a_correction_of_a_figure_that_is_otherwise_stops(
    figures: Callable[..., Staged], correction: Rule
) -> None:
    with pytest.raises(BadInput, match="a correction no longer applies"):
        figures(["g-1"], [correction([2], "flag", "something else", column="value")])
