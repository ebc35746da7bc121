"""The publishers' own files, whatever they are called: each is what its bytes say, and nothing else."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from fleetstats.core.errors import BadInput
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import Outcome

TODAY = date(2026, 11, 25)
Published = tuple[Settings, Outcome]

NOT_HELD = {
    "dmv/2024/2024-Autonomous-Mileage-Reports-CSV.csv": "cadmv_mileage/2024",
    "dmv/2024/2024-Autonomous-Vehicle-Disengagement-Reports-CSV-1.csv": "cadmv_disengagement/2024",
    "nhtsa_sgo/snapshots/nhtsa-archive-20260306T154322.csv": "nhtsa_sgo/archive-2021-2025-amended-1",
}
OF_NO_SOURCE = {
    "nhtsa_sgo/SGO-2021-01_Incident_Reports_OTHER.csv": "other vehicles",
    "nhtsa_sgo/other_files/SGO-2021-01_Incident_Reports_ADAS.csv": "Level 2",
    "nhtsa_sgo/other_files/SGO-2021-01_Incident_Reports_ADAS_archive.csv": "Level 2",
}
MISTAKEN = {"": "-driverless", "-first-time": "", "-driverless": "", "-driverless-first": "-first-time"}
"""For each kind of the DMV's editions one that it may be mistaken for."""


def as_any(path: Path, folder: Path) -> Path:
    """A copy under a name that says nothing."""
    copied = folder / "download (1).csv"
    shutil.copyfile(path, copied)
    return copied


def offered(path: Path, source: str | None = None, edition: str | None = None) -> Offer:
    return Offer(source, path, edition, None, TODAY)


def test_every_file_that_is_held_is_recognised_without_a_word(
    from_digests: Published, from_originals: Published, tmp_path: Path
) -> None:
    held = [h for h in Catalogue.open(from_originals[0]) if h.read_as == "original"]
    assert len(held) == 29
    found = {
        h.filing.id: add(from_digests[0], offered(as_any(h.path, tmp_path)), dry_run=True).filing
        for h in held
    }
    assert {told: seen for told, seen in found.items() if told != seen} == {}


@pytest.mark.parametrize("name", NOT_HELD)
def test_a_file_that_is_not_held_lands_as_what_it_is(
    from_digests: Published, originals: Path, tmp_path: Path, name: str
) -> None:
    landed = add(from_digests[0], offered(as_any(originals / name, tmp_path)), dry_run=True)
    assert (landed.status, landed.filing) == ("would land", NOT_HELD[name])
    assert any("issued on 20" in text for text in landed.found)


@pytest.mark.parametrize("name", OF_NO_SOURCE)
def test_a_file_of_no_source_is_named_and_refused_whatever_it_is_called(
    from_digests: Published, originals: Path, tmp_path: Path, name: str
) -> None:
    path = as_any(originals / name, tmp_path)
    for offer in (offered(path), offered(path, "nhtsa_sgo", "2026-09")):
        with pytest.raises(BadInput, match=OF_NO_SOURCE[name]):
            add(from_digests[0], offer, dry_run=True)


def test_no_file_is_taken_for_another_edition(
    from_digests: Published, from_originals: Published, tmp_path: Path
) -> None:
    accepted = []
    for held in Catalogue.open(from_originals[0]):
        if held.read_as != "original":
            continue
        source, edition = held.filing.source, held.filing.edition
        year, _, kind = edition.partition("-")
        if source == "nhtsa_sgo":
            others = [
                "2026-05",
                "2026-09",
                *(["archive-2021-2025"] if edition != "archive-2021-2025" else []),
            ]
        else:
            kind = f"-{kind}" if kind else ""
            others = [f"{int(year) + 1}{kind}", f"{int(year) - 1}{kind}", f"{year}{MISTAKEN[kind]}"]
        for other in others:
            # By its bytes: the catalogue knows these very files
            path = tmp_path / "a copy.csv"
            path.write_bytes(held.path.read_bytes().rstrip(b"\r\n") + b"\r\n\r\n")
            try:
                add(from_digests[0], offered(path, source, other), dry_run=True)
            except BadInput:
                continue
            accepted.append((held.filing.id, other))
    assert accepted == []


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("d1_semicolon_mileage", ("cadmv_mileage", "2024"), "semicolons between the cells"),
        ("d2_cut_mileage", ("cadmv_mileage", "2024"), "ends in the middle of a record"),
        (
            "d3_events_of_2024_as_2025",
            ("cadmv_disengagement", "2025"),
            r"by its bytes: cadmv_disengagement/2024 (.*\n)+.*2025",
        ),
        ("d4_dates_with_excel_time", ("cadmv_disengagement", "2024"), None),
        ("n1_archive_reposted", ("nhtsa_sgo", "archive-2021-2025"), "records are gone"),
        ("n1_archive_reposted", ("nhtsa_sgo", "2026-09"), "by its bytes: nhtsa_sgo/archive-2021-2025"),
        ("n2_other_as_ads", ("nhtsa_sgo", "2026-09"), "other vehicles"),
        ("n3_level2_as_ads", ("nhtsa_sgo", "2026-09"), "Level 2"),
        ("n4_older_current", ("nhtsa_sgo", "2026-09"), "by its bytes: nhtsa_sgo/2026-05"),
    ],
)
def test_the_small_cases_again(
    from_digests: Published, originals: Path, name: str, told: tuple[str, str], says: str | None
) -> None:
    path = originals.parent / "cases" / "files" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"the cases are not beside the publishers' files: there is no {path}")
    if says is None:
        assert add(from_digests[0], offered(path, *told), dry_run=True).status == "would land"
        return
    with pytest.raises(BadInput, match=says):
        add(from_digests[0], offered(path, *told), dry_run=True)
