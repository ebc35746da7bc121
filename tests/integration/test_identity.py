"""A publication's name covers what it shows; what is hashed is what counts, and no more."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import fleetstats
from fleetstats.core.errors import BadInput, ChecksFailed
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings, packaged
from fleetstats.filings.operators import NAMES_FILE
from fleetstats.forecast.ledger import versions
from fleetstats.forecast.ledger.versions import code_version, same_code, scoring_version
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import Outcome, run
from fleetstats.pipeline.forecasts import forecast_published
from fleetstats.warehouse.identity import publication_id
from tests.published_file import query

Published = tuple[Settings, Outcome]
SERIES = "orders/waymo"


@pytest.fixture
def home(copied_home: Settings) -> Settings:
    return copied_home


def forecasts(settings: Settings) -> int:
    return int(query(settings.published, "select count(*) as n from forecast").to_pylist()[0]["n"])


def test_a_publication_with_other_forecasts_has_another_name(home: Settings, from_digests: Published) -> None:
    first = run(home)
    before = forecasts(home)
    done = forecast_published(home, ["distance/waymo"])
    assert done.status == "published"
    assert forecasts(home) > before
    assert done.publication_id != first.publication_id

    # The same content has the same name
    again = run(home, force=True)
    assert again.publication_id == done.publication_id
    named = query(home.published, "select distinct run_id, publication_id from forecast").to_pylist()
    published = query(home.published, "select run_id, publication_id from publication").to_pylist()
    assert all(row in published for row in named), "a forecast names the publication that first showed it"


def test_a_name_covers_every_chained_ledger_and_not_who_wrote_it() -> None:
    row: dict[str, object] = dict.fromkeys(TABLES["backtest_score"].columns)
    empty = {name: TABLES[name].arrow_schema().empty_table() for name in ("forecast", "backtest_score")}

    def with_score(value: float, run_id: str) -> dict[str, pa.Table]:
        filled = {**row, "run_id": run_id, "sequence": 1, "crps": value}
        schema = TABLES["backtest_score"].arrow_schema()
        columns = {f.name: pa.array([filled[f.name]], f.type) for f in schema}
        return {**empty, "backtest_score": pa.table(columns)}

    names = {
        publication_id("inputs", empty),
        publication_id("other inputs", empty),
        publication_id("inputs", with_score(1.0, "a")),
        publication_id("inputs", with_score(2.0, "a")),
    }
    assert len(names) == 4
    assert publication_id("inputs", with_score(1.0, "a")) == publication_id("inputs", with_score(1.0, "b"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's code in a folder of its own, to be changed, with the data, SQL and expectations of this one."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(
        Path(fleetstats.__file__).parent, folder / "src" / "fleetstats",
        ignore=shutil.ignore_patterns("__pycache__", "_packaged"),
    )  # fmt: skip
    for name in ("data", "sql", "expectations"):
        (folder / name).symlink_to(packaged(name))
    return folder


def command(checkout: Path, home: Path, *arguments: str) -> str:
    environment = {
        **{k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"},
        "FLEETSTATS_HOME": str(home), "PYTHONPATH": str(checkout / "src"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "fleetstats", *arguments],
        env=environment, capture_output=True, text=True, check=True, cwd=checkout,
    )  # fmt: skip
    return done.stdout


def test_a_comment_in_a_chart_or_in_the_reading_of_files_changes_nothing(
    checkout: Path, home: Settings
) -> None:
    assert "Nothing changed" in command(checkout, home.home, "run")
    ledger = sorted((home.ledger / "forecast").glob("*.parquet"))
    for module in ("charts/orders.py", "forecast/files/tidy.py", "outputs/report/page.py"):
        path = next((checkout / "src" / "fleetstats").glob(module.replace(".py", "*")))
        path = path / "__init__.py" if path.is_dir() else path
        path.write_text(path.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert "Nothing changed" in command(checkout, home.home, "run")
    assert command(checkout, home.home, "run", "--force").startswith("Published")
    assert sorted((home.ledger / "forecast").glob("*.parquet")) == ledger, "nothing is forecast twice"


def staged(settings: Settings) -> dict[str, int]:
    """The staged filings, and when each was written."""
    return {p.name: p.stat().st_ino for p in (settings.cache / "staged").iterdir()}


def test_an_alias_line_reads_the_filings_again_that_asked_for_it(home: Settings) -> None:
    before = staged(home)
    home.landed.mkdir(exist_ok=True)
    # A line that no filing asks for: the warehouse is built anew, and nothing is read
    names = home.landed / NAMES_FILE
    names.write_text("kind,value,operator,note\nname,A name that nobody prints,waymo,\n", encoding="utf-8")
    assert run(home).status == "published"
    assert staged(home) == before
    # One that changes the answer to a question of one source alone
    corrections = home.landed / "nhtsa_sgo"
    corrections.mkdir()
    (corrections / "gaps.csv").write_text("company,scope,measure,period,status,reason\n", encoding="utf-8")
    assert run(home).status == "published"
    after = staged(home)
    new = {name.partition(".")[0] for name, inode in after.items() if before.get(name) != inode}
    assert new == {"nhtsa_sgo"}


def test_a_spelling_that_is_reviewed_reads_its_source_again(home: Settings, tmp_path: Path) -> None:
    source = home.raw / "bjrt_mileage" / "2018-2024" / "figures.csv"
    text = source.read_text(encoding="utf-8")
    assert ",Baidu,道路测试(一般性)," in text
    path = tmp_path / "figures.csv"
    path.write_text(
        text.replace(",Baidu,道路测试(一般性),", ",Baidu Test Ltd,道路测试(一般性),", 1).rstrip("\n")
        + "; typed again\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match="unknown company"):
        add(home, Offer("bjrt_mileage", path, "2018-2024", None, date(2026, 11, 20)))
    home.landed.mkdir(exist_ok=True)
    line = "name,Baidu Test Ltd,baidu,\n"
    (home.landed / NAMES_FILE).write_text("kind,value,operator,note\n" + line, encoding="utf-8")
    add(home, Offer("bjrt_mileage", path, "2018-2024", None, date(2026, 11, 20)))
    run(home)
    before = staged(home)
    # The same alias, now another operator's: the filing that asked is read again, the others are not
    (home.landed / NAMES_FILE).write_text(
        "kind,value,operator,note\n" + line.replace("baidu", "pony_ai"), encoding="utf-8"
    )
    with pytest.raises(ChecksFailed, match="pony_ai"):
        run(home)
    after = staged(home)
    new = {name.partition(".")[0] for name, inode in after.items() if before.get(name) != inode}
    assert new == {"bjrt_mileage"}


def test_old_code_that_is_reviewed_as_the_same_counts_as_todays() -> None:
    """The move into rooms changed no forecast: what an earlier version has in its ledgers is not made again."""
    of_before = "0.1.0+bcd0b163d072"
    assert same_code(of_before, "forecast") == same_code(code_version(), "forecast")
    assert same_code(of_before, "score") == same_code(scoring_version(), "score")
    assert same_code("9.9.9+0123456789ab", "forecast") == "0123456789ab"


def test_code_versions_that_count_as_each_other_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / versions.EQUIVALENTS_FILE).write_text(
        "made,code,counts_as,reason\nforecast,a,b,same\nforecast,b,a,same\n", encoding="utf-8"
    )
    monkeypatch.setattr(versions, "packaged", lambda _: tmp_path)
    versions._equivalents.cache_clear()
    try:
        with pytest.raises(BadInput, match="circle"):
            same_code("0.1.0+a", "forecast")
    finally:
        versions._equivalents.cache_clear()
