"""The nightly build in steps: what a scheduler may do between them, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.errors import BadInput, ChecksFailed, Locked
from fleetstats.core.settings import Settings
from fleetstats.pipeline import steps as nightly
from fleetstats.pipeline.build import Outcome, run
from fleetstats.warehouse.base import WAITING, may_wait, new_run_id
from fleetstats.warehouse.registry import open_warehouse
from tests.homes import OnServer, copy_of


@pytest.fixture(params=["duckdb", "postgres"])
def settings(
    request: pytest.FixtureRequest, from_digests: tuple[Settings, Outcome], tmp_path: Path
) -> Settings:
    """A home in which something is published, as a file or on a server."""
    if request.param == "duckdb":
        return copy_of(from_digests[0].home, tmp_path / "home")
    on_server: OnServer = request.getfixturevalue("on_server")
    return on_server.copy(tmp_path / "home")


def staged(settings: Settings) -> tuple[nightly.Run, list[list[nightly.Account]]]:
    planned = nightly.plan_run(settings)
    return planned, [nightly.stage_batch(settings, planned, batch) for batch in nightly.batches(planned)]


def test_a_run_knows_that_there_is_nothing_to_do(settings: Settings) -> None:
    assert nightly.plan_run(settings)["current"] is True


def test_the_steps_publish_once_and_a_repeated_step_changes_nothing(settings: Settings) -> None:
    kept = len(open_warehouse(settings).kept())
    planned, accounts = staged(settings)
    totals = nightly.check_run(planned, accounts)
    assert totals["records_read"] == sum(
        totals[f"records_{what}"] for what in ("loaded", "superseded", "rejected", "blank")
    )
    built = nightly.build_run(settings, planned)
    built = nightly.build_run(settings, planned)  # tried again
    nightly.audit_run(settings, planned, built)
    published = nightly.publish_run(settings, planned, built)
    assert published["rows"] == built["rows"]
    again = nightly.publish_run(settings, planned, built)
    assert again["publication_id"] == published["publication_id"]
    state = open_warehouse(settings).state()
    assert state is not None
    assert state.run_id == planned["run_id"]
    nightly.discard_run(settings, planned)
    assert len(open_warehouse(settings).kept()) == kept + 1


def test_what_was_not_audited_is_not_published(settings: Settings) -> None:
    planned, _ = staged(settings)
    built = nightly.build_run(settings, planned)
    before = open_warehouse(settings).state()
    with pytest.raises(ChecksFailed, match="has not passed its audit"):
        nightly.publish_run(settings, planned, built)
    assert open_warehouse(settings).state() == before


def test_a_run_does_not_publish_over_one_that_began_later(settings: Settings) -> None:
    planned, _ = staged(settings)
    built = nightly.build_run(settings, planned)
    nightly.audit_run(settings, planned, built)
    other = run(settings, force=True)  # by hand, in between: the candidate that waits is left alone
    assert other.status == "published"
    with pytest.raises(Locked, match="another run has published"):
        nightly.publish_run(settings, planned, built)
    state = open_warehouse(settings).state()
    assert state is not None
    assert state.run_id != planned["run_id"]


def test_a_step_stops_when_the_inputs_have_changed_since_the_plan(settings: Settings) -> None:
    planned = nightly.plan_run(settings)
    reviewed = settings.landed / "operators.csv"
    reviewed.parent.mkdir(parents=True, exist_ok=True)
    reviewed.write_text("operator,kind,name_en,name_zh,country,note\nnew_firm,firm,New Firm,,US,\n")
    with pytest.raises(BadInput, match="have changed since this run began"):
        nightly.stage_batch(settings, planned, nightly.batches(planned)[0])
    with pytest.raises(BadInput, match="have changed since this run began"):
        nightly.build_run(settings, planned)


def test_many_filings_make_no_more_tasks_than_a_scheduler_takes() -> None:
    many = [f"cadmv_mileage/{n}" for n in range(100_000)] + ["robotaxi_orders/apollo-go"]
    run = nightly.Run(run_id="", fingerprint="", filings=many, follows=None, current=False, damaged=None)
    found = nightly.batches(run)
    assert [filing for batch in found for filing in batch["filings"]] == many
    assert len(found) <= 600
    assert len({batch["name"] for batch in found}) == len(found)


@pytest.mark.parametrize("loss", ["missing", "twice", "a record", "all"])
def test_the_gate_lets_nothing_incomplete_past(from_digests: tuple[Settings, Outcome], loss: str) -> None:
    planned, accounts = staged(from_digests[0])
    broken: Any = [list(batch) for batch in accounts]
    if loss == "missing":
        del broken[3]
    elif loss == "twice":
        broken.append([broken[0][0]])
    elif loss == "a record":
        broken[0][0] = {**broken[0][0], "records_read": broken[0][0]["records_read"] + 1}
    else:
        broken = []
    with pytest.raises(ChecksFailed, match="not every filing was read once"):
        nightly.check_run(planned, broken)


def test_a_candidate_waits_for_a_day_and_no_longer() -> None:
    assert not may_wait(f".candidate-fleetstats-{new_run_id()}.duckdb")
    for form in (".candidate-fleetstats-{}.duckdb", ".candidate-fleetstats-{}.duckdb.wal"):
        assert may_wait(form.format(new_run_id(in_steps=True)))
    schema = "fleetstats_build_" + new_run_id(in_steps=True).lower().replace("-", "_")
    assert may_wait(schema)
    begun = datetime.now(UTC) - WAITING - timedelta(minutes=1)
    assert not may_wait(f".candidate-fleetstats-{begun:%Y%m%dT%H%M%S%f}Z-abc123-s.duckdb")
