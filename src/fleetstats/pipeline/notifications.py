"""What a person should hear of scheduled runs: kept in the ledger, and told to a configurable address."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fleetstats.core.errors import FleetstatsError, shorten
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger
from fleetstats.warehouse.base import new_run_id
from fleetstats.warehouse.registry import open_warehouse

FAILED = "failed"
OVERDUE = "overdue"
_SECONDS = 20.0


@dataclass(frozen=True)
class Notice:
    """Something that happened: which step of which run, and what was said; or which source is overdue."""

    event: str
    message: str
    dag: str | None = None
    task: str | None = None
    scheduler_run: str | None = None


def keep(settings: Settings, notices: list[Notice]) -> None:
    """Append notices to the ledger `run_event`; to the files under the home where the server cannot be reached."""
    run_id = new_run_id()
    rows = [{"run_id": run_id, "happened_at": datetime.now(UTC), **asdict(notice)} for notice in notices]
    try:
        open_warehouse(settings).record("run_event", run_id, rows)
    except (FleetstatsError, OSError):
        ledger.append(settings.ledger, "run_event", run_id, rows)


def tell(settings: Settings, notice: Notice) -> str | None:
    """POST a notice to `FLEETSTATS_NOTIFY_URL`; returns what went wrong, None if it was told or nobody is named.

    Never says the address, which may hold a token.
    """
    if settings.notify_url is None:
        return None
    import httpx

    place = " / ".join(part for part in (notice.dag, notice.task) if part)
    text = f"fleetstats {notice.event}{f' in {place}' if place else ''}: {shorten(notice.message, 1500)}"
    content: dict[str, Any] = {"text": text, **asdict(notice)}
    try:
        answer = httpx.post(
            settings.notify_url.get_secret_value(), json=content, timeout=_SECONDS, follow_redirects=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"the notice could not be sent: {type(error).__name__}"
    return None if answer.is_success else f"the notice was not taken: HTTP {answer.status_code}"
