"""Reviewed corrections: what an entry says, and what a hash over them means."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.corrections import Correction, corrections_of, corrections_sha256, load_corrections
from fleetstats.errors import BadInput

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
            st.sampled_from(["override", "reject", "flag"]),
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
        {"action": "reject"},
    ):
        assert corrections_sha256([made.model_copy(update=change)]) != corrections_sha256([made])
    assert corrections_sha256([]) != corrections_sha256([made])
