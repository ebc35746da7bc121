"""Landing, and taking out again: copies, late and wrong editions, transcriptions, filings made by hand."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetstats.core.errors import BadInput, ChecksFailed
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.ingest.remove import remove
from fleetstats.pipeline.build import run
from tests.published_file import query
from tests.siblings.kinds import File

TODAY = date(2026, 11, 25)
TYPED = """\
permit,month,distance_mi,reference,confidence
AVT003,2017-12,37170.50,"compiled by KM, page 3",medium
AVT003,2018-01-01,42951.4,"compiled by KM, page 3",
"""


def ask(settings: Settings, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = query(settings.published, sql).to_pylist()
    return rows


def rewritten(path: Path, to: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> Path:
    """A publisher's file with other records, in its own form."""
    file = File.of(path.read_bytes())
    to.write_bytes(file.written(change(file.rows)))
    return to


def test_a_copy_in_another_form_is_no_amendment(
    copied_home: Settings, originals: Path, tmp_path: Path
) -> None:
    path = next(originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv"))
    copy = rewritten(path, tmp_path / "resaved.csv", lambda rows: [r for r in rows if any(r)])
    copy.write_bytes(b"\xef\xbb\xbf" + copy.read_bytes())
    landed = add(copied_home, Offer("cadmv_mileage", copy, "2023", TODAY, TODAY))
    assert (landed.status, landed.filing) == ("already held", "cadmv_mileage/2023")
    assert landed.found[-1].startswith("no figure differs from cadmv_mileage/2023")
    assert not (copied_home.landed / "cadmv_mileage").exists()


def test_an_amendment_that_loses_figures_stops_until_it_goes_or_is_reviewed(
    copied_home: Settings, originals: Path, tmp_path: Path
) -> None:
    path = next(originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv"))
    without_zoox = rewritten(
        path, tmp_path / "x.csv", lambda rows: [r for r in rows if not r or not r[0].startswith("Zoox")]
    )
    before = copied_home.published.resolve()
    add(copied_home, Offer("cadmv_mileage", without_zoox, "2023", TODAY, TODAY))
    with pytest.raises(ChecksFailed) as caught:
        run(copied_home)
    assert copied_home.published.resolve() == before
    assert "zoox" in str(caught.value)

    gone = remove(
        copied_home, "cadmv_mileage", "2023-amended-1", "zoox is missing in it", TODAY, dry_run=True
    )
    assert (copied_home.landed / "cadmv_mileage" / "2023-amended-1").exists()
    gone = remove(copied_home, "cadmv_mileage", "2023-amended-1", "zoox is missing in it", TODAY)
    assert gone.filing == "cadmv_mileage/2023-amended-1"
    assert hashlib.sha256((gone.kept / "x.csv").read_bytes()).hexdigest() == gone.sha256
    assert run(copied_home).publication_id
    assert ask(copied_home, "select count(*) as n from mileage_monthly where operator = 'zoox'")[0]["n"] > 0
    with pytest.raises(BadInput, match="no such landed filing"):
        remove(copied_home, "cadmv_mileage", "2023-amended-1", "again", TODAY)
    with pytest.raises(BadInput, match="ships with fleetstats"):
        remove(copied_home, "cadmv_mileage", "2023", "no", TODAY)


def test_what_was_published_from_a_filing_goes_with_it(copied_home: Settings, tmp_path: Path) -> None:
    typed = tmp_path / "typed.csv"
    typed.write_text(TYPED, encoding="utf-8")
    offer = Offer(
        "cadmv_mileage", typed, "2017-first-time", date(2018, 2, 1), TODAY, transcribed=True, compiled_by="KM"
    )
    landed = add(copied_home, offer)
    assert landed.filing == "cadmv_mileage/2017-first-time"
    run(copied_home)
    months = "select month, distance_mi_reported as mi, vehicles, bound, confidence from mileage_monthly "
    found = ask(copied_home, months + "where month < date '2018-06-01' order by month")
    assert [(str(r["mi"]).rstrip("0"), r["vehicles"], r["bound"], r["confidence"]) for r in found] == [
        ("37170.5", None, "exact", "medium"),
        ("42951.4", None, "exact", "medium"),
    ]
    [total] = ask(
        copied_home, "select * from cadmv_mileage_filer where filing = 'cadmv_mileage/2017-first-time'"
    )
    assert (total["annual_mi"], total["rows_from_months"], total["reference"]) == (
        found[0]["mi"] + found[1]["mi"],
        2,
        "compiled by KM, page 3",
    )
    [filing] = ask(copied_home, "select status from filing where filing = 'cadmv_mileage/2017-first-time'")
    assert filing["status"] == "transcribed"
    remove(copied_home, "cadmv_mileage", "2017-first-time", "a try", TODAY)
    run(copied_home)
    assert ask(copied_home, months + "where month < date '2018-06-01'") == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("XYZ1,2018-02,1,p,", "column permit"),
        ("AVT003,2018-02,,p,", "transcription that cannot be read"),
        ("AVT003,2018-02,12;5,p,", "transcription that cannot be read"),
        ("AVT003,2018-02-02,1,p,", "not the first day of a month"),
        ("AVT003,2018-02,1,,", "column reference"),
        ("AVT003,2018-02,1,p,sure", "column confidence"),
        ("AVT999,2018-02,1,p,", "unknown permit"),
    ],
)
def test_a_typed_row_is_checked_as_a_publisher_s_is(
    from_digests: tuple[Settings, Any], tmp_path: Path, line: str, says: str
) -> None:
    typed = tmp_path / "typed.csv"
    typed.write_text(TYPED + line + "\n", encoding="utf-8")
    offer = Offer("cadmv_mileage", typed, "2018-first-time", date(2019, 2, 13), TODAY, transcribed=True)
    with pytest.raises(BadInput, match=says):
        add(from_digests[0], offer, dry_run=True)


def test_a_transcription_says_which_columns_it_has_to_have(
    from_digests: tuple[Settings, Any], tmp_path: Path
) -> None:
    typed = tmp_path / "typed.csv"
    typed.write_text("permit,month,miles\nAVT003,2018-01,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"column distance_mi, reference"):
        add(
            from_digests[0],
            Offer("cadmv_mileage", typed, "2018", None, TODAY, transcribed=True),
            dry_run=True,
        )
    with pytest.raises(BadInput, match="without its source and edition"):
        add(from_digests[0], Offer(None, typed, None, None, TODAY, transcribed=True), dry_run=True)
    with pytest.raises(BadInput, match="without a form for transcriptions"):
        add(
            from_digests[0], Offer("nhtsa_sgo", typed, "2026-09", None, TODAY, transcribed=True), dry_run=True
        )


def by_hand(settings: Settings, path: Path, source: str, edition: str, **more: str) -> None:
    """A filing whose folder and filing.yml a person made."""
    folder = settings.landed / source / edition
    folder.mkdir(parents=True)
    shutil.copyfile(path, folder / "file.csv")
    content = path.read_bytes()
    filing = {
        "source": source, "edition": edition, "file": "file.csv", "publisher": "p", "title": "t", "url": None,
        "licence": "l", "period_start": "2017-12-01", "period_end": "2018-11-30", "issued_on": "2026-11-20",
        "retrieved_on": "2026-11-25", "status": "original", "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content), **more,
    }  # fmt: skip
    (folder / "filing.yml").write_text(yaml.safe_dump(filing), encoding="utf-8")


def test_a_filing_made_by_hand_is_looked_at_as_an_added_one(copied_home: Settings, originals: Path) -> None:
    path = next(originals.rglob("SGO-2021-01_Incident_Reports_OTHER.csv"))
    by_hand(copied_home, path, "nhtsa_sgo", "2026-09")
    with pytest.raises(BadInput, match=r"nhtsa_sgo/2026-09(.*\n)*.*OTHER"):
        run(copied_home)


def test_adding_another_file_lets_no_wrong_filing_into_the_cache(
    copied_home: Settings, originals: Path
) -> None:
    """What `add` reads of filings that are held, a build takes from the cache afterwards."""
    by_hand(
        copied_home, next(originals.rglob("SGO-2021-01_Incident_Reports_OTHER.csv")), "nhtsa_sgo", "2026-09"
    )
    archive = next(originals.rglob("nhtsa-archive-20260306T154322.csv"))
    with pytest.raises(BadInput, match=r"nhtsa_sgo/2026-09(.*\n)*.*OTHER"):
        add(copied_home, Offer("nhtsa_sgo", archive, "archive-2021-2025", date(2026, 3, 6), TODAY))
    with pytest.raises(BadInput, match=r"nhtsa_sgo/2026-09(.*\n)*.*OTHER"):
        run(copied_home)


def test_a_reviewed_line_lets_an_edition_be_unlike_the_last(
    from_originals: tuple[Settings, Any], originals: Path, tmp_path: Path
) -> None:
    path = next(originals.rglob("2024-Autonomous-Mileage-Reports-CSV.csv"))
    few = rewritten(
        path, tmp_path / "few.csv", lambda rows: [rows[0], *(r for r in rows if r[0].startswith("Zoox"))]
    )
    settings = Settings(home=tmp_path / "home", originals=None)
    with pytest.raises(BadInput, match="filers of the report before are gone") as caught:
        add(settings, Offer(None, few, None, None, TODAY), dry_run=True)
    [line] = list(str(caught.value).split("recognition.csv: ")[1:])
    reviewed = settings.landed / "cadmv_mileage" / "recognition.csv"
    reviewed.parent.mkdir(parents=True)
    header = "sha256,edition,reason,reviewed_on\n"
    reviewed.write_text(header + line.split("\n")[0].replace("DAY", "2026-11-25") + "\n", encoding="utf-8")
    assert add(settings, Offer(None, few, None, None, TODAY), dry_run=True).filing == "cadmv_mileage/2024"


def test_empty_cells_of_a_filing_made_by_hand_are_no_traceback(copied_home: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "table,operator,permit,scope,month,initiated_by,location,events,original_sha256\n"
        "event_count,waymo,AVT003,cadmv_testing_with_driver,2018-01-01,,street,3,\n",
        encoding="utf-8",
    )
    by_hand(copied_home, path, "cadmv_disengagement", "2018", status="transcribed")
    with pytest.raises(BadInput, match="cadmv_disengagement/2018"):
        run(copied_home)


def test_an_edition_that_comes_late_lands_in_its_place(
    from_originals: tuple[Settings, Any], tmp_path: Path
) -> None:
    data = shutil.copytree(from_originals[0].data, tmp_path / "data")
    shutil.rmtree(data / "raw" / "nhtsa_sgo" / "2026-07")
    settings = Settings(home=tmp_path / "home", originals=None)
    settings.__dict__["data"] = data
    july = next(h for h in Catalogue.open(from_originals[0]) if h.filing.id == "nhtsa_sgo/2026-07")
    copy = shutil.copyfile(july.path, tmp_path / "any.csv")
    landed = add(settings, Offer(None, copy, None, date(2026, 7, 15), TODAY))
    assert (landed.filing, landed.supersedes) == ("nhtsa_sgo/2026-07", "nhtsa_sgo/2026-06")
    chain = {h.filing.edition: h.filing.supersedes for h in Catalogue.open(settings).of("nhtsa_sgo").values()}
    assert (chain["2026-07"], chain["2026-08"]) == ("2026-06", "2026-07")
    remove(settings, "nhtsa_sgo", "2026-07", "to try a cut one", TODAY)
    cut = rewritten(copy, tmp_path / "cut.csv", lambda rows: [rows[0], *rows[1:300], *rows[600:]])
    with pytest.raises(BadInput, match="records are gone"):
        add(settings, Offer(None, cut, "2026-07", date(2026, 7, 15), TODAY))
