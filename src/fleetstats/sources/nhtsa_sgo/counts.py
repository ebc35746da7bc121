"""Counting: reports and incidents by operator, state, driver and month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ALL = "all"
"""The operator of sums over all entities."""

PRINTED_DRIVERS = {
    "In-Vehicle (Commercial / Test)": "in_vehicle",
    "In-Vehicle and Remote (Commercial / Test)": "in_vehicle",
    "Remote (Commercial / Test)": "remote",
    "None": "none",
    "Consumer": "consumer",
    "Other, see Narrative": "other",
    "Unknown": "unknown",
    "": "unknown",
}
DRIVERS = tuple(dict.fromkeys(PRINTED_DRIVERS.values()))
COUNTS = ("reports", "incidents", "incidents_shared", "incidents_injury")
_INJURIES = ("minor", "moderate", "serious", "fatality")
_NO_INCIDENT = "No New or Updated Incident Reports"


def count_incidents(reports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports and incidents by operator, state, driver and month, and the same for `all`.

    The highest version of each report counts. An incident stands once for each operator, in the row of its
    first report (by report key); a report without an incident's key is an incident of its own. A report that
    says that there is nothing new is none. Sorted by key, empty values first.
    """
    counted = [r for r in reports if r["latest_version"] and r["report_type"] != _NO_INCIDENT]
    counted.sort(key=lambda r: tuple(int(part) for part in r["report_id"].split("-")))
    entities: dict[str, set[str]] = defaultdict(set)
    for row in counted:
        entities[_incident(row)].add(row["operator"])
    figures: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for everybody in (False, True):
        first: dict[tuple[str, str], tuple[Any, ...]] = {}
        injured: set[tuple[str, str]] = set()
        for row in counted:
            operator = ALL if everybody else row["operator"]
            place = (operator, row["state"], row["driver"], row["month"])
            figures[place]["reports"] += 1
            incident = (operator, _incident(row))
            if incident not in first:
                first[incident] = place
                figures[place]["incidents"] += 1
                figures[place]["incidents_shared"] += len(entities[incident[1]]) > 1
            if _injury(row["severity_printed"]) and incident not in injured:
                injured.add(incident)
                figures[first[incident]]["incidents_injury"] += 1
    return [
        {
            **dict(zip(("operator", "state", "driver", "month"), place, strict=True)),
            **{name: figures[place][name] for name in COUNTS},
        }
        for place in sorted(figures, key=lambda p: tuple("" if v is None else str(v) for v in p))
    ]


def _incident(row: dict[str, Any]) -> str:
    return row["incident"] or f"report {row['report_id']}"


def _injury(severity: str | None) -> bool:
    return severity is not None and severity.casefold().startswith(_INJURIES)


def incidents_with_mileage(tables: Mapping[str, pa.Table]) -> set[int]:
    """Every number of incidents up to the most that one operator has where there is mileage of the same scope."""
    incidents = tables.get("nhtsa_incident_month")
    if incidents is None:
        return set()
    most: Counter[tuple[str, str]] = Counter()
    for row in incidents.select(["operator", "mileage_scope", "incidents"]).to_pylist():
        if row["mileage_scope"] is not None:
            most[(row["operator"], row["mileage_scope"])] += row["incidents"]
    return set(range(max(most.values(), default=-1) + 1))
