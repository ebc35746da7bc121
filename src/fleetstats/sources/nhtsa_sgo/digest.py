"""The digest of an edition: its figures, and the hashes of its records."""

from __future__ import annotations

from datetime import date
from typing import Any

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import parse_count
from fleetstats.sources.digest_csv import check_corrections, read_corrected, write_table_csv
from fleetstats.sources.nhtsa_sgo.counts import ALL, COUNTS, DRIVERS
from fleetstats.sources.nhtsa_sgo.denominators import placed
from fleetstats.sources.nhtsa_sgo.hashes import hide_narratives
from fleetstats.sources.printed import DigestRows
from fleetstats.sources.staged import Context, Staged

_DIGEST_COLUMNS = (
    "table operator state driver month reports incidents incidents_shared incidents_injury "
    "record_key hash_figures hash_text hash_other"
).split()

IN_DIGEST = {"nhtsa_incident_month": DigestRows("month", ("operator", "state", "driver", "month"))}


def digest(staged: Staged) -> bytes:
    """The figures of an original, and the hashes of its records, as the CSV bytes of its digest."""
    months = [{**row, "table": "month"} for row in staged.tables["nhtsa_incident_month"].to_pylist()]
    hashes = [{**row, "table": "record"} for row in staged.tables["record_hash"].to_pylist()]
    return write_table_csv(_DIGEST_COLUMNS, [*months, *hashes])


def read_digest(context: Context) -> Staged:
    """Read a digest into nhtsa_incident_month and record_hash; `BadInput` for one that cannot be read."""
    staged = Staged(context.held.filing.id)
    check_corrections(context, staged)
    months: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []

    def reassign(_: int, row: dict[str, str], operator: str) -> dict[str, str]:
        return {**row, "operator": operator}

    for number, row in read_corrected(context, _DIGEST_COLUMNS, staged, reassign):
        if row["table"] == "record":
            hashes.append({"filing": staged.filing, **{k: row[k] for k in _DIGEST_COLUMNS[-4:]}})
            continue
        try:
            months.append(_month_row(row, context))
        except ValueError as error:
            raise BadInput(
                "a digest that cannot be read",
                file=context.name,
                record=number,
                found=str(error),
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            ) from error
    staged.records_loaded = staged.records_read - staged.records_dropped
    hide_narratives(staged)
    staged.tables["nhtsa_incident_month"] = placed(months, context)
    staged.tables["record_hash"] = rows_to_table("record_hash", hashes)
    return staged


def _month_row(row: dict[str, str], context: Context) -> dict[str, Any]:
    known = row["operator"] == ALL or context.operators.knows(row["operator"])
    if row["table"] != "month" or not known:
        raise ValueError(f"{row['table']} of {row['operator'] or 'nobody'}")
    if row["driver"] not in DRIVERS:
        raise ValueError(f"driver {row['driver']!r}")
    return {
        "operator": row["operator"],
        "state": row["state"] or None,
        "driver": row["driver"],
        "month": date.fromisoformat(row["month"]) if row["month"] else None,
        **{name: parse_count(row[name]) for name in COUNTS},
    }
