"""Settings come from the environment, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetstats.core.settings import Settings


def test_an_empty_setting_is_one_that_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: an empty FLEETSTATS_ORIGINALS was the current folder, every file of which was read."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "ORIGINALS", "WAREHOUSE_URL", "NIGHTLY_SCHEDULE"):
        monkeypatch.setenv(f"FLEETSTATS_{name}", "")
    found = Settings()
    assert (found.home, found.originals, found.warehouse_url) == (tmp_path, None, None)
    assert found.nightly_schedule == "0 3 * * *"
