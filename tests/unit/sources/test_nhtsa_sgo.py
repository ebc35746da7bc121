"""NHTSA crash reports, made on the spot, in both forms of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.sources.nhtsa_sgo.counts import count_incidents
from fleetstats.sources.nhtsa_sgo.denominators import denominators
from fleetstats.sources.nhtsa_sgo.digest import digest
from fleetstats.sources.nhtsa_sgo.editions import edition_of_month, parse_edition
from fleetstats.sources.nhtsa_sgo.hashes import hash_cells
from fleetstats.sources.nhtsa_sgo.months import parse_month
from fleetstats.sources.nhtsa_sgo.reports import parse_version, read
from fleetstats.sources.staged import Context, Staged

Maker = Callable[..., Context]
CURRENT = [
    "Report ID", "Report Version", "Reporting Entity", "Report Type", "Driver / Operator Type",
    "Automation System Engaged?", "Engagement Status", "Incident Date", "Same Incident ID", "State",
    "Highest Injury Severity Alleged", "Narrative", "Narrative - CBI?",
]  # fmt: skip
ARCHIVE = [
    "Report ID", "Report Version", "Reporting Entity", "Report Type", "Mileage", "Driver / Operator Type",
    "ADAS/ADS System Version", "Automation System Engaged?", "Incident Date", "Same Incident ID", "State",
    "Highest Injury Severity Alleged", "Property Damage?", "Narrative",
]  # fmt: skip
DENOMINATORS = """\
operator,state,driver,mileage_scope,reason,reviewed_on
zoox,CA,in_vehicle,cadmv_testing_with_driver,testing with a driver,2026-01-01
*,*,*,,no mileage is published,2026-01-01
"""


def report(key: str = "30270-1", version: int | str = 1, **cells: str) -> dict[str, str]:
    """One record; every cell that is not named is that of a plain crash of Waymo's."""
    return {
        "Report ID": key, "Report Version": str(version), "Reporting Entity": "Waymo LLC", "Report Type": "5-Day",
        "Driver / Operator Type": "None", "Automation System Engaged?": "ADS", "Incident Date": "JUL-2025",
        "Same Incident ID": f"i{key}", "State": "CA", "Highest Injury Severity Alleged": "No Injured Reported",
        "Narrative": "On July [XXX] a car was struck.", **cells,
    }  # fmt: skip


@pytest.fixture(scope="session")
def make_file(make_context: Maker, as_csv: Callable[..., bytes]) -> Callable[..., Context]:
    """The context of a file of these records, in the current form or the archive's."""

    def make(
        records: list[dict[str, str]], *, archive: bool = False, end: str = "\n", **kwargs: Any
    ) -> Context:
        header = ARCHIVE if archive else CURRENT
        content = as_csv([header, *([r.get(c, "") for c in header] for r in records)], end=end)
        edition = "archive-2021-2025" if archive else "2026-03"
        return make_context(
            "nhtsa_sgo", edition, content, reviewed={"denominators.csv": DENOMINATORS}, **kwargs
        )

    return make


def months(staged: Staged, operator: str = "waymo") -> list[dict[str, Any]]:
    rows = staged.tables["nhtsa_incident_month"].to_pylist()
    return [r for r in rows if r["operator"] == operator]


@pytest.mark.parametrize("archive", [False, True])
def test_both_forms_of_the_file_give_the_same_figures(make_file: Maker, archive: bool) -> None:
    state = "CA " if archive else "CA"
    staged = read(make_file([report(State=state), report("30270-2", State=state)], archive=archive))
    [row] = months(staged)
    assert (row["state"], row["month"], row["reports"], row["incidents"]) == ("CA", date(2025, 7, 1), 2, 2)
    assert staged.unaccounted == 0
    for name, table in staged.tables.items():
        assert table.schema == TABLES[name].arrow_schema()


def test_the_highest_version_counts_and_the_others_are_superseded(make_file: Maker) -> None:
    staged = read(
        make_file([report(version=2, **{"Incident Date": "JUN-2025"}), report(), report("30270-2")])
    )
    assert {r["month"]: r["reports"] for r in months(staged)} == {date(2025, 6, 1): 1, date(2025, 7, 1): 1}
    assert (staged.records_read, staged.records_loaded, staged.records_superseded) == (3, 2, 1)
    assert staged.unaccounted == 0
    assert staged.tables["nhtsa_report"]["latest_version"].to_pylist() == [True, False, True]


def test_an_incident_of_two_entities_is_one_and_stands_with_both(make_file: Maker) -> None:
    shared = {"Same Incident ID": "same"}
    staged = read(
        make_file(
            [
                report(**shared),
                report("7-1", **shared, **{"Reporting Entity": "CRUISE LLC"}),
                report("30270-9"),
            ]
        )
    )
    for operator, incidents, both in (("waymo", 2, 1), ("cruise", 1, 1), ("all", 2, 1)):
        [row] = months(staged, operator)
        assert (row["incidents"], row["incidents_shared"]) == (incidents, both), operator


def test_reports_without_a_key_of_the_incident_are_incidents_of_their_own(make_file: Maker) -> None:
    blank = {"Same Incident ID": " "}
    [row] = months(read(make_file([report(**blank), report("30270-2", **blank)])))
    assert (row["reports"], row["incidents"], row["incidents_shared"]) == (2, 2, 0)


def test_a_report_without_a_month_counts_without_one_and_nothing_new_counts_not(make_file: Maker) -> None:
    nothing = {"Report Type": "No New or Updated Incident Reports", "Incident Date": ""}
    staged = read(make_file([report(**{"Incident Date": ""}), report("30270-2", **nothing)]))
    [row] = months(staged)
    assert (row["month"], row["reports"]) == (None, 1)
    assert staged.records_loaded == 2


@pytest.mark.parametrize(
    ("severity", "injured"),
    [("Minor W/O Hospitalization", 1), ("Fatality", 1), ("Serious", 1), ("Unknown", 0), ("", 0),
     ("Property Damage. No Injured Reported", 0)],
)  # fmt: skip
def test_an_injury_is_an_alleged_one(make_file: Maker, severity: str, injured: int) -> None:
    [row] = months(read(make_file([report(**{"Highest Injury Severity Alleged": severity})])))
    assert row["incidents_injury"] == injured


def test_the_reviewed_line_says_which_mileage_counts_the_same_driving(make_file: Maker) -> None:
    zoox = {"Reporting Entity": "Zoox, Inc.", "Driver / Operator Type": "In-Vehicle (Commercial / Test)"}
    staged = read(make_file([report(**zoox), report("30270-2", **zoox, State="NV"), report("30270-3")]))
    found = {r["state"]: (r["mileage_scope"], r["reason"]) for r in months(staged, "zoox")}
    assert found == {
        "CA": ("cadmv_testing_with_driver", "testing with a driver"),
        "NV": (None, "no mileage is published"),
    }
    assert months(staged)[0]["mileage_scope"] is None


def test_no_narrative_is_carried_over_not_even_of_a_rejected_record(make_file: Maker) -> None:
    words = "a sentence that is not ours"
    staged = read(make_file([report(Narrative=words), report("x", Narrative=words)]))
    assert [r.record for r in staged.rejected] == [3]
    assert "Report ID: x" in staged.rejected[0].source_text
    assert words not in str(staged.rejected)
    assert not any(words in str(table.to_pylist()) for table in staged.tables.values())
    assert words.encode() not in digest(staged)


def test_a_digest_gives_the_figures_of_its_original(make_file: Maker, make_context: Maker) -> None:
    records = [report(), report(version=2), report("7-1", State="", **{"Incident Date": ""})]
    original = read(make_file(records))
    content = digest(original)
    copy = make_context(
        "nhtsa_sgo", "2026-03", content, original="a" * 64, reviewed={"denominators.csv": DENOMINATORS},
        corrections_sha256=hashlib.sha256(b"[]").hexdigest(),
    )  # fmt: skip
    staged = read(copy)
    for name in ("nhtsa_incident_month", "record_hash"):
        left, right = (
            [{**r, "filing": "", "original_sha256": ""} for r in s.tables[name].to_pylist()]
            for s in (original, staged)
        )
        assert left == right
    assert staged.records_loaded == len(content.splitlines()) - 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_change_no_hash_and_a_word_does(make_file: Maker, end: str) -> None:
    plain = read(make_file([report(Narrative="one\ntwo")]))
    other = read(make_file([report(Narrative="one\r\ntwo")], end=end))
    changed = read(make_file([report(Narrative="one\nthree")]))
    hashes = [s.tables["record_hash"].to_pylist()[0] for s in (plain, other, changed)]
    keys = ("record_key", "hash_figures", "hash_text", "hash_other")
    assert [hashes[0][k] for k in keys] == [hashes[1][k] for k in keys]
    assert [k for k in keys if hashes[0][k] != hashes[2][k]] == ["hash_text"]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([report(), report()], "two records of one report and version"),
        ([report(**{"Reporting Entity": "Somebody New, Inc."})], "unknown company"),
        ([], "a file without records"),
    ],
)
def test_what_cannot_be_read_says_where(
    make_file: Maker, records: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        read(make_file(records))


def test_a_missing_column_is_named(make_context: Maker, as_csv: Callable[..., bytes]) -> None:
    content = as_csv([[c for c in CURRENT if c != "State"], ["x"] * (len(CURRENT) - 1)])
    with pytest.raises(BadInput, match="State"):
        read(make_context("nhtsa_sgo", "2026-03", content, reviewed={"denominators.csv": DENOMINATORS}))


@pytest.mark.parametrize(
    ("column", "cell"),
    [("Report ID", "30270"), ("Report Version", "0"), ("Report Version", "two"), ("Incident Date", "13-2025"),
     ("Incident Date", "July 2025")],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_sets_its_record_aside(make_file: Maker, column: str, cell: str) -> None:
    staged = read(make_file([report("7-1"), {**report(), column: cell}]))
    [rejected] = staged.rejected
    assert column in rejected.reason
    assert staged.unaccounted == 0


def test_a_kind_of_driver_that_is_not_known_is_other_and_a_warning(make_file: Maker) -> None:
    staged = read(make_file([report(**{"Driver / Operator Type": "A Dog"})]))
    assert months(staged)[0]["driver"] == "other"
    assert "A Dog" in staged.warnings[0]


def test_lines_of_denominators_end_with_one_for_all(tmp_path: Path) -> None:
    (tmp_path / "denominators.csv").write_text(
        "\n".join(DENOMINATORS.splitlines()[:2]) + "\n", encoding="utf-8"
    )
    with pytest.raises(BadInput, match="without a decision"):
        denominators((tmp_path,))


@given(st.dates(date(2021, 7, 1), date(2099, 12, 31)))
def test_every_month_is_read_as_it_is_printed(day: date) -> None:
    assert parse_month(f" {day:%b}-{day:%Y}".upper()) == day.replace(day=1)


@given(st.text(max_size=12))
def test_any_other_text_is_no_month_or_version_and_never_a_crash(text: str) -> None:
    for parse in (parse_month, parse_version):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert value is None or value == date.max or value


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["waymo", "cruise"]), st.sampled_from(["a", "b", None])),
        max_size=12,
        unique_by=lambda t: t[0],
    )
)
def test_counts_add_up_over_every_cut(reports: list[tuple[int, str, str | None]]) -> None:
    rows = count_incidents(
        {
            "report_id": f"1-{number}", "report_version": 1, "latest_version": True, "report_type": "5-Day",
            "operator": operator, "state": "CA", "driver": "none", "month": date(2025, 1 + number % 3, 1),
            "incident": incident, "severity_printed": "Minor",
        }
        for number, operator, incident in reports
    )  # fmt: skip
    of_all = [r for r in rows if r["operator"] == "all"]
    assert sum(r["reports"] for r in of_all) == len(reports)
    distinct = {i or n for n, _, i in reports}
    assert sum(r["incidents"] for r in of_all) == sum(r["incidents_injury"] for r in of_all) == len(distinct)
    mine = {(o, i or n) for n, o, i in reports}
    assert sum(r["incidents"] for r in rows) - sum(r["incidents"] for r in of_all) == len(mine)


def test_editions() -> None:
    assert parse_edition("2026-08").end == date(2026, 7, 31)
    assert parse_edition("2026-08-amended-2") == parse_edition("2026-08")
    assert parse_edition("2022-06").start == date(2021, 7, 1)
    assert parse_edition("archive-2021-2025-amended-1") == parse_edition("archive-2021-2025")
    for wrong in ("2026", "2026-13", "2021-05", "archive"):
        with pytest.raises(ValueError, match="2021"):
            parse_edition(wrong)
    assert edition_of_month(date(2025, 6, 1), first_order=True) == "archive-2021-2025"
    assert edition_of_month(date(2025, 6, 1), first_order=False) == "2025-07"
    assert edition_of_month(date(2025, 12, 1), first_order=False) == "2026-01"


def edition(*reports: dict[str, str], as_csv: Callable[..., bytes]) -> bytes:
    return as_csv([CURRENT, *([one.get(c, "") for c in CURRENT] for one in reports)])


def test_an_edition_that_lost_records_is_refused(as_csv: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "ads.csv"
    september = {"Report Submission Date": "SEP-2026", "Incident Date": "SEP-2026"}
    path.write_bytes(edition(report() | september, as_csv=as_csv))
    settings = Settings(home=tmp_path / "home", originals=None)
    with pytest.raises(BadInput, match=r"records are gone\n[^\n]*\n  found:    1,365: 13781-11375/1"):
        add(settings, Offer("nhtsa_sgo", path, "2026-10", date(2026, 10, 5), date(2026, 10, 6)))
    for told, message in (
        (
            "2026-09",
            r"column edition\n  found:    by its bytes: nhtsa_sgo/2026-10 .*\n  expected: as it was told: ",
        ),
        ("2026", "not an edition of this source"),
    ):
        with pytest.raises(BadInput, match=message):
            add(settings, Offer("nhtsa_sgo", path, told, date(2026, 10, 7), date(2026, 11, 6)))


def test_an_edition_is_not_issued_out_of_order(as_csv: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "ads.csv"
    path.write_bytes(
        edition(report() | {"Report Submission Date": "SEP-2026", "Incident Date": "SEP-2026"}, as_csv=as_csv)
    )
    settings = Settings(home=tmp_path / "home", originals=None)
    with pytest.raises(
        BadInput, match=r"out of the order .*\n.*\n  found:    2026-10 on 2026-08-01, and 2026-08 on"
    ):
        add(settings, Offer("nhtsa_sgo", path, "2026-10", date(2026, 8, 1), date(2026, 11, 6)))


def test_cells_are_told_apart_by_their_borders() -> None:
    assert hash_cells(["ab", "c"]) != hash_cells(["a", "bc"])
