"""What a publication promises: the same from digests and originals, all or nothing, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import tables
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Outcome, run
from fleetstats.warehouse import ledger
from fleetstats.warehouse.registry import open_warehouse
from tests.commands import fleetstats
from tests.homes import PATIENCE
from tests.published_file import query

Query = Callable[[str], list[dict[str, Any]]]
Published = tuple[Settings, Outcome]


def rows_of(settings: Settings, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = query(settings.published, f'select * from "{table}"').to_pylist()
    return rows


def plainly(row: dict[str, Any]) -> str:
    """A row as text, the same whatever library names its time zone."""
    return str({k: v.timestamp() if isinstance(v, datetime) else v for k, v in row.items()})


@pytest.fixture
def copied(copied_home: Settings) -> Settings:
    return copied_home


def command(
    settings: Settings, *arguments: str, code: str | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return fleetstats(*arguments, environment=environment_of(settings), code=code, folder=folder)


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"},
        "FLEETSTATS_HOME": str(settings.home),
    }


def test_digests_and_originals_publish_the_same_figures(
    from_digests: Published, from_originals: Published
) -> None:
    may_differ = {"filing", "rejected_row", "crosscheck_accounts", *(t.name for t in tables("ledger"))}
    compared = [t.name for t in tables() if t.name not in may_differ and t.name in from_digests[1].rows]
    assert len(compared) > 30

    def figures(settings: Settings, table: str) -> list[dict[str, Any]]:
        """Rows without the publication that a forecast was made from: the two have different names."""
        return [{k: v for k, v in row.items() if k != "publication_id"} for row in rows_of(settings, table)]

    different = [t for t in compared if figures(from_digests[0], t) != figures(from_originals[0], t)]
    assert different == []
    assert from_originals[1].originals == 29
    assert from_digests[1].originals == 0


def test_details_of_vehicles_and_events_are_there_only_with_originals(
    from_digests: Published, from_originals: Published
) -> None:
    optional = {t.name for t in tables() if t.optional}
    assert optional & from_digests[1].rows.keys() == set()
    assert optional <= from_originals[1].rows.keys()


def test_two_builds_of_the_same_inputs_are_equal_row_for_row(from_digests: Published, tmp_path: Path) -> None:
    again = Settings(home=tmp_path, originals=None)
    outcome = run(again)
    assert outcome.publication_id == from_digests[1].publication_id
    for table in from_digests[1].rows:
        assert rows_of(again, table) == rows_of(from_digests[0], table), table


def test_a_night_on_which_nothing_changed_does_nothing_and_says_so(copied: Settings) -> None:
    before = copied.published.stat()
    done = command(copied, "run")
    assert done.returncode == 0, done.stderr
    assert "Nothing changed" in done.stdout
    after = copied.published.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run"], ["status"]])
def test_help_status_and_an_unchanged_night_import_nothing_heavy(
    copied: Settings, arguments: list[str]
) -> None:
    code = (
        "import sys\nfrom fleetstats.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'great_expectations', 'matplotlib', 'pyarrow', 'duckdb', 'sqlalchemy', 'numpy'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment_of(copied), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "heavy: []", done.stdout + done.stderr


def test_a_forced_build_keeps_every_earlier_run_in_the_ledgers(copied: Settings) -> None:
    earlier = rows_of(copied, "publication")
    run(copied, force=True)
    later = rows_of(copied, "publication")
    assert later[: len(earlier)] == earlier
    assert len(later) == len(earlier) + 1
    for name in ("publication", "check_result", "filing_account"):
        assert len(ledger.runs(copied.ledger, name)) == len(later)
        kept = ledger.read(copied.ledger, name).to_pylist()
        assert sorted(map(plainly, rows_of(copied, name))) == sorted(map(plainly, kept))


KILLS = {
    "while filings are read": "fleetstats.ingest.stage.stage = die",
    "while the candidate is built": "fleetstats.warehouse.marts.build_marts = die",
    "before the file has its name": "files.PublishedFiles.switch = die",
    "before the file has its note": "files.write_sealed = die",
    "before the link is changed": "files.Path.symlink_to = die",
    "after the link is changed": (
        "real = files.PublishedFiles.switch\nfiles.PublishedFiles.switch = lambda *a: (real(*a), die())"
    ),
    "between two ledgers": (
        "from fleetstats.warehouse import ledger\nreal = ledger.append\n"
        "ledger.append = lambda folder, name, *a: die() if name == 'publication' else real(folder, name, *a)"
    ),
}
"""What a build is made to do at that moment: `die` ends its process as `kill -9` does."""
PUBLISHED_BY_THEN = ("after the link is changed", "between two ledgers")


def leftovers(settings: Settings) -> list[str]:
    """Hidden files and folders of a home but for the locks, and publications that none is."""
    hidden = [p.name for p in settings.home.rglob(".*") if p.name != ".lock"]
    published = ledger.runs(settings.ledger, "publication")
    files = (settings.warehouse / "publications").glob("*.duckdb")
    return [*hidden, *(p.name for p in files if p.stem not in published)]


@pytest.mark.parametrize("moment", list(KILLS))
def test_killed_at_any_moment_the_publication_stays_readable_and_the_next_run_succeeds(
    copied: Settings, moment: str
) -> None:
    published_before = rows_of(copied, "publication")
    code = (
        "import os, signal\nimport fleetstats.ingest.stage, fleetstats.warehouse.marts\n"
        "import fleetstats.warehouse.duckdb.warehouse\nfrom fleetstats.warehouse.duckdb import files\n"
        "from fleetstats.pipeline.build import run\nfrom fleetstats.core.settings import Settings\n"
        "def die(*a, **k):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLS[moment]}\n"
        "if __name__ == '__main__':\n    run(Settings(), force=True)\n"
    )
    done = command(copied, code=code)
    assert done.returncode == -signal.SIGKILL
    seen = rows_of(copied, "publication")
    assert seen[: len(published_before)] == published_before
    assert len(seen) == len(published_before) + (moment in PUBLISHED_BY_THEN)
    state = open_warehouse(copied).state()
    assert state is not None  # at no moment is nothing published
    assert state.run_id == seen[-1]["run_id"]
    assert run(copied, force=True).status == "published"
    runs = [row["run_id"] for row in rows_of(copied, "publication")]
    assert runs[: len(seen)] == [row["run_id"] for row in seen]
    assert len(runs) == len(seen) + 1
    assert runs == ledger.runs(copied.ledger, "publication")
    assert leftovers(copied) == []


def test_a_disk_that_cannot_be_written_is_said_and_leaves_the_publication(copied: Settings) -> None:
    before = copied.published.read_bytes()
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "import sys; sys.argv = ['fleetstats', 'run', '--force']\n"
        "from fleetstats.__main__ import main\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    done = command(copied, code=code)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert copied.published.read_bytes() == before
    assert command(copied, "run", "--force").returncode == 0


def test_a_rollback_stands_until_inputs_change_or_a_run_is_forced(copied: Settings, tmp_path: Path) -> None:
    first = rows_of(copied, "publication")[-1]["publication_id"]
    amended = tmp_path / "figures.csv"
    packaged_file = copied.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    amended.write_text(
        packaged_file.read_text(encoding="utf-8").replace(",115000,", ",115001,"), encoding="utf-8"
    )
    assert command(copied, "add", "robotaxi_orders", str(amended), "--edition", "apollo-go").returncode == 0
    assert command(copied, "run").returncode == 0
    quarter = "select orders from orders_quarterly where quarter = '2021Q3'"
    assert query(copied.published, quarter)["orders"][0].as_py() == 115_001

    done = command(copied, "rollback")
    assert done.returncode == 0, done.stderr
    assert f"Returned to {first}" in done.stdout
    assert query(copied.published, quarter)["orders"][0].as_py() == 115_000
    assert [row["event"] for row in rows_of(copied, "publication")][-2:] == ["published", "rolled_back"]
    assert "Nothing changed" in command(copied, "run").stdout
    assert command(copied, "run", "--force").returncode == 0
    assert query(copied.published, quarter)["orders"][0].as_py() == 115_001
    done = command(copied, "rollback", "--to", "pub-nonsense")
    assert done.returncode == 5
    assert first in done.stderr


def test_a_vintage_has_a_file_of_its_own_and_knows_nothing_issued_later(copied: Settings) -> None:
    before = copied.published.stat()
    day = date(2023, 11, 30)
    outcome = run(copied, as_of=day)
    assert Path(outcome.place) == copied.warehouse / "as-of" / "2023-11-30.duckdb"
    after = copied.published.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)

    def asked(sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = query(Path(outcome.place), sql).to_pylist()
        return rows

    [latest] = asked(
        "select (select max(issued_on) from filing) as f, (select max(issued_on) from published_figure) as p"
    )
    assert latest["f"] <= day
    assert latest["p"] <= day
    [row] = asked("select max(report_year) as y from mileage_report_year")
    assert row["y"] == 2022
    [orders] = asked(
        "select max(as_of) as d, max(orders) as n from orders_cumulative where basis = 'derived'"
    )
    assert (orders["d"], orders["n"]) == (date(2023, 9, 30), 4_156_000)
    assert run(copied, as_of=day).status == "unchanged"


def test_the_earliest_vintages_are_small_but_not_wrong(copied: Settings) -> None:
    outcome = run(copied, as_of=date(2019, 4, 30))
    [row] = query(
        Path(outcome.place),
        "select km, through from beijing_vs_california where fleet = 'baidu' and convention = 'exact'",
    ).to_pylist()
    assert (row["km"], row["through"]) == (Decimal("139887.7"), date(2018, 12, 31))


def test_a_day_before_the_first_figure_has_no_vintage(copied: Settings) -> None:
    with pytest.raises(ConfigurationError, match="nothing had been issued by 2017-01-01"):
        run(copied, as_of=date(2017, 1, 1))
    assert not (copied.warehouse / "as-of" / "2017-01-01.duckdb").exists()


def test_a_transcription_can_be_amended_and_its_marts_follow(copied: Settings, tmp_path: Path) -> None:
    packaged_file = copied.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    lines = packaged_file.read_text(encoding="utf-8").splitlines()
    new = "ag-058,Apollo Go,,quarter_orders,,,2026Q3,,1500000,orders,exact,medium,,,2026-11-20,A page,,,"
    amended = tmp_path / "figures.csv"
    amended.write_text("\n".join([*lines, new]) + "\n", encoding="utf-8")
    done = command(copied, "add", "robotaxi_orders", str(amended), "--edition", "apollo-go")
    assert "landed: robotaxi_orders/apollo-go-amended-1" in done.stdout, done.stderr
    done = command(copied, "run")
    assert done.returncode == 0, done.stderr
    [last] = query(
        copied.published,
        "select orders from orders_cumulative where basis = 'derived' and as_of = date '2026-09-30'",
    ).to_pylist()
    assert last["orders"] == 24_608_000
    [kept] = query(
        copied.published,
        "select count(*) as n, count(distinct filing) as f from published_figure where figure = 'ag-002'",
    ).to_pylist()
    assert (kept["n"], kept["f"]) == (2, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to 'stolen.csv'",
        "attach 'other.duckdb'",
        "select * from read_csv('/etc/passwd')",
        "create table mine as select 1",
        "delete from mileage_monthly",
        "install httpfs",
        "set enable_external_access = true",
        "select 1; select 2",
    ],
)
def test_queries_can_neither_write_nor_reach_other_files(copied: Settings, statement: str) -> None:
    done = command(copied, "sql", statement, folder=copied.home)
    assert done.returncode == 2, done.stdout
    assert "statement" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (copied.home / "stolen.csv").exists()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "select fleet, convention, round(km) as km from beijing_vs_california where year = 2022 "
            "and scope = 'cadmv_testing_with_driver' order by all",
            "cruise,exact,6096076\ncruise,report_1_6,6060681\nwaymo,exact,13783955\nwaymo,report_1_6,13703924",
        ),
        (
            "select year, km, km_low, km_high, km_high_bound, bound, scope from beijing_vs_california "
            "where fleet = 'baidu' and convention = 'exact' and year >= 2020 order by year",
            "2020,2019230,2019230,2019230,exact,exact,bjrt_general_test\n"
            "2021,,2019230,3717794,approximate,at_least,bjrt_general_test\n"
            "2022,,2019230,21745794,approximate,at_least,bjrt_all_categories",
        ),
        (
            "select year, km, km_low, bound from beijing_vs_california where fleet = 'pony_ai' "
            "and convention = 'report_1_6' order by year",
            "2018,10132.9,10132.9,exact\n2019,121300,121300,exact\n2020,163238,163238,derived\n"
            "2021,,163238,at_least\n2022,,163238,at_least",
        ),
        (
            "select as_of, orders, contains_unsourced from orders_cumulative where basis = 'derived' "
            "and as_of in (date '2022-09-30', date '2023-09-30', date '2026-06-30') order by as_of",
            "2022-09-30,1400000,False\n2023-09-30,4156000,True\n2026-06-30,23108000,True",
        ),
        (
            "select count(*) as n, min(quarter) as a, max(quarter) as z, sum(orders) as orders from orders_quarterly",
            "21,2021Q2,2026Q2,23041000",
        ),
        (
            "select company, value, confidence from bev_quarterly where period = '2023Q4' order by company",
            "byd,526409,high\ntesla,484507,high",
        ),
        (
            "select month, orders from orders_monthly where operator = 'waymo' and month between "
            "date '2023-05-01' and date '2024-03-01' order by month",
            "2023-05-01,1154\n2023-08-01,12617\n2023-09-01,38473\n2023-10-01,56499\n2023-11-01,56905\n"
            "2023-12-01,72595\n2024-01-01,77242\n2024-02-01,74233\n2024-03-01,83851",
        ),
        (
            "select period, status from coverage where operator = 'cruise' and measure = 'month_trips' "
            "and status <> 'held' order by period",
            "2023-12,filed_empty\n2024-01,filed_empty\n2024-02,filed_empty\n2024-03,filed_empty\n"
            "2024-04,filed_empty\n2024-05,filed_empty\n2024-06,filed_empty\n2024-07,filed_empty\n2024-08,filed_empty",
        ),
    ],
)  # fmt: skip
def test_the_figures_that_the_project_was_made_for(
    from_digests: Published, statement: str, expected: str
) -> None:
    done = command(from_digests[0], "sql", statement, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "\n".join(done.stdout.splitlines()[1:]).replace(".000000000", "") == expected


def test_a_rate_without_any_disengagement_has_a_low_end_only(ask: Query) -> None:
    rows = ask("select * from disengagement_rate where disengagements = 0 and distance_km > 0")
    assert rows
    for row in rows:
        assert row["km_per_disengagement"] is None
        assert row["km_per_disengagement_high"] is None
        # Garwood's upper limit of no event is -ln(0.025)
        assert row["km_per_disengagement_low"] == pytest.approx(float(row["distance_km"]) / 3.688879454)


def test_waymo_2022_rate_has_the_exact_interval(ask: Query) -> None:
    [row] = ask(
        "select * from disengagement_rate where operator = 'waymo' and report_year = 2022 and disengagements = 170"
    )
    km = float(row["distance_km"])
    assert row["km_per_disengagement"] == pytest.approx(km / 170)
    # Exact limits of 170 events: 145.409..197.570 (chi-squared quantiles with 340 and 342 degrees of freedom)
    assert row["km_per_disengagement_low"] == pytest.approx(km / 197.570, rel=1e-4)
    assert row["km_per_disengagement_high"] == pytest.approx(km / 145.409, rel=1e-4)


def test_no_figure_of_low_confidence_and_no_claim_is_in_a_mart(ask: Query) -> None:
    assert ask("select count(*) as n from published_figure where confidence = 'claim'") == [{"n": 5}]
    assert ask("select count(*) as n from figure_in_force where confidence in ('claim', 'low')") == [{"n": 0}]
    assert {row["confidence"] for row in ask("select distinct confidence from orders_quarterly")} <= {
        "high", "medium", "derived", "unsourced",
    }  # fmt: skip
    rejected = ask("select count(*) as n from rejected_row where expected and filing not like 'cadmv%'")
    assert rejected == [{"n": 13}]
