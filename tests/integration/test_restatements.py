"""Restatements as they happen: three editions of the crash reports, an amended mileage file, a corrected figure."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.answers import Answer
from fleetstats.core.errors import EXIT_DIFFERENT, EXIT_DONE, BadInput, ChecksFailed, ConfigurationError
from fleetstats.core.settings import Settings, packaged
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import Outcome, run
from fleetstats.pipeline.diff import differences
from fleetstats.pipeline.rollback import rollback
from fleetstats.warehouse import core_tables as staging
from fleetstats.warehouse import ledger
from tests.commands import fleetstats
from tests.homes import copy_of
from tests.published_file import query

AMENDED_ON = date(2024, 5, 1)
STOP = """\
grace_days: 60
tolerance_percent: 1
on_excess: stop
reason: a test that wants to be told
declared_on: 2026-11-24
"""


def rows(settings: Settings, sql: str, as_of: date | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query(settings.vintage(as_of), sql).to_pylist()
    return found


def diff(settings: Settings, first: str | None = None, second: str | None = None) -> Answer:
    return differences(settings, first, second, lambda *_: None)


# Crash reports


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, Answer]]:
    """A home in which the editions of March, June and August 2026 were built in turn, from digests."""
    root = tmp_path_factory.mktemp("editions")
    data = shutil.copytree(packaged("data"), root / "data")
    folder = data / "raw" / "nhtsa_sgo"
    for edition in ("2022-06", "2025-06", "2026-07"):
        shutil.rmtree(folder / edition)
    (folder / "corrections.yml").unlink()
    for edition in ("2026-06", "2026-08"):
        shutil.move(folder / edition, root / edition)
    found: dict[str, Answer] = {}
    settings = Settings(home=root / "home", originals=None)
    for edition in ("2026-03", "2026-06", "2026-08"):
        if not (folder / edition).exists():
            shutil.move(root / edition, folder / edition)
        settings = Settings(home=root / "home", originals=None)
        settings.__dict__["data"] = data
        run(settings)
        if edition != "2026-03":
            found[edition] = diff(settings)
    return settings, found


def test_march_to_june_adds_records_and_changes_none(editions: tuple[Settings, dict[str, Answer]]) -> None:
    facts = editions[1]["2026-06"].facts
    assert (facts["filings_in_force"], facts["filings_no_longer"]) == (
        ["nhtsa_sgo/2026-06"],
        ["nhtsa_sgo/2026-03"],
    )
    assert facts["record_changes"] == []
    sizes = rows(
        editions[0],
        "select filing, count(*) as n from record_hash where filing <> 'nhtsa_sgo/archive-2021-2025' "
        "group by filing order by filing",
    )
    assert [row["n"] for row in sizes] == [725, 1115, 1365]


def test_june_to_august_finds_the_narrative_that_changed_in_silence(
    editions: tuple[Settings, dict[str, Answer]],
) -> None:
    answer = editions[1]["2026-08"]
    assert answer.exit_code == EXIT_DIFFERENT
    [change] = answer.facts["record_changes"]
    assert (change["record_key"], change["column_name"], change["change"]) == (
        "30270-14829/2",
        "narrative",
        "changed",
    )
    assert change["old"] != change["new"]
    assert any("30270-14829/2" in line for line in answer.words)
    assert rows(editions[0], "select count(*) as n from record_change") == [{"n": 1}]


def test_every_figure_that_moved_is_in_the_ledger_with_the_filings_responsible(
    editions: tuple[Settings, dict[str, Answer]],
) -> None:
    settings, found = editions
    ledgered = rows(settings, "select * from revision order by run_id, table_name, figure_key, column_name")
    assert len(ledgered) == sum(len(answer.facts["revisions"]) for answer in found.values())
    assert {row["table_name"] for row in ledgered} == {"incidents_monthly", "incident_rate"}
    [january] = [
        row
        for row in ledgered
        if row["figure_key"] == "operator=all, scope=nhtsa_sgo_ads, month=2026-01-01"
        and row["column_name"] == "reports"
    ]
    assert (january["old_value"], january["new_value"], january["difference"]) == (117, 118, 1)
    assert january["percent"] == pytest.approx(100 / 117)
    assert (january["old_bound"], january["new_bound"]) == ("at_least", "exact")
    assert january["filings"] == "in: nhtsa_sgo/2026-06; out: nhtsa_sgo/2026-03"


def test_a_build_of_an_earlier_day_is_of_the_edition_of_that_day(
    editions: tuple[Settings, dict[str, Answer]],
) -> None:
    answer = diff(editions[0], "2026-06-14", "2026-06-15")
    assert answer.facts["revisions"] == editions[1]["2026-06"].facts["revisions"]
    with pytest.raises(ConfigurationError, match="is not a day"):
        diff(editions[0], "2026-02-30")


# An amended mileage file


def amend(content: bytes) -> bytes:
    """Two cells changed, the only vehicle of Aurora removed, one of PlusAI's added."""
    records = list(csv.reader(io.StringIO(content.decode("ascii"), newline="")))
    header = records[0]
    [first] = [i for i, r in enumerate(records) if r[1] == "AVT061" and r[2]][:1]
    records[first][header.index("MAR 2023")] = "1000"
    months = records[first][header.index("DEC 2022") : header.index("ANNUAL TOTAL")]
    records[first][header.index("ANNUAL TOTAL")] = str(sum(float(m.replace(",", "") or 0) for m in months))
    gone = next(i for i, r in enumerate(records) if r[1] == "AVT037")
    records[gone] = ["PlusAI, Inc.", "AVT027", "1XKYDP9X0PJ000001", "0", *["10"] * 12, "120", *[""] * 5]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(records)
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def amended(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """A home with a publication of the DMV's files, and then one with an amendment of 2023."""
    settings = Settings(home=tmp_path_factory.mktemp("amended"), originals=originals)
    run(settings)
    [file] = originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv")
    copy = settings.home / file.name
    copy.write_bytes(amend(file.read_bytes()))
    landed = add(settings, Offer("cadmv_mileage", copy, "2023", AMENDED_ON, date(2024, 5, 2)))
    assert (landed.filing, landed.supersedes) == ("cadmv_mileage/2023-amended-1", "cadmv_mileage/2023")
    # Its events are still in the disengagement file: a person has to have looked at that
    (settings.landed / "cadmv_mileage" / "known_differences.csv").write_text(
        "check_name,filing,operator,record,difference,reason,reviewed_on\n"
        "crosscheck_events,cadmv_disengagement/2023,aurora,,47,its mileage was withdrawn,2026-11-24\n",
        encoding="utf-8",
    )
    with pytest.raises(ChecksFailed, match=r"aurora(.*\n)*.*cadmv_mileage/2023-amended-1,REASON,DAY"):
        run(settings)
    (settings.landed / "cadmv_mileage" / "restatements.csv").write_text(
        "filing,reason,reviewed_on\ncadmv_mileage/2023-amended-1,two cells fixed,2026-11-24\n",
        encoding="utf-8",
    )
    return settings, run(settings)


def test_diff_says_what_an_amended_file_changed(amended: tuple[Settings, Outcome]) -> None:
    answer = diff(amended[0])
    assert answer.exit_code == EXIT_DIFFERENT
    assert answer.facts["filings_in_force"] == ["cadmv_mileage/2023-amended-1"]
    assert answer.facts["filings_no_longer"] == ["cadmv_mileage/2023"]
    monthly = [r for r in answer.facts["revisions"] if r["table_name"] == "mileage_monthly"]
    by_change: dict[str, list[dict[str, Any]]] = {}
    for row in monthly:
        by_change.setdefault(row["change"], []).append(row)
    [cell] = by_change["changed"]
    assert cell["figure_key"] == "operator=imagry, scope=cadmv_testing_with_driver, month=2023-03-01"
    assert {r["operator"] for r in by_change["removed"]} == {"aurora"}
    assert {r["operator"] for r in by_change["new"]} == {"plusai"}
    assert len([r for r in by_change["removed"] if r["column_name"] == "distance_km"]) == 12
    # Two years after the period, each move is one to be told of
    assert {r["verdict"] for r in by_change["removed"] if r["old_value"]} == {"reviewed"}
    assert {r["verdict"] for r in by_change["changed"]} == {"reviewed"}
    assert not any(w.startswith("mileage_monthly: ") for w in amended[1].warnings)


def test_the_vintage_mart_tells_the_day_before_from_the_day_after(amended: tuple[Settings, Outcome]) -> None:
    settings = amended[0]
    before, after = date(2024, 4, 30), AMENDED_ON

    def believed(day: date, operator: str) -> list[tuple[str, str, Any]]:
        found = rows(
            settings,
            "select state_known, filing, sum(distance_km) as km from mileage_vintage "
            f"where operator = '{operator}' and scope = 'cadmv_testing_with_driver' and month >= date '2022-12-01' "
            f"and known_from <= date '{day}' and (known_to is null or known_to >= date '{day}') group by all",
        )
        return [(r["state_known"], r["filing"].split("/")[1], r["km"]) for r in found]

    [(state, filing, km)] = believed(before, "aurora")
    assert (state, filing) == ("reported", "2023")
    assert km > 0
    # An operator that vanishes is a row that says so
    assert believed(after, "aurora") == [("removed", "2023-amended-1", None)]
    assert believed(before, "plusai") == []
    [(state, filing, km)] = believed(after, "plusai")
    assert (state, filing) == ("reported", "2023-amended-1")
    assert float(km) == pytest.approx(120 * 1.609344)


@pytest.mark.parametrize("day", [date(2023, 12, 1), date(2024, 4, 30), AMENDED_ON])
def test_the_vintage_marts_agree_with_a_build_of_that_day(
    amended: tuple[Settings, Outcome], day: date
) -> None:
    settings = amended[0]
    run(settings, as_of=day)
    on = f"known_from <= date '{day}' and (known_to is null or known_to >= date '{day}')"
    assert rows(
        settings,
        f"select operator, scope, month, sum(distance_km) as km from mileage_vintage where {on} "
        "and state_known = 'reported' group by all order by all",
    ) == rows(
        settings, "select operator, scope, month, distance_km as km from mileage_monthly order by all", day
    )
    for measure, mart in (("quarter_orders", "orders_quarterly"), ("month_trips", "orders_monthly")):
        start = "quarter_start" if "quarter" in mart else "month"
        assert rows(
            settings,
            f"select operator, scope, period_start as start, orders from orders_vintage where {on} "
            f"and measure = '{measure}' and orders is not null order by all",
        ) == rows(settings, f"select operator, scope, {start} as start, orders from {mart} order by all", day)


def test_a_move_beyond_what_is_declared_can_stop_a_build_until_it_is_reviewed(
    amended: tuple[Settings, Outcome], tmp_path: Path
) -> None:
    settings = copy_of(amended[0].home, tmp_path / "home", originals=amended[0].originals)
    rollback(settings)
    before = ledger.runs(settings.ledger, "revision")
    published = rows(settings, "select count(*) as n from mileage_monthly where operator = 'plusai'")
    own = settings.landed / "cadmv_mileage"
    (own / "restatements.yml").write_text(STOP, encoding="utf-8")
    reviewed = (own / "restatements.csv").read_text(encoding="utf-8")
    (own / "restatements.csv").unlink()
    with pytest.raises(ChecksFailed, match="moved by more than declared") as caught:
        run(settings)
    assert "2023-amended-1" in str(caught.value)
    assert "restatements.csv" in str(caught.value)
    assert rows(settings, "select count(*) as n from mileage_monthly where operator = 'plusai'") == published
    assert ledger.runs(settings.ledger, "revision") == before
    (own / "restatements.csv").write_text(reviewed, encoding="utf-8")
    assert run(settings).status == "published"
    [last] = set(ledger.runs(settings.ledger, "revision")) - set(before)
    verdicts = rows(settings, f"select distinct verdict from revision where run_id = '{last}' order by 1")
    assert [row["verdict"] for row in verdicts] == ["reviewed", "within"]


# The command line


@pytest.fixture
def command(from_digests: tuple[Settings, Outcome], tmp_path: Path) -> Callable[..., Any]:
    """The command line in a home with one publication."""
    copy_of(from_digests[0].home, tmp_path / "home")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLEETSTATS_")}
        return fleetstats(*arguments, environment={**environment, "FLEETSTATS_HOME": str(tmp_path / "home")})

    return call


def test_diff_ends_with_a_code_of_its_own(command: Callable[..., Any]) -> None:
    assert command("run", "--force").returncode == EXIT_DONE
    done = command("diff")
    assert done.returncode == 5
    assert "no publication before the current one" in done.stderr
    same = command("diff", "current", "current")
    assert (same.returncode, "no figure, filing or record differs" in same.stdout) == (EXIT_DONE, True)
    days = command("diff", "2024-02-01", "2024-02-02", "--json")
    assert days.returncode == EXIT_DIFFERENT, days.stderr
    facts = json.loads(days.stdout)
    assert "cadmv_mileage/2023" in facts["filings_in_force"]
    assert {r["change"] for r in facts["revisions"] if r["table_name"] == "mileage_monthly"} == {"new"}
    unknown = command("diff", "pub-nothing")
    assert unknown.returncode == 5
    assert "there is no publication pub-nothing" in unknown.stderr


def test_a_forced_build_of_the_same_inputs_revises_nothing(
    from_digests: tuple[Settings, Outcome], tmp_path: Path
) -> None:
    settings = copy_of(from_digests[0].home, tmp_path / "home")
    run(settings, force=True)
    run(settings, force=True)
    assert ledger.runs(settings.ledger, "revision") == []
    assert rows(settings, "select count(*) as n from revision") == [{"n": 0}]


def test_an_amendment_dated_before_what_it_replaces_is_refused(tmp_path: Path, originals: Path) -> None:
    settings = Settings(home=tmp_path / "home", originals=None)
    [file] = originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv")
    copy = tmp_path / file.name
    copy.write_bytes(amend(file.read_bytes()))
    with pytest.raises(BadInput, match="issued before the one it supersedes"):
        add(settings, Offer("cadmv_mileage", copy, "2023", date(2024, 1, 1), date(2024, 5, 2)))
    assert not settings.landed.exists()


def test_an_account_that_does_not_add_up_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = staging.account_rows

    def lose_a_record(*arguments: Any) -> list[dict[str, Any]]:
        first, *others = real(*arguments)
        return [{**first, "records_loaded": first["records_loaded"] - 1}, *others]

    monkeypatch.setattr(staging, "account_rows", lose_a_record)
    with pytest.raises(ChecksFailed, match="crosscheck_accounts"):
        run(Settings(home=tmp_path, originals=None))
