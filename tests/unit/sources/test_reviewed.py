"""The reviewed tables that the repository ships: they parse, and they refer to what exists."""

from __future__ import annotations

import csv
import re
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetstats.core.errors import BadInput
from fleetstats.core.hash_cache import HashCache
from fleetstats.core.periods import parse_period
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import INITIATED_BY, LOCATIONS
from fleetstats.core.settings import packaged
from fleetstats.core.units import parse_distance
from fleetstats.filings.catalogue import filing_folders, load_catalogue
from fleetstats.filings.corrections import corrections_of, corrections_sha256
from fleetstats.filings.double_counts import load_double_counts, verify_double_counts
from fleetstats.filings.filing import read_filing
from fleetstats.filings.operators import load_operators, normalise_name, normalise_permit
from fleetstats.sources.published_figures import load_choices, load_scopes
from fleetstats.sources.registry import CLAIMS, codes, sources
from fleetstats.sources.registry import source as source_of
from fleetstats.sources.reviewed import Reviewed

DATA = packaged("data")
RAW = DATA / "raw"
FIGURE_SOURCES = tuple(source.code for source in sources() if source.transcribed)
COUNTED = {measure: counted for source in sources() for measure, counted in source.double_counts.items()}
DMV_SOURCES = ("cadmv_disengagement", "cadmv_mileage")
FOLDERS = filing_folders(RAW)
IDS = [f"{folder.parent.name}/{folder.name}" for folder in FOLDERS]
DIGESTS = [folder for folder in FOLDERS if read_filing(folder).status == "digest"]


def rows(path: Path) -> list[dict[str, str]]:
    """The records of a reviewed table, every one as long as the header."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file, strict=True)
    assert all(len(record) == len(header) for record in records)
    return [dict(zip(header, record, strict=True)) for record in records]


def figures_of(source: str) -> dict[str, dict[str, str]]:
    """Every transcribed row of a source by its key."""
    every = [
        row for folder in FOLDERS if folder.parent.name == source for row in rows(folder / "figures.csv")
    ]
    found = {row["figure"]: row for row in every}
    assert len(found) == len(every)
    return found


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    return Reviewed(DATA, tmp_path_factory.mktemp("landed"))


@pytest.fixture(scope="module")
def scopes() -> set[str]:
    return {row["scope"] for row in rows(DATA / "scopes.csv")}


# Operators


def test_operators_and_names_load_together() -> None:
    table = load_operators([DATA])
    assert {"baidu", "pony_ai", "waymo", "cruise", "toyota_research_institute", "woven"} <= set(
        table.operators
    )
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", code) for code in table.operators)
    assert all(re.fullmatch(r"[A-Z]{2}|", o.country) for o in table.operators.values())
    assert len(set(table.by_permit.values())) > 40


def test_reviewed_lines_are_normal_and_not_redundant() -> None:
    names = rows(DATA / "operator_names.csv")
    assert all(row["value"] == normalise_permit(row["value"]) for row in names if row["kind"] == "permit")
    keys = [(row["kind"], normalise_name(row["value"])) for row in names]
    assert len(keys) == len(set(keys))
    operators = rows(DATA / "operators.csv")
    spelt = {normalise_name(row[k]) for row in operators for k in ("operator", "name_en", "name_zh")}
    assert not [
        row["value"] for row in names if row["kind"] == "name" and normalise_name(row["value"]) in spelt
    ]


@pytest.mark.parametrize(
    ("name", "permit", "operator"),
    [
        ("Baidu USA LLC", "AVT015", "baidu"),
        ("Apollo Autonomous Driving USA LLC", "AVDT006", "baidu"),
        ("Waymo LLC", "AVDT001", "waymo"),
        ("CRUISE LLC", "AVDT005", "cruise"),
        ("Mercedes0Benz Research & Development North America, Inc.", "AVT002", "mercedes_benz"),
        ("Toyota Research Institute", "AVT050", "toyota_research_institute"),
        ("Woven by Toyota, U.S., Inc.", "AVT077", "woven"),
        ("AImotive Inc.", "AVT036", "aimotive"),
    ],
)
def test_a_printed_pair_resolves_without_a_warning(name: str, permit: str, operator: str) -> None:
    found = load_operators([DATA]).resolve_permit(permit, name, file="f", record=2)
    assert (found.operator, found.new_alias) == (operator, None)


@pytest.mark.parametrize("name", ["百度", "萝卜快跑", "Apollo Go", "小马智行", "萝卜运力", "文远知行"])
def test_a_chinese_name_resolves(name: str) -> None:
    assert load_operators([DATA]).resolve_name(name, file="f", record=2) in ("baidu", "pony_ai", "weride")


# Sources and scopes


@pytest.mark.parametrize("source", codes())
def test_a_source_has_its_folder_reader_and_titles(source: str) -> None:
    described = yaml.safe_load((RAW / source / "source.yml").read_text(encoding="utf-8"))
    assert set(described) - {"addresses", "note", "restatements"} == {
        *TABLES["source"].columns,
        "hosts",
        "lag_days",
    }
    assert described["source"] == source
    assert described["title_en"]
    assert re.search(r"[\u4e00-\u9fff]", described["title_zh"])
    assert source_of(source).code == source
    assert any(folder.parent.name == source for folder in FOLDERS)


def test_no_folder_is_of_an_unknown_source() -> None:
    assert {path.name for path in RAW.iterdir()} == {*codes(), CLAIMS}


def test_scopes_are_listed_once_with_titles_in_both_languages() -> None:
    every = rows(DATA / "scopes.csv")
    assert list(every[0]) == TABLES["scope"].columns
    assert len({row["scope"] for row in every}) == len(every)
    assert all(all(row.values()) for row in every)
    assert all(re.search(r"[\u4e00-\u9fff]", row["title_zh"]) for row in every)


@pytest.mark.parametrize("source", FIGURE_SOURCES)
def test_every_printed_category_is_placed_in_a_scope_that_exists(source: str, scopes: set[str]) -> None:
    lines = rows(RAW / source / "scopes.csv")
    assert {row["scope"] for row in lines} <= scopes
    assert {scope for row in lines for scope in row["subset"].split()} <= scopes
    keys = [(row["company"], row["category"], row["measure"]) for row in lines]
    assert len(keys) == len(set(keys))
    placed = load_scopes((RAW / source,))
    used = set()
    for row in figures_of(source).values():
        if row["confidence"] == "low":
            continue
        mine = [(company, row["category"], row["measure"]) for company in (row["company"], "*")]
        found = [key for key in mine if key in placed]
        assert found, row["figure"]
        used.add(found[0])
    # A gap may need the scope of a figure that nobody has found
    companies = {row["company"] for row in figures_of(source).values()} | {"*"}
    assert {key[0] for key in keys} <= companies | {row["company"] for row in rows(RAW / source / "gaps.csv")}
    assert used


@pytest.mark.parametrize("source", FIGURE_SOURCES)
def test_a_choice_is_between_figures_that_exist_and_has_a_reason(source: str) -> None:
    figures = figures_of(source)
    lines = rows(RAW / source / "choices.csv")
    assert set(load_choices((RAW / source,))) == {row["figure"] for row in lines}
    assert len({row["figure"] for row in lines}) == len(lines)
    for row in lines:
        date.fromisoformat(row["reviewed_on"])
        assert len(row["reason"]) > 10
        others = row["over"].split()
        assert others
        assert set(others) <= set(figures)
        assert row["figure"] not in others
        assert figures[row["figure"]]["confidence"] not in ("low", "claim")
        # None is chosen and passed over at once
        assert not set(others) & {line["figure"] for line in lines}


@pytest.mark.parametrize("source", FIGURE_SOURCES)
def test_what_a_choice_decides_between_is_of_one_company_and_measure(source: str) -> None:
    figures = figures_of(source)
    operators, placed = load_operators([DATA]), load_scopes((RAW / source,))

    def cell(key: str) -> tuple[str, str]:
        figure = figures[key]
        place = (figure["category"], figure["measure"])
        placement = placed.get((figure["company"], *place)) or placed[("*", *place)]
        return operators.resolve_name(figure["company"], file="f", record=0), placement.measure

    for row in rows(RAW / source / "choices.csv"):
        assert {cell(key) for key in row["over"].split()} == {cell(row["figure"])}


@pytest.mark.parametrize("source", codes())
def test_a_gap_is_of_an_operator_scope_and_period_that_parse(source: str, scopes: set[str]) -> None:
    operators = load_operators([DATA])
    lines = rows(RAW / source / "gaps.csv")
    assert lines
    for row in lines:
        parse_period(row["period"])
        if row["company"]:
            operators.resolve_name(row["company"], file="gaps.csv", record=0)
        assert row["scope"] in scopes | {""}
        assert row["status"] in ("missing", "partial", "not_found")
        assert len(row["reason"]) > 10
    keys = [tuple(row[k] for k in ("company", "scope", "measure", "period")) for row in lines]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "path", sorted(RAW.glob("*/known_differences.csv")), ids=lambda path: path.parent.name
)
def test_a_known_difference_is_of_a_check_filing_and_operator_that_exist(path: Path) -> None:
    operators = load_operators([DATA]).operators
    for row in rows(path):
        assert TABLES[row["check_name"]].kind == "crosscheck"
        assert row["filing"] in IDS
        assert row["operator"] in operators
        assert row["record"] == "" or int(row["record"]) > 1
        parse_distance(row["difference"].removeprefix("-"))
        date.fromisoformat(row["reviewed_on"])
        assert row["reason"]


@pytest.mark.parametrize("path", sorted(RAW.glob("*/double_counts.csv")), ids=lambda path: path.parent.name)
def test_a_double_count_is_between_two_filings_and_was_decided(path: Path, scopes: set[str]) -> None:
    operators = load_operators([DATA])
    found = load_double_counts([path.parent], IDS, source_of(path.parent.name).double_counts)
    assert len(found) == len(rows(path)) > 0
    for row in found:
        assert operators.by_permit[row["permit"]] == row["operator"]
        assert row["scope"] in scopes
        assert row["filing"] != row["other_filing"]
        assert row["month"].day == 1
        assert row["value"] > 0
        assert len(row["reason"]) > 40
    for row in rows(path):
        date.fromisoformat(row["reviewed_on"])


def made(tmp_path: Path, **others: str) -> list[dict[str, Any]]:
    """One line about 8 events of a filing, loaded as it is or with other cells."""
    [line, *_] = rows(RAW / "cadmv_disengagement" / "double_counts.csv")
    line |= others
    (tmp_path / "double_counts.csv").write_text(
        ",".join(line) + "\n" + ",".join(f'"{cell}"' for cell in line.values()) + "\n", encoding="utf-8"
    )
    return load_double_counts([tmp_path], IDS, COUNTED)


@pytest.mark.parametrize(
    "wrong",
    [{"decision": "deleted"}, {"measure": "orders"}, {"month": "2021-13-01"}, {"value": "eight"},
     {"measure": "mileage", "decision": "left_out"}],
    ids=str,
)  # fmt: skip
def test_a_double_count_that_cannot_be_read_says_where(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="cannot be read") as caught:
        made(tmp_path, **wrong)
    assert caught.value.record == 2


def test_a_double_count_of_a_filing_that_is_not_held_is_left_out(tmp_path: Path) -> None:
    assert len(made(tmp_path)) == 1
    assert made(tmp_path, other_filing="cadmv_disengagement/2099") == []


@pytest.mark.parametrize(
    ("decision", "events", "holds"),
    [("left_out", 8, True), ("left_out", 9, False), ("left_out", 7, False), ("kept", 9, True), ("kept", 7, False)],
)  # fmt: skip
def test_a_decision_does_not_outlive_the_number_it_was_made_on(
    tmp_path: Path, decision: str, events: int, holds: bool
) -> None:
    [line] = made(tmp_path, decision=decision)
    row = {key: line[key] for key in ("filing", "operator", "permit", "scope", "month")} | {"events": events}
    held = rows_to_table("cadmv_event_count", [row | {"initiated_by": "other", "location": "other"}])
    with nullcontext() if holds else pytest.raises(BadInput, match="no longer holds"):
        verify_double_counts([line], {"cadmv_event_count": held}, COUNTED)


def test_categories_lead_to_those_of_the_dictionary() -> None:
    known = {"initiated_by": INITIATED_BY, "location": LOCATIONS}
    lines = rows(RAW / "cadmv_disengagement" / "categories.csv")
    for row in lines:
        assert row["category"] in known[row["column"]]
    keys = [(row["column"], " ".join(row["printed"].split()).casefold()) for row in lines]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("column", "printed"),
    [
        *[
            ("initiated_by", p)
            for p in ("AV System", "Test Driver", "Vehicle Operator", "Safety Driver", "ADS")
        ],
        *[
            ("initiated_by", p)
            for p in ("Test driver, AV system", "In-field retrieval", "Software", "Operator")
        ],
        *[("location", p) for p in ("Street", "Freeway", "Highway", "Rural", "Parking Lot", "Interstate")],
        *[("location", p) for p in ("Urban", "Express Way", "Downtown street", "street (high speed)")],
    ],
)
def test_every_kind_of_printed_value_is_reviewed(column: str, printed: str) -> None:
    lines = rows(RAW / "cadmv_disengagement" / "categories.csv")
    assert (column, printed.casefold()) in {(row["column"], row["printed"].casefold()) for row in lines}


# Filings


@pytest.mark.parametrize("folder", FOLDERS, ids=IDS)
def test_a_filing_has_its_file_and_nothing_else(folder: Path) -> None:
    filing = read_filing(folder)
    assert {path.name for path in folder.iterdir()} == {"filing.yml", filing.file}
    assert (folder / filing.file).stat().st_size == filing.size
    if filing.issued_on != "by_row":
        assert filing.period_end < filing.issued_on <= filing.retrieved_on


def test_the_catalogue_of_all_filings_verifies(tmp_path: Path) -> None:
    held = load_catalogue(RAW, tmp_path / "landed", None, HashCache(tmp_path / "hashes.json"))
    assert [h.filing.id for h in held] == sorted(IDS)
    assert sum(h.read_as == "digest" for h in held) == 29
    assert len({h.original_sha256 for h in held if h.original_sha256}) == len(DIGESTS)


@pytest.mark.parametrize("folder", DIGESTS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_digest_was_made_with_the_corrections_of_today(folder: Path, reviewed: Reviewed) -> None:
    filing = read_filing(folder)
    assert filing.original is not None
    mine = corrections_of(
        reviewed.corrections(filing.source), (filing.original.sha256, filing.original.sha256_lf)
    )
    assert filing.corrections_sha256 == corrections_sha256(mine)


@pytest.mark.parametrize("source", DMV_SOURCES)
def test_a_correction_is_of_an_original_that_has_a_digest(source: str, reviewed: Reviewed) -> None:
    originals = {
        filing.original.sha256: filing.original
        for filing in map(read_filing, DIGESTS)
        if filing.original is not None and filing.source == source
    }
    found = reviewed.corrections(source)
    assert found
    for correction in found:
        assert correction.original is not None
        assert originals[correction.original].file == correction.file
        assert correction.records
        assert min(correction.records) > 1
        assert correction.column is None or correction.column in originals[correction.original].columns
        assert len(correction.reason) > 10
        assert len(correction.evidence) > 10


@pytest.mark.parametrize("folder", FOLDERS, ids=IDS)
def test_a_shipped_filing_is_read_whole(folder: Path, reviewed: Reviewed, tmp_path: Path) -> None:
    held = load_catalogue(RAW, tmp_path / "landed", None, HashCache(tmp_path / "hashes.json"))
    [one] = [h for h in held if h.folder == folder]
    staged = source_of(one.filing.source).read(reviewed.context(one))
    assert staged.unaccounted == 0
    assert staged.warnings == []
    assert all(row.expected for row in staged.rejected)
    for name, table in staged.tables.items():
        assert table.schema == TABLES[name].arrow_schema()
        key: list[tuple[Any, ...]] = list(zip(*(table[c].to_pylist() for c in TABLES[name].key), strict=True))
        assert len(key) == len(set(key)) > 0
    if "published_figure" in staged.tables:
        by_figure = {row["figure"]: row for row in staged.tables["published_figure"].to_pylist()}
        for row in by_figure.values():
            assert row["preference"] == 0 or row["choice_reason"] is None
            assert row["as_of"] is None or row["as_of"] <= row["issued_on"]
            for word in (row["derived_from"] or "").split():
                assert by_figure[word[1:]]["issued_on"] <= row["issued_on"], row["figure"]
            assert row["value"] is None or row["value"] >= Decimal(0)
