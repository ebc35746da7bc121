"""The pages of traces are of the publication that the page was made of, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.settings import Settings
from fleetstats.outputs.report.traces import write_traces
from fleetstats.outputs.trace import tracer
from fleetstats.outputs.trace.model import Trace
from fleetstats.warehouse.base import State

STATE = State("pub-1", "run-1", "inputs", "2026-11-25T00:00:00+00:00", {}, [])


@pytest.mark.parametrize(("run_id", "other"), [("run-1", False), ("run-2", True)])
def test_another_run_is_another_publication_also_under_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_id: str, other: bool
) -> None:
    found = {
        "publication_id": "pub-1", "run_id": run_id, "published_at": "2026-11-25T00:00:00", "code_version": "0.1.0",
        "place": "somewhere", "as_of": None,
    }  # fmt: skip

    def followed(*_: Any, **__: Any) -> Trace:
        return Trace(found, "mileage_monthly", "", [], {})

    monkeypatch.setattr(tracer, "trace_figures", followed)
    figures = {"mileage_monthly": {"operator=waymo": "#waymo"}}

    def write() -> list[str]:
        return write_traces(Settings(home=tmp_path), tmp_path, figures, STATE, None, lambda *_: None)

    if other:
        with pytest.raises(ConfigurationError, match="something else was published"):
            write()
    else:
        assert write() == []
