"""Every table that is published, one module per kind, and of the core tables one per publisher."""

from __future__ import annotations

from fleetstats.core.schema.model import Kind, Table
from fleetstats.core.schema.tables import (
    cadmv,
    crosschecks,
    findings,
    ledgers,
    marts,
    nhtsa_sgo,
    reference,
    shared,
)

_MODULES = (reference, cadmv, nhtsa_sgo, shared, findings, ledgers, marts, crosschecks)

TABLES: dict[str, Table] = {table.name: table for module in _MODULES for table in module.TABLES}
"""Every table by name. Frames take their types from here, databases their tables with comments, the checks their
exact column sets, and so does the data dictionary. A source that is registered at run time adds its own."""


def tables(*kinds: Kind) -> list[Table]:
    """The tables of these kinds (without any: of all), in the order of the dictionary."""
    return [table for table in TABLES.values() if not kinds or table.kind in kinds]
