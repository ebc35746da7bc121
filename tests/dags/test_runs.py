"""DAG runs from the first task to the last: green with equal warehouses, or red with nothing published."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetstats.core.settings import Settings, packaged
from fleetstats.forecast.ledger.series import going_on
from fleetstats.ingest import fetch as fetching
from fleetstats.ingest.download import Policy
from fleetstats.pipeline.build import Outcome
from fleetstats.sources.registry import codes
from fleetstats.warehouse import ledger
from tests.dags.support import RunDag
from tests.dots import one_dot
from tests.homes import OnServer
from tests.integration.test_bad_input import csv_bytes, listing, mileage, without
from tests.published_file import query


def states(run: Any) -> dict[str, set[str]]:
    """The states of a run's tasks, mapped ones under one name."""
    found: dict[str, set[str]] = {}
    for instance in run.get_task_instances():
        found.setdefault(instance.task_id, set()).add(str(instance.state))
    return found


def attempts(run: Any, task: str) -> set[int]:
    return {i.try_number for i in run.get_task_instances() if i.task_id == task}


def asset_events(name: str, run: Any) -> list[dict[str, Any]]:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        statement = select(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        found = session.scalars(
            statement.where(AssetModel.name == name, AssetEvent.source_run_id == run.run_id)
        )
        return [event.extra for event in found]


LAST = "select publication_id from publication order by published_at desc limit 1"


def tables_of(path: Path, names: list[str]) -> dict[str, Any]:
    return {name: query(path, f"select * from {name}").to_pylist() for name in names}


@pytest.fixture(scope="module")
def nightly(dags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A home in which the nightly DAG has run twice, the second time by force, and its runs."""
    home = tmp_path_factory.mktemp("nightly") / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLEETSTATS_HOME", str(home))
        patch.delenv("FLEETSTATS_ORIGINALS", raising=False)
        first = dags["fleetstats_nightly"].test()
        shutil.copyfile(home / "warehouse" / "fleetstats.duckdb", home / "first.duckdb")
        second = dags["fleetstats_nightly"].test(run_conf={"force": True})
    return home, [first, second]


def test_two_nights_are_green_and_equal_to_each_other_and_to_the_command_line(
    nightly: tuple[Path, list[Any]], from_digests: tuple[Settings, Outcome]
) -> None:
    home, runs = nightly
    names = list(from_digests[1].rows)
    by_command = tables_of(from_digests[0].published, names)
    for run in runs:
        assert run.state == "success"
        assert states(run) == {name: {"success"} for name in states(run)}
    assert tables_of(home / "first.duckdb", names) == by_command
    assert tables_of(home / "warehouse" / "fleetstats.duckdb", names) == by_command
    assert len(ledger.runs(home / "ledger", "publication")) == 2


def test_the_warehouse_asset_says_which_publication_its_rows_and_its_warnings(
    nightly: tuple[Path, list[Any]], from_digests: tuple[Settings, Outcome]
) -> None:
    (event,) = asset_events("warehouse", nightly[1][0])
    assert event["publication_id"] == from_digests[1].publication_id
    assert event["rows"] == from_digests[1].rows
    assert event["warnings"] == from_digests[1].warnings


def test_the_tasks_of_the_fan_out_are_named_after_their_sources(nightly: tuple[Path, list[Any]]) -> None:
    names = {i.rendered_map_index for i in nightly[1][0].get_task_instances() if i.task_id == "stage"}
    assert names == set(codes())


def test_an_unchanged_night_is_green_and_does_nothing(
    nightly: tuple[Path, list[Any]], run_dag: RunDag
) -> None:
    home = nightly[0]
    before = listing(home / "warehouse"), listing(home / "ledger")
    run = run_dag("fleetstats_nightly", home)
    assert run.state == "success"
    assert states(run) == {
        name: {"success"} if name in ("plan", "changed", "ended") else {"skipped"} for name in states(run)
    }
    assert "publish" in states(run)
    after = listing(home / "warehouse"), listing(home / "ledger")
    for found in (*before, *after):
        found.pop("night.note", None)  # that it has ended
    assert after == before
    assert asset_events("warehouse", run) == []


def land(home: Path, content: bytes, **other: object) -> None:
    folder = home / "landed" / "cadmv_mileage" / "2024"
    folder.mkdir(parents=True)
    (folder / "2024.csv").write_bytes(content)
    filing = {
        "source": "cadmv_mileage", "edition": "2024", "file": "2024.csv",
        "publisher": "California Department of Motor Vehicles", "title": "A report", "url": None,
        "licence": "public record", "period_start": "2023-12-01", "period_end": "2024-11-30",
        "issued_on": "2025-02-01", "retrieved_on": "2025-02-02", "status": "original",
        "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), **other,
    }  # fmt: skip
    (folder / "filing.yml").write_text(yaml.safe_dump(filing))


class Notified:
    """A server on loopback that takes notices."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook/t0ken-in-the-path"


@pytest.fixture
def notified(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notified]:
    found = Notified()
    monkeypatch.setenv("FLEETSTATS_NOTIFY_URL", found.url)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.mark.parametrize(
    ("content", "other", "red", "says"),
    [
        (csv_bytes(without(mileage(), 16)), {}, "stage", "a column is missing"),
        (csv_bytes(mileage()), {"sha256": "0" * 64}, "plan", "a wrong checksum"),
    ],
    ids=["a column is missing", "the checksum is wrong"],
)
def test_a_corrupt_filing_is_red_at_once_and_nothing_is_published(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, tmp_path: Path, notified: Notified,
    content: bytes, other: dict[str, object], red: str, says: str,
) -> None:  # fmt: skip
    home = tmp_path / "home"
    shutil.copytree(nightly[0], home, copy_function=shutil.copy2, symlinks=True)
    before = listing(home / "warehouse")
    land(home, content, **other)
    run = run_dag("fleetstats_nightly", home)
    assert run.state == "failed"
    found = states(run)
    assert "failed" in found[red]
    assert attempts(run, red) == {1}  # not tried again: it takes a person
    for name in ("check", "build", "audit", "publish"):
        assert found[name] <= {"upstream_failed"}, name
    assert listing(home / "warehouse") == before
    (row,) = ledger.read(home / "ledger", "run_event").to_pylist()
    assert (row["event"], row["dag"], row["scheduler_run"]) == ("failed", "fleetstats_nightly", run.run_id)
    assert row["task"].startswith(red)
    assert says in row["message"]
    (notice,) = notified.taken
    assert says in notice["text"]


def test_a_failed_audit_publishes_nothing_and_leaves_no_candidate(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(nightly[0], home, copy_function=shutil.copy2, symlinks=True)
    before = listing(home / "warehouse")
    content = csv_bytes(mileage()).replace(b"1,049.54", b"seventeen", 1)
    assert b"seventeen" in content
    land(home, content)
    run = run_dag("fleetstats_nightly", home)
    assert run.state == "failed"
    found = states(run)
    assert found["audit"] == {"failed"}
    assert found["publish"] == {"upstream_failed"}
    assert found["discard"] == {"success"}
    assert listing(home / "warehouse") == before


def test_fetch_announces_what_was_landed_and_only_then(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[tuple[int, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    data = tmp_path / "data"
    shutil.copytree(packaged("data"), data)
    for path in data.glob("raw/*/source.yml"):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        values |= {"hosts": [], "addresses": []}
        if values["source"] == "cadmv_mileage":
            url = f"http://127.0.0.1:{server.server_address[1]}/2024.csv"
            values["hosts"] = ["127.0.0.1"]
            values["addresses"] = [{"edition": "2024", "url": url, "due": date(2025, 4, 2)}]
        path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr(
        "fleetstats.core.settings.packaged", lambda name: data if name == "data" else packaged(name)
    )
    # The three filers of this file would not follow the twenty of the year before
    monkeypatch.setattr("fleetstats.ingest.land.implausible", lambda *_: None)
    monkeypatch.setattr(
        fetching, "Policy",
        lambda: Policy(connect_seconds=2, read_seconds=2, total_seconds=9, allow_loopback=True, sleep=lambda _: None),
    )  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()

    answers[:] = [(200, csv_bytes(mileage()))]
    run = run_dag("fleetstats_fetch", home)
    assert run.state == "success"
    names = {i.rendered_map_index for i in run.get_task_instances() if i.task_id == "fetch"}
    assert names >= {"cadmv_mileage", "bjrt_mileage"}
    (event,) = asset_events("filings", run)
    (landed,) = event["landed"]
    assert landed["filing"] == "cadmv_mileage/2024"
    assert landed["sha256"] == hashlib.sha256(csv_bytes(mileage())).hexdigest()

    run = run_dag("fleetstats_fetch", home)  # the same bytes again
    assert run.state == "success"
    assert states(run)["announce"] == {"skipped"}
    assert asset_events("filings", run) == []

    before = listing(home / "landed")
    answers[:] = [(200, b"<!DOCTYPE html><html><body>We moved</body></html>")]
    run = run_dag("fleetstats_fetch", home)
    assert run.state == "failed"
    assert attempts(run, "fetch") == {1}  # what cannot be used is not asked for again
    assert listing(home / "landed") == before
    assert asset_events("filings", run) == []
    server.shutdown()
    server.server_close()


def test_a_backfill_builds_vintages_in_their_place_and_records_who_and_why(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(nightly[0], home, copy_function=shutil.copy2, symlinks=True)
    published = (home / "warehouse" / "fleetstats.duckdb").read_bytes()
    asked = {"from": "2021-01-01", "to": "2021-12-31", "as_of": "2023-11-30", "reason": "what could be known"}
    run = run_dag("fleetstats_backfill", home, **asked, dry_run=True)
    assert run.state == "success"
    assert not (home / "warehouse" / "as-of").exists()
    run = run_dag("fleetstats_backfill", home, **asked)
    assert run.state == "success"
    built = sorted(path.stem for path in (home / "warehouse" / "as-of").glob("*.duckdb"))
    assert built == ["2021-02-09", "2023-11-30"]
    rows = sorted(ledger.read(home / "ledger", "backfill").to_pylist(), key=lambda row: row["vintage"])
    assert [(str(row["vintage"]), row["reason"], row["outcome"]) for row in rows] == [
        ("2021-02-09", "what could be known", "published"),
        ("2023-11-30", "what could be known", "published"),
    ]
    assert all(row["requested_by"] for row in rows)
    assert (home / "warehouse" / "fleetstats.duckdb").read_bytes() == published


def test_freshness_warns_and_does_not_fail(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    run = run_dag("fleetstats_freshness", home)
    assert run.state == "success"
    rows = ledger.read(home / "ledger", "run_event").to_pylist()
    assert "cadmv_mileage" in {row["task"] for row in rows}
    assert {row["event"] for row in rows} == {"overdue"}


def test_a_quarter_s_page_is_built_for_the_asking(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleetstats.charts.files.render", one_dot)
    run = run_dag("fleetstats_quarterly", nightly[0], quarter="2023Q3")
    assert run.state == "success"
    reports = nightly[0] / "reports"
    facts = json.loads((reports / "2023Q3" / "report.json").read_text("utf-8"))
    assert facts["quarter"] == "2023Q3"
    assert len(list((reports / "2023Q3" / "charts").glob("*.zh.dark.png"))) == 11
    assert facts["publication_id"] in (reports / "2023Q3" / "index.html").read_text("utf-8")
    assert "2023Q3/index.html" in (reports / "index.html").read_text("utf-8")


def test_the_forecast_runs_on_what_is_published(
    nightly: tuple[Path, list[Any]], run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few of the series, since all of them take a minute
    monkeypatch.setattr(
        "fleetstats.forecast.ledger.candidate.going_on",
        lambda every: [h for h in going_on(every) if h.series.startswith(("orders/", "distance/waymo"))],
    )
    first = run_dag("fleetstats_forecast", nightly[0])
    assert first.state == "success"
    (event,) = asset_events("forecasts", first)
    assert "distance/waymo" in " ".join(event["series"])
    (published,) = query(nightly[0] / "warehouse" / "fleetstats.duckdb", LAST).to_pylist()
    assert event["publication_id"] == published["publication_id"]

    # Nothing is left to forecast: skipped, watched all the same, and no event says otherwise
    again = run_dag("fleetstats_forecast", nightly[0])
    assert again.state == "success"
    assert (states(again)["forecast"], states(again)["watch"]) == ({"skipped"}, {"success"})
    assert asset_events("forecasts", again) == []


def test_no_secret_is_in_logs_xcoms_rendered_templates_ledgers_or_files(
    dags: dict[str, Any], run_dag: RunDag, on_server: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    notified: Notified, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import psycopg
    from airflow.models import Connection
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from fleetstats.warehouse.setup import prepare_server

    password = "pa55-of-the-l0ader"
    server = on_server.server
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("create database secrets")
    prepare_server(server.url("secrets"))
    with create_session() as session:
        session.add(
            Connection(
                conn_id="fleetstats_warehouse", conn_type="postgres", login="postgres", password=password,
                schema="secrets", extra=json.dumps({"host": str(server.folder)}),
            )
        )  # fmt: skip
    monkeypatch.setenv("FLEETSTATS_WAREHOUSE_CONN_ID", "fleetstats_warehouse")
    home = tmp_path / "home"
    home.mkdir()
    green = run_dag("fleetstats_nightly", home)
    monkeypatch.delenv("FLEETSTATS_WAREHOUSE_CONN_ID")
    monkeypatch.setenv("FLEETSTATS_WAREHOUSE_URL", f"postgresql+psycopg://nobody:{password}@127.0.0.1:1/none")
    for task in dags["fleetstats_forecast"].tasks:
        monkeypatch.setattr(task, "retries", 0)
    red = run_dag("fleetstats_forecast", home)
    assert (green.state, red.state) == ("success", "failed")
    assert notified.taken

    with create_session() as session:
        stored = [repr(x.value) for x in session.scalars(select(XComModel))]
        stored += [repr(f.rendered_fields) for f in session.scalars(select(RenderedTaskInstanceFields))]
    with psycopg.connect(server.dsn("secrets")) as connection:
        for name in ("publication", "check_result", "filing_account", "run_event", "backfill", "state"):
            stored += [str(row) for row in connection.execute(f"select * from fleetstats_ledger.{name}")]
    assert any("pub-" in text for text in stored)
    files = [path.read_bytes() for folder in (home,) for path in folder.rglob("*") if path.is_file()]
    said = capfd.readouterr()
    places = {
        "metadata and ledgers": "\n".join(stored).encode(),
        "files": b"\n".join(files),
        "logs": (said.out + said.err).encode(),
        "notices": json.dumps(notified.taken).encode(),
    }
    assert b"127.0.0.1:1" in places["notices"]  # the server is named, its password is not
    for secret in (password, "t0ken-in-the-path"):
        assert [place for place, content in places.items() if secret.encode() in content] == []
