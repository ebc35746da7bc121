"""Airflow for these tests: a metadata database of their own, set before anything imports it."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dags.support import DAGS, RunDag

if importlib.util.find_spec("airflow") is None:
    pytest.skip("Airflow is not installed: make install with the extra", allow_module_level=True)

_HOME = Path(tempfile.mkdtemp(prefix="fleetstats-airflow-"))

os.environ |= {
    "AIRFLOW_HOME": str(_HOME),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/metadata.db",
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "GX_ANALYTICS_ENABLED": "false",
}


DEADLINES: dict[str, Any] = {}
"""The deadlines of each DAG, as its file states them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Airflow's own warnings are not ours to fix."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(scope="session")
def dags() -> Iterator[dict[str, Any]]:
    """Every DAG by its id, as the scheduler would find them."""
    import shutil
    import warnings

    # The scheduler puts the folder of the DAGs on the path; here it has to be done
    sys.path.insert(0, str(DAGS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.dag_processing.dagbag import DagBag
        from airflow.utils import db

        db.initdb()
        bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    for dag in bag.dags.values():
        DEADLINES[dag.dag_id] = dag.deadline
        # `DAG.test` of Airflow 3.3 stores a deadline in a form that it cannot read back; a scheduler can
        dag.deadline = None
    yield bag.dags
    sys.path.remove(str(DAGS))
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def run_dag(dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> RunDag:
    """Run a DAG in a home, without waiting between attempts; returns its run."""
    defaults = {"fleetstats_nightly": {"force": False}, "fleetstats_backfill": {"dry_run": False}}

    def run(name: str, home: Path, **conf: Any) -> Any:
        monkeypatch.setenv("FLEETSTATS_HOME", str(home))
        monkeypatch.delenv("FLEETSTATS_ORIGINALS", raising=False)
        # What is not asked for is asked for as it is by default: a DAG remembers the last test's params
        return dags[name].test(run_conf={**defaults.get(name, {}), **conf})

    return run
