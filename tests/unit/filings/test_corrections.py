"""Reviewed corrections: what an entry says, and what a hash over them means."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fleetstats.core.errors import BadInput
from fleetstats.filings.corrections import (
    Correction,
    apply,
    corrections_of,
    corrections_sha256,
    load_corrections,
    scaled,
)

ENTRY = """\
- original: {sha}
  file: a.csv
  records: {records}
  action: {action}
  column: Permit Number
  expect: AVT003
  value: AVT036
  reason: wrong permit
  evidence: later reports
"""


def write(path: Path, records: str = "[2]", action: str = "override") -> Path:
    path.write_text(ENTRY.format(sha="a" * 64, records=records, action=action), encoding="utf-8")
    return path


def test_an_entry_is_read_as_it_stands(tmp_path: Path) -> None:
    [found] = load_corrections([write(tmp_path / "c.yml")])
    assert (found.action, found.column, found.expect, found.value) == (
        "override",
        "Permit Number",
        "AVT003",
        "AVT036",
    )
    assert found.records == [2]


def test_ranges_of_records_name_all_of_them(tmp_path: Path) -> None:
    [found] = load_corrections([write(tmp_path / "c.yml", '[2, 5, "7-9", 12-12]')])
    assert found.records == [2, 5, 7, 8, 9, 12]


def test_files_add_up_in_order_and_missing_ones_are_none(tmp_path: Path) -> None:
    first, second = write(tmp_path / "1.yml", "[2]"), write(tmp_path / "2.yml", "[3]")
    found = load_corrections([tmp_path / "none.yml", first, second])
    assert [c.records for c in found] == [[2], [3]]


def test_an_empty_file_has_no_corrections(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("# none yet\n", encoding="utf-8")
    assert load_corrections([tmp_path / "c.yml"]) == []


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.format(sha="a", records="[2]", action="delete"),
        ENTRY.format(sha="a", records="2", action="override"),
        ENTRY.format(sha="a", records="[two]", action="override"),
        ENTRY.format(sha="a", records='["2-x"]', action="override"),
        ENTRY.format(sha="a", records="[2]", action="override").replace("  value: AVT036\n", ""),
        ENTRY.format(sha="a", records="[2]", action="override").replace("  column: Permit Number\n", ""),
        ENTRY.format(sha="a", records="[2]", action="override").replace("  reason: wrong permit\n", ""),
        ENTRY.format(sha="a", records="[2]", action="override") + "  colour: red\n",
        "original: a\n",
        "- just a text\n",
        "12\n",
        "- [unclosed\n",
    ],
)
def test_an_entry_that_is_not_complete_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "corrections.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="corrections that cannot be read") as caught:
        load_corrections([path])
    assert str(path) in str(caught.value)


# Once: names no record at all, so the correction does nothing and never stops a build
@pytest.mark.parametrize("records", ['["9-7"]', "[]"])
def test_an_entry_that_names_no_record_is_refused(tmp_path: Path, records: str) -> None:
    with pytest.raises(BadInput):
        load_corrections([write(tmp_path / "c.yml", records)])


def test_a_file_gets_the_corrections_of_either_of_its_hashes(correction: Callable[..., Correction]) -> None:
    made = [correction([2], "flag", "", original=letter * 64) for letter in "abcb"]
    assert corrections_of(made, ["b" * 64, "d" * 64]) == [made[1], made[3]]
    assert corrections_of(made, []) == []


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(2, 9), min_size=1, max_size=3),
            st.sampled_from(["override", "drop", "flag"]),
            st.sampled_from(["DATE", "VIN NUMBER"]),
            st.sampled_from(["", "a"]),
        ),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_the_hash_does_not_depend_on_the_order_of_entries(
    correction: Callable[..., Correction],
    entries: list[tuple[list[int], str, str, str]],
    order: random.Random,
) -> None:
    made = [correction(r, a, e, column=c, value="v") for r, a, c, e in entries]
    shuffled = made.copy()
    order.shuffle(shuffled)
    assert corrections_sha256(shuffled) == corrections_sha256(made)


def test_the_hash_is_of_what_is_done_not_of_why(correction: Callable[..., Correction]) -> None:
    made = correction([2], "override", "a", column="DATE", value="b")
    reworded = made.model_copy(update={"reason": "another", "evidence": "more", "reported": True})
    assert corrections_sha256([reworded]) == corrections_sha256([made])
    for change in (
        {"records": [3]},
        {"value": "c"},
        {"expect": "b"},
        {"column": "VIN"},
        {"action": "drop"},
    ):
        assert corrections_sha256([made.model_copy(update=change)]) != corrections_sha256([made])
    assert corrections_sha256([]) != corrections_sha256([made])


# What each action needs

NEEDED: dict[str, dict[str, object]] = {
    "override": {"column": "DATE", "value": "b"},
    "drop": {},
    "scale": {"column": "DATE", "factor": "1.5"},
    "reassign": {"operator": "waymo"},
    "flag": {},
}


def entry(action: str, **others: object) -> dict[str, object]:
    whole = {
        "original": "a" * 64, "file": "a.csv", "records": [2], "action": action, "expect": "a", "reason": "r",
        "evidence": "e", **NEEDED.get(action, {}), **others,
    }  # fmt: skip
    return {key: value for key, value in whole.items() if value is not None}


@pytest.mark.parametrize("action", NEEDED)
def test_an_action_has_what_it_needs_and_nothing_else(action: str) -> None:
    Correction.model_validate(entry(action))
    for key in NEEDED[action]:
        with pytest.raises(ValidationError, match=f"{action} needs"):
            Correction.model_validate(entry(action, **{key: None}))
    for key, value in {"value": "v", "factor": "2", "operator": "waymo"}.items():
        if key not in NEEDED[action]:
            with pytest.raises(ValidationError, match=f"{key} goes with"):
                Correction.model_validate(entry(action, **{key: value}))


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"digest": "b" * 64}, "either original or digest"),
        ({"action": "reject"}, "called drop now"),
        ({"action": "scale", "column": "M", "factor": 1.609344}, "quotation marks"),
        ({"action": "scale", "column": "M", "factor": "1e3"}, "plain decimal"),
        ({"action": "scale", "column": "M", "factor": "-2"}, "plain decimal"),
        ({"action": "scale", "column": "M", "factor": "0.0"}, "use drop"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(others: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Correction.model_validate(entry("flag") | {k: v for k, v in others.items() if v is not None})


@given(st.integers(0, 10**16), st.integers(0, 9), st.integers(1, 10**9), st.integers(0, 9))
def test_a_scaled_number_is_exact_to_nine_places(digits: int, places: int, factor: int, moved: int) -> None:
    printed, by = Decimal(digits).scaleb(-places), Decimal(factor).scaleb(-moved)
    text = scaled(f"{printed:f}", by)
    exact = Fraction(printed) * Fraction(by)
    assert abs(Fraction(text) - exact) * 2 <= Fraction(1, 10**9)
    if (exact * 10**9).denominator == 1:
        assert Fraction(text) == exact
    assert set(text) <= set("0123456789.")


def test_a_correction_of_no_file_is_refused() -> None:
    with pytest.raises(ValidationError, match="either original or digest"):
        Correction.model_validate(entry("flag", original=None))


def test_a_number_with_separators_is_scaled_and_a_word_is_not() -> None:
    assert scaled("1,000.25", Decimal("1.609344")) == "1609.746336"
    made = Correction.model_validate(entry("scale", expect="n/a"))
    with pytest.raises(BadInput, match="scales what is no number"):
        apply(made, "a.csv", 2, "n/a")


def test_the_hash_tells_factors_and_operators_apart() -> None:
    made = [Correction.model_validate(entry("scale", factor=f)) for f in ("1.5", "1.6")] + [
        Correction.model_validate(entry("reassign", operator=o)) for o in ("waymo", "zoox")
    ]
    assert len({corrections_sha256([one]) for one in made}) == 4


# Once there were override, reject and flag; digests made with these need not be made again
def test_the_hash_of_the_actions_of_old_is_the_one_of_old() -> None:
    made = Correction.model_validate(entry("override"))
    assert corrections_sha256([made]) == "8edfb29b224639131f8ed8c8a98b64dc5601ac52599649033a54e63ae2ab6788"
