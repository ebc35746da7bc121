"""What all DAGs of fleetstats share: owner, retries, assets, settings, and what happens when a task fails.

No DAG is defined here. Nothing of the package that is heavy is imported before a task runs.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from fleetstats.core.settings import Settings

FILINGS = Asset("filings", group="fleetstats")
"""Filings on disk; an event says which were landed, with their sha256."""

WAREHOUSE = Asset("warehouse", group="fleetstats")
"""The published warehouse; an event says which publication, its numbers of rows, and its warnings."""

FORECASTS = Asset("forecasts", group="fleetstats")
"""The warehouse published again with new forecasts; an event says which publication, and which series were forecast."""

START = datetime(2026, 1, 1, tzinfo=UTC)
LOG = logging.getLogger("fleetstats.dags")

POOL = Settings().writers_pool
"""Where tasks that publish take turns, if a pool of one slot was made for them."""

WAIT = 1500
"""Seconds for which a task waits for another writer; less than its own time."""

_HOPELESS = (
    *(
        f"fleetstats.core.errors.{name}"
        for name in ("BadInput", "ChecksFailed", "BadArgument", "BadStatement", "Overtaken")
    ),
    "fleetstats.warehouse.base.NotRecorded",
)
UNLESS_HOPELESS = ExceptionRetryPolicy(
    rules=[RetryRule(exception=name, action=RetryAction.FAIL) for name in _HOPELESS]
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
        url = make_url(found.warehouse_url.get_secret_value())
        for secret_part in (url.password, url.query.get("password")):
            if secret_part:
                mask_secret(str(secret_part))
    return found


def tell(step: str, at: str) -> None:
    """Progress as lines of the task's log."""
    LOG.info("%s: %s", step, at)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day on which this runs, in UTC."""
    return now().date()


def on_failure(context: Any) -> None:
    """Keep a failed task in the ledger and tell whoever is named in FLEETSTATS_NOTIFY_URL."""
    from fleetstats.core.errors import told
    from fleetstats.pipeline.notifications import FAILED, Notice

    instance = context["task_instance"]
    index = getattr(instance, "map_index", -1)
    name = getattr(instance, "rendered_map_index", None) or index
    error = context.get("exception")
    _notify(
        Notice(
            event=FAILED,
            message="no exception was given" if error is None else told(error),
            dag=instance.dag_id,
            task=instance.task_id if index in (None, -1) else f"{instance.task_id} [{name}]",
            scheduler_run=context["run_id"],
            link=_link(instance.dag_id, context["run_id"]),
        )
    )


def on_run_failure(context: Any) -> None:
    """Tell of a run that was ended because it took too long; what failed in any other was told by its task."""
    from fleetstats.pipeline.notifications import TIMED_OUT, Notice

    if context.get("reason") != "timed_out":
        return
    dag, run = _run_of(context)
    _notify(
        Notice(
            TIMED_OUT, "the run took too long and was ended", dag=dag, scheduler_run=run, link=_link(dag, run)
        )
    )


def on_run_success(context: Any) -> None:
    """Tell that a pipeline runs again, where the last that was heard of it is that something went wrong."""
    from fleetstats.pipeline.notifications import RECOVERED, Notice, in_trouble

    dag, run = _run_of(context)
    if in_trouble(settings(), dag):
        _notify(Notice(RECOVERED, "the run ended well", dag=dag, scheduler_run=run, link=_link(dag, run)))


def run_callbacks() -> dict[str, Any]:
    """The callbacks of a whole run, for every DAG."""
    return {"on_failure_callback": on_run_failure, "on_success_callback": on_run_success}


def deadline(dag: str, within: timedelta) -> DeadlineAlert:
    """Tell of a run of this DAG that has not ended so long after it was queued."""
    minutes = f"{within // timedelta(minutes=1)} minutes"
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=within,
        callback=AsyncCallback(
            "fleetstats.pipeline.notifications.tell_of_late_run", {"dag": dag, "finished_by": minutes}
        ),
    )


def _run_of(context: Any) -> tuple[str, str]:
    """The DAG and the run of a callback, whose context may have no more than these."""
    return str(context["dag"].dag_id), str(context["run_id"])


def _link(dag: str, run: str) -> str | None:
    """Where Airflow shows a run; none where it does not know its own address."""
    from airflow.sdk.configuration import conf

    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/dags/{quote(dag)}/runs/{quote(run, safe='')}" if base else None


def _notify(notice: Any) -> None:
    from fleetstats.pipeline.notifications import notify

    for problem in notify(settings(), [notice]):
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
