"""Permits and names, resolved to operators by reviewed tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.filings.operators import (
    UNKNOWN,
    AskedOperators,
    OperatorTable,
    Resolution,
    load_operators,
    normalise_name,
    normalise_permit,
)
from fleetstats.filings.unknown_operators import UnknownOperator, resembling

OPERATORS = "operator,kind,name_en,name_zh,country,note\n"
NAMES = "kind,value,operator,note\n"


def write(folder: Path, operators: str, names: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "operators.csv").write_text(OPERATORS + operators, encoding="utf-8")
    (folder / "operator_names.csv").write_text(NAMES + names, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["Waymo LLC", "WAYMO LLC", "  waymo, l.l.c. ", "Way-mo\u00a0LLC", "waymo"])
def test_names_compare_without_case_blanks_and_punctuation(operators: OperatorTable, name: str) -> None:
    assert operators.resolve_permit("AVT003", name, file="f", record=2) == Resolution("waymo")


@given(st.text(alphabet="abcXYZ019 百度é", max_size=12), st.data())
def test_a_name_is_the_same_with_more_punctuation_and_other_case(name: str, data: st.DataObject) -> None:
    noise = st.sampled_from(["", " ", ".", ",", "-", "\n", "(", "\u00a0", "&"])
    other = "".join(data.draw(noise) + data.draw(st.sampled_from([c.upper(), c.lower()])) for c in name)
    assert normalise_name(other) == normalise_name(name)


@pytest.mark.parametrize("permit", [" AVT003", "avt003", "AVT 003\n", "\u00a0AVT003"])
def test_a_permit_is_read_without_blanks_and_in_capitals(operators: OperatorTable, permit: str) -> None:
    assert normalise_permit(permit) == "AVT003"
    assert operators.resolve_permit(permit, "Waymo", file="f", record=2).operator == "waymo"


def test_one_operator_holds_permits_of_both_programmes(operators: OperatorTable) -> None:
    assert operators.resolve_permit("AVDT001", "Waymo", file="f", record=2).operator == "waymo"


def test_an_unknown_permit_stops_with_the_line_to_add(operators: OperatorTable) -> None:
    with pytest.raises(BadInput) as caught:
        operators.resolve_permit("avt 099", "Waymo LLC", file="cadmv_mileage/2023: m.csv", record=7)
    message = str(caught.value)
    assert message.startswith("unknown permit")
    assert "file cadmv_mileage/2023: m.csv, record 7, column Permit Number" in message
    assert f"add this line to {operators.names_path}: permit,AVT099,waymo," in message
    assert "operators.csv: " not in message


def test_an_unknown_permit_of_an_unknown_firm_asks_for_both_lines(operators: OperatorTable) -> None:
    with pytest.raises(BadInput) as caught:
        operators.resolve_permit("AVT099", "Robo Cars, Inc. ", file="f", record=7)
    message = str(caught.value)
    assert "permit,AVT099,robo_cars," in message
    assert (
        f'{operators.names_path.with_name("operators.csv")}: robo_cars,fleet,"Robo Cars, Inc.",,,' in message
    )


def test_the_lines_to_add_do_mend_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "waymo,fleet,Waymo,,US,\n")
    with pytest.raises(BadInput) as caught:
        load_operators([folder]).resolve_permit("AVT099", "Robo, Cars Inc.", file="f", record=7)
    todo = str(caught.value.todo)
    permit_line, operator_line = (part.partition(": ")[2].strip() for part in todo.split("\n"))
    permit_line = permit_line.rpartition(": ")[2]
    write(folder, f"waymo,fleet,Waymo,,US,\n{operator_line}\n", f"{permit_line}\n")
    found = load_operators([folder]).resolve_permit("AVT099", "Robo, Cars Inc.", file="f", record=7)
    assert found == Resolution("robo_cars")


def test_the_name_of_another_operator_than_the_permits_stops(operators: OperatorTable) -> None:
    with pytest.raises(BadInput) as caught:
        operators.resolve_permit("AVT003", "CRUISE LLC", file="f", record=12)
    message = str(caught.value)
    assert "record 12" in message
    assert "permit AVT003 is waymo's, the name 'CRUISE LLC' is cruise's" in message
    assert "corrections.yml" in message


def test_a_new_spelling_loads_and_proposes_its_line(operators: OperatorTable) -> None:
    found = operators.resolve_permit("AVT012", " Zoox Robotics, Inc ", file="f", record=2)
    assert found == Resolution("zoox", new_alias='name,"Zoox Robotics, Inc",zoox,')


def test_a_name_alone_resolves_in_any_language(operators: OperatorTable) -> None:
    for name in ("Baidu", "百度", "apollo go", "baidu"):
        assert operators.resolve_name(name, file="f", record=2) == "baidu"


def test_an_unknown_company_stops_with_the_line_to_add(operators: OperatorTable) -> None:
    with pytest.raises(BadInput, match="unknown company") as caught:
        operators.resolve_name("Robo Cars", file="f", record=3)
    assert f"{operators.names_path}: name,Robo Cars,robo_cars," in str(caught.value)


def test_the_users_own_tables_add_to_the_packaged_ones_and_are_where_lines_go(tmp_path: Path) -> None:
    packaged = write(tmp_path / "packaged", "waymo,fleet,Waymo,,US,\n", "permit,AVT003,waymo,\n")
    own = write(tmp_path / "own", "robo,fleet,Robo,,US,\n", "permit,AVT099,robo,\nname,Waymo Inc,waymo,\n")
    table = load_operators([packaged, own])
    assert table.by_permit == {"AVT003": "waymo", "AVT099": "robo"}
    assert table.resolve_name("WAYMO, INC.", file="f", record=1) == "waymo"
    assert table.names_path == own / "operator_names.csv"


def test_folders_without_tables_are_empty_ones(tmp_path: Path) -> None:
    assert load_operators([tmp_path / "none"]).operators == {}


@pytest.mark.parametrize(
    ("operators_csv", "names_csv", "says"),
    [
        ("a,fleet,A,,,\na,fleet,B,,,\n", "", "listed twice"),
        ("a,fleet,A,,,\n", "permit,AVT1,a,\npermit, avt1,a,\n", "listed twice"),
        ("a,fleet,Same,,,\nb,fleet,SAME.,,,\n", "", "a name leads to two operators"),
        ("a,fleet,A,,,\nb,fleet,B,,,\n", "name,A,b,\n", "a name leads to two operators"),
        ("a,fleet,A,,,\n", "name,Other,c,\n", "an operator that does not exist"),
        ("a,fleet,A,,,\n", "alias,Other,a,\n", "a line of an unknown kind"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(
    tmp_path: Path, operators_csv: str, names_csv: str, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        load_operators([write(tmp_path / "t", operators_csv, names_csv)])
    assert caught.value.record in (2, 3)
    assert caught.value.file is not None


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "operators.csv").write_text("operator;kind\na;fleet\n", encoding="utf-8")
    with pytest.raises(BadInput, match="other columns"):
        load_operators([tmp_path])


def test_a_line_with_too_many_cells_is_refused_with_its_record(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        load_operators([write(tmp_path / "t", "a,fleet,A,,,\n", "name,Some Cars, Inc,a,\n")])
    assert caught.value.record == 2


def test_a_table_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "operators.csv").write_bytes((OPERATORS + "a,fleet,A,百度智能,CN,\n").encode("gb18030"))
    with pytest.raises(BadInput) as caught:
        load_operators([tmp_path])
    assert "operators.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("Waymo LLC (Alphabet)", "waymo"),
        ("Zooks, Inc", None),
        ("Zooxx, Inc", "zoox"),
        ("Cruise L.L.C., formerly GM", "cruise"),
        ("Robo Cars", None),
        ("Wa", None),
    ],
)
def test_a_name_that_resembles_a_known_one_is_offered_as_its_spelling(
    operators: OperatorTable, name: str, operator: str | None
) -> None:
    assert resembling(name, operators.by_name) == operator
    with pytest.raises(UnknownOperator) as caught:
        operators.resolve_name(name, file="f", record=1)
    assert caught.value.resembles == operator
    if operator is not None:
        assert f"it resembles {operator}; if it is right, add this line" in str(caught.value)
        assert "operators.csv" not in str(caught.value)


def test_all_that_is_unknown_is_told_at_once(operators: OperatorTable) -> None:
    asked = AskedOperators(operators)
    asked.refuse_unknown()
    assert asked.resolve_name("Waymo LLC", file="f", record=2) == "waymo"
    for record, name in enumerate(("Robo Cars", "Robo Cars", "Auto Auto"), start=3):
        assert asked.resolve_name(name, file="f", record=record) == UNKNOWN
    assert asked.resolve_permit("AVT998", "Robo Cars", file="f", record=9).operator == UNKNOWN
    with pytest.raises(BadInput, match="3 unknown permits or companies") as caught:
        asked.refuse_unknown()
    text = str(caught.value)
    for line in (
        "name,Robo Cars,robo_cars,",
        "name,Auto Auto,auto_auto,",
        "permit,AVT998,robo_cars,",
        "record 9: ",
    ):
        assert text.count(line) == 1, line
    assert caught.value.record == 3
