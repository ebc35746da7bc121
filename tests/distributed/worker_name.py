"""What a worker of the test is called in Airflow's metadata; two of them run on one machine."""

from __future__ import annotations

import os


def name() -> str:
    """The name that `make test-distributed` gave to this worker."""
    return os.environ["FLEETSTATS_TEST_WORKER"]
