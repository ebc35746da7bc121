"""What is told, when, and again: failures, late runs, overdue sources and nights, and that they are no more."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fleetstats.core.settings import Settings
from fleetstats.pipeline import freshness, notifications
from fleetstats.pipeline.freshness import Freshness, warn_of_overdue
from fleetstats.pipeline.nights import missing_night, night_ended
from fleetstats.pipeline.notifications import (
    FAILED,
    RECOVERED,
    Notice,
    events,
    in_trouble,
    notify,
    tell_of_late_run,
)

NOW = datetime.now(UTC)


class Listener:
    """Somebody who is told; `answers` is what they answer."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answers = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if listener.answers == 200:
                    listener.taken.append(content)
                self.send_response(listener.answers)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/TOKEN"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


@pytest.fixture
def settings(tmp_path: Path, listener: Listener) -> Settings:
    return Settings(home=tmp_path, originals=None, notify_url=SecretStr(listener.url))


def test_a_notice_has_its_line_breaks_and_a_link_and_nothing_that_a_terminal_obeys() -> None:
    notice = Notice(FAILED, "one\ntwo\x1b[31m", dag="d", task="t", link="http://airflow/dags/d")
    assert notice.text == "fleetstats failed in d / t: one\ntwo\\x1b[31m\nhttp://airflow/dags/d"
    assert len(Notice(FAILED, "x" * 90_000).text) < 2000


def test_what_could_not_be_told_is_kept_and_told_with_the_next(
    settings: Settings, listener: Listener
) -> None:
    listener.answers = 503
    assert notify(settings, [Notice(FAILED, "first", dag="d")]) == ["the notice was not taken: HTTP 503"]
    assert [row["delivery"] for row in events(settings)] == ["not told: the notice was not taken: HTTP 503"]
    listener.answers = 200
    assert notify(settings, [Notice(FAILED, "second", dag="d")]) == []
    assert ["second" in listener.taken[0]["text"], "first" in listener.taken[1]["text"]] == [True, True]
    notify(settings, [Notice(FAILED, "third", dag="d")])
    assert [("first" in taken["text"]) for taken in listener.taken] == [False, True, False]


def test_where_nobody_is_named_it_is_kept_and_no_more(tmp_path: Path) -> None:
    alone = Settings(home=tmp_path, originals=None)
    assert notify(alone, [Notice(FAILED, "m")]) == []
    assert [row["delivery"] for row in events(alone)] == ["nobody is named"]


def test_a_pipeline_is_in_trouble_until_it_has_recovered(settings: Settings) -> None:
    assert not in_trouble(settings, "d")
    notify(settings, [Notice(FAILED, "m", dag="d")])
    assert in_trouble(settings, "d")
    assert not in_trouble(settings, "other")
    notify(settings, [Notice(RECOVERED, "m", dag="d")])
    assert not in_trouble(settings, "d")


def test_a_late_run_is_told_by_the_scheduler(
    settings: Settings, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETSTATS_HOME", str(settings.home))
    monkeypatch.setenv("FLEETSTATS_NOTIFY_URL", listener.url)
    late = tell_of_late_run("nightly", "90 minutes", {"dag_run": {"run_id": "r1"}})
    # In a thread of its own: another test may have left a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, late).result()
    assert "late in nightly" in listener.taken[0]["text"]
    assert listener.taken[0]["scheduler_run"] == "r1"


def test_an_overdue_source_is_told_then_weekly_then_when_it_has_recovered(
    settings: Settings, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = {"days": 1}
    monkeypatch.setattr(
        freshness, "freshness",
        lambda *_: [Freshness("cadmv_mileage", "yearly", NOW.date(), NOW.date(), late["days"])],
    )  # fmt: skip
    monkeypatch.setattr(freshness, "missing_night", lambda *_: None)
    told: list[int] = []

    def as_told(home: Settings) -> list[dict[str, Any]]:
        """The ledger has the clock's time: the days that have passed here are added to it."""
        return [
            {**row, "happened_at": row["happened_at"] + timedelta(days=day)}
            for row, day in zip(events(home), told, strict=True)
        ]

    monkeypatch.setattr(freshness, "events", as_told)
    for day in range(16):
        if day == 15:
            late["days"] = 0
        before = len(listener.taken)
        warn_of_overdue(settings, datetime.now(UTC) + timedelta(days=day))
        told += [day] * (len(listener.taken) - before)
    assert told == [0, 7, 14, 15]
    assert [row["event"] for row in listener.taken] == ["overdue", "overdue", "overdue", "recovered"]


def test_a_night_that_does_not_end_is_told(settings: Settings, listener: Listener) -> None:
    assert missing_night(settings, NOW) is None  # it may be the first day
    said = missing_night(settings, NOW + timedelta(hours=31))
    assert said is not None
    assert "nor ever" in said
    night_ended(settings)
    assert missing_night(settings, datetime.now(UTC) + timedelta(hours=29)) is None
    warned = warn_of_overdue(settings, datetime.now(UTC) + timedelta(hours=50))
    assert any("no run has ended well for 50 hours" in line for line in warned)
    assert any("fleetstats_nightly" in taken["text"] for taken in listener.taken)


def test_no_address_is_in_what_is_said(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"notify_url": SecretStr("http://127.0.0.1:1/TOKEN")})
    [problem] = notifications.notify(nowhere, [Notice(FAILED, "m")])
    assert "TOKEN" not in problem
