"""What a person should hear of scheduled runs: kept in the ledger, and told to a configurable address.

What could not be told is tried again with the next notice, for two weeks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fleetstats.core.errors import FleetstatsError, printable
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger
from fleetstats.warehouse.base import new_run_id
from fleetstats.warehouse.registry import open_warehouse

FAILED = "failed"
TIMED_OUT = "timed_out"
LATE = "late"
OVERDUE = "overdue"
RECOVERED = "recovered"
DELIVERED = "delivered"
TROUBLE = (FAILED, TIMED_OUT, LATE, OVERDUE)
"""The events that a `RECOVERED` takes back."""

TOLD = "told"
NOBODY = "nobody is named"
_NOT_TOLD = "not told: "

_SECONDS = 20.0
_LONGEST = 1500
_TRIED_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Notice:
    """Something that happened: which step of which run, and what was said; or which source is overdue.

    `link` is where a person can look at it.
    """

    event: str
    message: str
    dag: str | None = None
    task: str | None = None
    scheduler_run: str | None = None
    link: str | None = None

    @property
    def text(self) -> str:
        """What is shown to people: a line that says what happened where, what was said, and where to look."""
        place = " / ".join(part for part in (self.dag, self.task) if part)
        said = "\n".join(printable(line) for line in self.message.split("\n"))
        if len(said) > _LONGEST:
            said = f"{said[:_LONGEST]} …"
        head = f"fleetstats {self.event.replace('_', ' ')}{f' in {place}' if place else ''}: "
        return "\n".join(part for part in (f"{head}{said}", self.link) if part)


def notify(settings: Settings, notices: list[Notice]) -> list[str]:
    """Tell notices and keep them in the ledger, each with whether it was told; then those that could not be before.

    Returns what went wrong with telling, which is kept as well.
    """
    problems = [_notify(settings, notice) for notice in notices]
    if not any(problems):
        _tell_again(settings)
    return [problem for problem in problems if problem]


def _notify(settings: Settings, notice: Notice) -> str | None:
    problem = tell(settings, notice)
    nobody = settings.notify_url is None
    _keep(settings, notice, NOBODY if nobody else TOLD if problem is None else f"{_NOT_TOLD}{problem}")
    return problem


def _keep(settings: Settings, notice: Notice, delivery: str) -> None:
    """Append a notice to the ledger `run_event`; to the files under the home where the server cannot be reached."""
    run_id = new_run_id()
    row = {
        "run_id": run_id,
        "happened_at": datetime.now(UTC),
        "event": notice.event,
        "dag": notice.dag,
        "task": notice.task,
        "scheduler_run": notice.scheduler_run,
        "message": notice.message,
        "delivery": delivery,
    }
    try:
        open_warehouse(settings).record("run_event", run_id, [row])
    except (FleetstatsError, OSError):
        ledger.append(settings.ledger, "run_event", run_id, [row])


def events(settings: Settings) -> list[dict[str, Any]]:
    """What was kept, oldest first; nothing where the ledger cannot be read, since that may be what is to be told."""
    try:
        rows: list[dict[str, Any]] = open_warehouse(settings).ledger("run_event").to_pylist()
    except (FleetstatsError, OSError):
        return []
    return sorted(rows, key=lambda row: row["run_id"])


def _tell_again(settings: Settings) -> None:
    rows = events(settings)
    done = {row["message"] for row in rows if row["event"] == DELIVERED}
    since = datetime.now(UTC) - _TRIED_FOR
    for row in rows:
        failed = (row["delivery"] or "").startswith(_NOT_TOLD)
        if not failed or row["run_id"] in done or row["happened_at"] < since:
            continue
        when = f"{row['happened_at']:%Y-%m-%d %H:%M} UTC, told late: {row['message']}"
        late = Notice(row["event"], when, row["dag"], row["task"], row["scheduler_run"])
        if tell(settings, late) is not None:
            return
        _keep(settings, Notice(DELIVERED, row["run_id"], row["dag"], row["task"]), TOLD)


def tell(settings: Settings, notice: Notice) -> str | None:
    """POST a notice to `FLEETSTATS_NOTIFY_URL`; returns what went wrong, None if it was told or nobody is named.

    Never says the address, which may hold a token.
    """
    if settings.notify_url is None:
        return None
    import httpx

    content: dict[str, Any] = {"text": notice.text, **vars(notice)}
    try:
        answer = httpx.post(
            settings.notify_url.get_secret_value(), json=content, timeout=_SECONDS, follow_redirects=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"the notice could not be sent: {type(error).__name__}"
    return None if answer.is_success else f"the notice was not taken: HTTP {answer.status_code}"


def in_trouble(settings: Settings, dag: str) -> bool:
    """Whether the last that was heard of a pipeline is that something went wrong."""
    heard = [row["event"] for row in events(settings) if row["dag"] == dag and row["event"] != DELIVERED]
    return bool(heard) and heard[-1] in TROUBLE


async def tell_of_late_run(dag: str, finished_by: str, context: dict[str, Any] | None = None) -> None:
    """Tell that a run has not ended in time; called by the scheduler's triggerer, which knows the run."""
    run = (context or {}).get("dag_run") or {}
    name = run.get("run_id") or run.get("dag_run_id") if isinstance(run, dict) else None
    notice = Notice(LATE, f"not finished within {finished_by} of its start", dag=dag, scheduler_run=name)
    await asyncio.to_thread(notify, Settings(), [notice])
