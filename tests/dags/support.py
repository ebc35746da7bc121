"""What the tests of the DAGs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

DAGS = Path(__file__).parents[2] / "dags"
RunDag = Callable[..., Any]
