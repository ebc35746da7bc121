"""The versions of the ledgers' schema on a PostgreSQL server."""

from __future__ import annotations

NEWEST = "0006"
"""The version that this code needs."""
