"""Which engine holds the warehouse that the settings name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings
from fleetstats.warehouse.base import Warehouse


def open_warehouse(settings: Settings, as_of: date | None = None) -> Warehouse:
    """The warehouse that these settings name; a vintage always has a DuckDB file of its own."""
    if settings.warehouse_url is not None and as_of is None:
        from fleetstats.warehouse.postgres.warehouse import PostgresWarehouse

        return PostgresWarehouse(settings.warehouse_url.get_secret_value())
    from fleetstats.warehouse.duckdb.warehouse import DuckdbWarehouse

    return DuckdbWarehouse(settings, as_of)
