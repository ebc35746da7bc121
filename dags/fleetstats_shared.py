"""What all DAGs of fleetstats share: owner, retries, assets, settings, and what happens when a task fails.

No DAG is defined here. Nothing of the package that is heavy is imported before a task runs.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings

FILINGS = Asset("filings", group="fleetstats")
"""Filings on disk; an event says which were landed, with their sha256."""

WAREHOUSE = Asset("warehouse", group="fleetstats")
"""The published warehouse; an event says which publication, its numbers of rows, and its warnings."""

FORECASTS = Asset("forecasts", group="fleetstats")
"""The warehouse published again with new forecasts; an event says which publication, and which series were forecast."""

START = datetime(2026, 1, 1, tzinfo=UTC)
LOG = logging.getLogger("fleetstats.dags")

_HOPELESS = ("BadInput", "ChecksFailed", "BadArgument", "BadStatement")
UNLESS_HOPELESS = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=f"fleetstats.core.errors.{name}", action=RetryAction.FAIL) for name in _HOPELESS
    ]
)
"""What needs a person fails at once; everything else (a lock, a full disk, a server) may be better next time."""

ON_NETWORK_ERRORS = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="fleetstats.core.errors.DownloadFailed", action=RetryAction.DEFAULT),
        RetryRule(exception="builtins.Exception", action=RetryAction.FAIL),
    ]
)
"""A download is tried again with growing delays; what was delivered and cannot be used fails at once."""


def settings() -> Settings:
    """The settings of this run; the server's address from an Airflow connection, if one is named.

    Secrets are made known to Airflow, which masks them in logs.
    """
    from airflow.sdk.log import mask_secret
    from pydantic import SecretStr
    from sqlalchemy.engine import URL, make_url

    from fleetstats.core.settings import Settings

    found = Settings()
    if found.warehouse_conn_id is not None:
        from airflow.sdk import Connection

        connection = Connection.get(found.warehouse_conn_id)
        url = URL.create(
            "postgresql+psycopg",
            username=connection.login,
            password=connection.password,
            host=connection.host,
            port=connection.port,
            database=connection.schema,
            query={k: str(v) for k, v in connection.extra_dejson.items()},
        )
        found = found.model_copy(
            update={"warehouse_url": SecretStr(url.render_as_string(hide_password=False))}
        )
    for secret in (found.warehouse_url, found.notify_url):
        if secret is not None:
            mask_secret(secret.get_secret_value())
    if found.warehouse_url is not None:
        password = make_url(found.warehouse_url.get_secret_value()).password
        if password:
            mask_secret(str(password))
    return found


def tell(step: str, at: str) -> None:
    """Progress as lines of the task's log."""
    LOG.info("%s: %s", step, at)


def today() -> Any:
    """The day on which this runs, in UTC."""
    return datetime.now(UTC).date()


def on_failure(context: Any) -> None:
    """Keep a failed task in the ledger and tell whoever is named in FLEETSTATS_NOTIFY_URL."""
    from fleetstats.pipeline.notifications import FAILED, Notice, keep
    from fleetstats.pipeline.notifications import tell as tell_somebody

    instance = context["task_instance"]
    index = getattr(instance, "map_index", -1)
    name = getattr(instance, "rendered_map_index", None) or index
    notice = Notice(
        event=FAILED,
        message=str(context.get("exception") or "no exception was given"),
        dag=instance.dag_id,
        task=instance.task_id if index in (None, -1) else f"{instance.task_id} [{name}]",
        scheduler_run=context["run_id"],
    )
    found = settings()
    keep(found, [notice])
    problem = tell_somebody(found, notice)
    if problem:
        LOG.warning("%s", problem)


DEFAULTS: dict[str, Any] = {
    "owner": "fleetstats",
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": UNLESS_HOPELESS,
    "execution_timeout": timedelta(minutes=30),
    "on_failure_callback": on_failure,
}
