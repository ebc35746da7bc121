"""Forecasts in the warehouse: three nights and a rebuild, a ledger that shows what was done to it, honest vintages."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fleetstats.core.errors import BadArgument, BadInput, ConfigurationError
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings
from fleetstats.forecast.ledger.coverage import coverage_warnings
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import Outcome, run
from fleetstats.pipeline.forecasts import backtest, forecast_published
from fleetstats.pipeline.rollback import rollback
from fleetstats.pipeline.status import verify
from fleetstats.warehouse import ledger
from tests.homes import copy_of
from tests.published_file import query

LEDGERS = ("forecast", "forecast_score", "backtest_score")


def ask(settings: Settings, sql: str, as_of: date | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = query(settings.vintage(as_of), sql).to_pylist()
    return rows


def files(settings: Settings) -> dict[str, bytes]:
    """The forecasts' ledger files by name."""
    return {
        str(path.relative_to(settings.ledger)): path.read_bytes()
        for name in LEDGERS
        for path in sorted((settings.ledger / name).glob("*.parquet"))
    }


def night(settings: Settings, orders: int) -> None:
    """The third quarter of 2026 is published, or published again, and the warehouse built."""
    source = settings.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    line = f"ag-058,Apollo Go,,quarter_orders,,,2026Q3,,{orders},orders,exact,medium,,,2026-11-20,A page,,,"
    path = settings.home / "figures.csv"
    path.write_text(source.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    add(settings, Offer("robotaxi_orders", path, "apollo-go", None, date(2026, 11, 20)))
    run(settings)


@pytest.fixture(scope="module")
def three_nights(
    from_digests: tuple[Settings, Outcome], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, list[dict[str, bytes]]]:
    """A home after three nights with new figures, and its ledger files after each."""
    settings = copy_of(from_digests[0].home, tmp_path_factory.mktemp("nights") / "home")
    seen = []
    seen.append(files(settings))
    for orders in (1_100_000, 1_200_000):
        night(settings, orders)
        seen.append(files(settings))
    return settings, seen


@pytest.fixture
def copied(three_nights: tuple[Settings, list[dict[str, bytes]]], tmp_path: Path) -> Settings:
    """A home of one's own with the same ledgers and publication."""
    return copy_of(three_nights[0].home, tmp_path / "home")


def test_each_night_adds_to_the_ledger_and_a_rebuild_nothing(
    three_nights: tuple[Settings, list[dict[str, bytes]]],
) -> None:
    settings, seen = three_nights
    for before, after in pairwise(seen):
        assert before.items() < after.items()
    run(settings, force=True)
    assert files(settings) == seen[-1]
    nights = ledger.runs(settings.ledger, "forecast")
    assert len(nights) == 3
    rows = ask(
        settings, "select run_id, series, max(origin) as origin from forecast group by all order by 1, 2"
    )
    assert [(r["run_id"], r["series"]) for r in rows] == [
        (nights[0], "orders/baidu/public_rides"),
        (nights[0], "orders/waymo/california"),
        # Nothing new was known of Waymo
        (nights[1], "orders/baidu/public_rides"),
        (nights[2], "orders/baidu/public_rides"),
    ]
    assert [r["origin"] for r in rows if "baidu" in r["series"]] == [
        date(2026, 6, 30), date(2026, 9, 30), date(2026, 9, 30),
    ]  # fmt: skip
    assert "chain of hashes whole" in "\n".join(verify(settings, lambda *_: None).words)


def test_a_forecast_is_scored_once_its_period_is_known_and_again_when_the_truth_changes(
    three_nights: tuple[Settings, list[dict[str, bytes]]],
) -> None:
    rows = ask(
        three_nights[0],
        "select truth_basis, truth_value, inside_95, crps, absolute_error, abs(median - truth_value) as error "
        "from forecast_score where model = 'combination' and quantity = 'increment' order by sequence",
    )
    assert [(r["truth_basis"], r["truth_value"]) for r in rows] == [
        ("first_published", 1_100_000), ("known_today", 1_100_000),
        # The amended filing is in force alone: its figure is the first one published, as far as is known
        ("first_published", 1_200_000), ("known_today", 1_200_000),
    ]  # fmt: skip
    assert all(r["absolute_error"] == r["error"] and r["crps"] > 0 for r in rows)
    [card] = ask(
        three_nights[0],
        "select forecasts from forecast_scorecard where basis = 'live' and series = 'all' and measure = 'all' "
        "and model = 'combination' and truth_basis = 'known_today' and quantity = 'increment' "
        "and origin_year is null",
    )
    assert card["forecasts"] == 1


def test_cumulative_forecasts_start_from_the_known_total_and_never_fall(
    three_nights: tuple[Settings, list[dict[str, bytes]]],
) -> None:
    rows = ask(
        three_nights[0],
        "select series, model, level, target_period, forecast_value as v from forecast_latest "
        "where quantity = 'cumulative' and output_type = 'quantile' order by 1, 2, 3, 4",
    )
    for one, later in pairwise(rows):
        if (one["series"], one["model"], one["level"]) == (later["series"], later["model"], later["level"]):
            assert one["v"] <= later["v"]
    assert min(r["v"] for r in rows if "baidu" in r["series"]) >= 24_308_000


def rewritten(path: Path) -> None:
    table = pq.read_table(path)
    values = table["forecast_value"].to_pylist()
    values[7] += 1
    place = table.column_names.index("forecast_value")
    forged(path, table.set_column(place, table.schema.field(place), pa.array(values)))


def reordered(path: Path) -> None:
    table = pq.read_table(path)
    place = table.column_names.index("sequence")
    turned = pa.array(table["sequence"].to_pylist()[::-1])
    forged(path, table.set_column(place, table.schema.field(place), turned))


def forged(path: Path, table: pa.Table) -> None:
    """Write a ledger file anew, under a name that has its checksum."""
    pq.write_table(table, path)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    path.rename(path.with_name(f"{path.name.partition('.')[0]}.{checksum}.parquet"))


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("tamper", [rewritten, reordered, Path.unlink])
def test_a_ledger_file_that_was_changed_reordered_or_removed_is_named(
    copied: Settings, tamper: Any, which: int
) -> None:
    path = sorted((copied.ledger / "forecast").glob("*.parquet"))[which]
    tamper(path)
    with pytest.raises(BadInput, match="the ledger forecast was changed") as caught:
        verify(copied, lambda *_: None)
    assert path.name.partition(".")[0] in str(caught.value)


def test_a_run_killed_before_it_wrote_its_ledger_is_made_good_by_the_next(copied: Settings) -> None:
    night(copied, 1_300_000)
    before = files(copied)
    last = ledger.runs(copied.ledger, "forecast")[-1]
    for name in (*LEDGERS, "publication"):
        for path in (copied.ledger / name).glob(f"{last}.*"):
            path.unlink()
    assert run(copied).status == "unchanged"
    assert {name: before[name] for name in before if last in name}.keys() <= files(copied).keys()
    verify(copied, lambda *_: None)


def test_a_vintage_reads_nothing_that_was_issued_later_and_keeps_its_forecasts_apart(
    three_nights: tuple[Settings, list[dict[str, bytes]]],
) -> None:
    settings, seen = three_nights
    day = date(2023, 11, 30)
    run(settings, as_of=day)
    assert files(settings) == seen[-1]
    [latest] = ask(settings, "select max(issued_on) as day from forecast_series", day)
    assert latest["day"] <= day
    rows = ask(
        settings,
        "select distinct origin from forecast_latest where series = 'orders/baidu/public_rides'",
        day,
    )
    assert rows == [{"origin": date(2023, 9, 30)}]
    [ten] = ask(
        settings,
        "select probability from threshold_forecast where model = 'combination' and threshold = 10000000 "
        "and target_period = '2024Q4'",
        day,
    )
    assert 0 < ten["probability"] < 1
    verdicts = ask(settings, "select claim_number as n, verdict from claim_review order by 1", day)
    assert {r["n"]: r["verdict"] for r in verdicts}[3] == "open"
    assert {r["n"]: r["verdict"] for r in verdicts}[5] == "open"


def test_the_verdicts_of_today(three_nights: tuple[Settings, list[dict[str, bytes]]]) -> None:
    rows = ask(three_nights[0], "select claim_number as n, verdict, sentence_en as en from claim_review")
    assert {r["n"]: r["verdict"] for r in rows} == {
        1: "plausible_not_provable",
        2: "supported",
        3: "missed",
        4: "supported",
        5: "held",
        6: "supported",
        7: "plausible_not_provable",
        8: "not_checkable",
        9: "not_checkable",
        10: "not_checkable",
        11: "not_checkable",
    }
    said = {r["n"]: r["en"] for r in rows}
    for number in ("13,783,955", "13,728,879", "62.5 to 62.9 %", "9,986,130", "10,091,262", "3,717,794"):
        assert number in said[1]
    assert "8,808,000" in said[3]
    assert "526,409" in said[5]
    assert "484,507" in said[5]


def test_a_backtest_goes_on_where_it_was_and_uses_only_what_had_been_issued(
    copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = backtest(copied, ["deliveries/byd"], dry_run=True)
    assert (planned.status, files(copied).keys()) == ("planned", files(copied).keys())

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("fleetstats.pipeline.forecasts.run", stopped)
        with pytest.raises(KeyboardInterrupt):
            backtest(copied, ["deliveries/byd"])
    # All is scored and nothing of it is shown yet
    done = backtest(copied, ["deliveries/byd"])
    assert (done.status, done.vintages) == ("published", 0)
    assert done.done_before == planned.vintages > 5
    assert backtest(copied, ["deliveries/byd"]).status == "unchanged"
    late = ask(
        copied, "select count(*) as n from backtest_score where target_end <= origin or origin > as_of"
    )
    assert late == [{"n": 0}]
    cards = ask(
        copied,
        "select model, relative_crps, coverage_80 from forecast_scorecard where basis = 'backtest' "
        "and series = 'all' and measure = 'all' and origin_year is null and quantity = 'increment'",
    )
    assert {c["model"]: c["relative_crps"] for c in cards}["seasonal_naive"] == 1
    assert all(0 <= c["coverage_80"] <= 1 for c in cards)
    verify(copied, lambda *_: None)


def test_forecasting_a_named_series_adds_it_and_a_second_time_does_nothing(copied: Settings) -> None:
    done = forecast_published(copied, ["deliveries/tesla"])
    assert (done.status, done.series) == ("published", ["deliveries/tesla/total_deliveries"])
    assert ask(copied, "select count(distinct series) as n from forecast_latest") == [{"n": 3}]
    assert forecast_published(copied, ["deliveries/tesla"]).status == "unchanged"
    with pytest.raises(BadArgument, match="there is no series rides"):
        forecast_published(copied, ["rides"])


def test_a_rollback_is_not_left_by_forecasting(copied: Settings) -> None:
    rollback(copied)
    with pytest.raises(ConfigurationError, match="rolled back"):
        forecast_published(copied)


@pytest.mark.parametrize(("held", "warned"), [(0, 1), (32, 0), (40, 1)])
def test_a_coverage_outside_its_band_is_warned_of(tmp_path: Path, held: int, warned: int) -> None:
    """Of 40 truths the 80 % intervals held none, as many as they should, or all."""
    day, now = date(2026, 6, 30), datetime(2026, 7, 1, tzinfo=UTC)
    by_type: dict[str, object] = {
        "text": "x", "count": 1, "integer": 1, "boolean": True, "date": day, "timestamp": now, "ratio": 1.0,
    }  # fmt: skip
    fixed = {
        "model": "combination",
        "quantity": "increment",
        "truth_basis": "known_today",
        "measure": "orders",
    }
    rows = [
        {f.name: by_type[f.type] for f in TABLES["forecast_score"].fields}
        | fixed
        | {"sequence": n + 1, "run_id": "1", "inside_80": n < held}
        for n in range(40)
    ]
    settings = Settings(home=tmp_path, originals=None)
    ledger.append(settings.ledger, "forecast_score", "1", rows)
    found = coverage_warnings(settings)
    assert len(found) == warned
    assert all(f"held {held} of 40 truths" in line for line in found)
