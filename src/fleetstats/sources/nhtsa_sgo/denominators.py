"""Which mileage counts the same driving as a report is about: reviewed lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.sources.nhtsa_sgo.counts import ALL, DRIVERS
from fleetstats.sources.staged import Context

if TYPE_CHECKING:
    import pyarrow as pa

SCOPE = "nhtsa_sgo_ads"
DENOMINATORS_FILE = "denominators.csv"
_DENOMINATOR_COLUMNS = "operator state driver mileage_scope reason reviewed_on".split()


@dataclass(frozen=True)
class Denominator:
    """A reviewed line: reports of an operator, state and driver (`*` is any) and the mileage they belong to."""

    operator: str
    state: str
    driver: str
    mileage_scope: str | None
    reason: str

    def covers(self, operator: str, state: str | None, driver: str) -> bool:
        """Whether the line is about such reports."""
        pairs = ((self.operator, operator), (self.state, state), (self.driver, driver))
        return all(asked in ("*", given) for asked, given in pairs)


@cache
def denominators(folders: tuple[Path, ...]) -> tuple[Denominator, ...]:
    """The reviewed lines of these folders; the first that covers a report decides.

    Lines of later folders come first. `BadInput` for a driver that is none, and where no line is for all.
    """
    found: list[Denominator] = []
    for folder in folders:
        path = folder / DENOMINATORS_FILE
        lines = []
        for number, row in read_rows(path, _DENOMINATOR_COLUMNS):
            if row["driver"] not in ("*", *DRIVERS):
                raise BadInput(
                    "an unknown kind of driver",
                    file=path,
                    record=number,
                    column="driver",
                    found=row["driver"],
                    expected=f"* or one of {', '.join(DRIVERS)}",
                )
            lines.append(
                Denominator(
                    row["operator"], row["state"], row["driver"], row["mileage_scope"] or None, row["reason"]
                )
            )
        found = lines + found
    if not any((d.operator, d.state, d.driver) == ("*", "*", "*") for d in found):
        raise BadInput(
            "reports without a decision on their mileage",
            file=folders[0] / DENOMINATORS_FILE,
            expected="a last line for *,*,*",
            todo="add the line, with the reason why there is no such mileage",
        )
    return tuple(found)


def placed(rows: list[dict[str, Any]], context: Context) -> pa.Table:
    """nhtsa_incident_month from rows without the columns that are the same for all or come from review."""
    lines = denominators(context.folders)
    for row in rows:
        row |= {
            "filing": context.held.filing.id,
            "scope": SCOPE,
            "original_sha256": context.held.original_sha256,
            "mileage_scope": None,
            "reason": "a sum over entities",
        }
        if row["operator"] != ALL:
            line = next(d for d in lines if d.covers(row["operator"], row["state"], row["driver"]))
            row |= {"mileage_scope": line.mileage_scope, "reason": line.reason}
    return rows_to_table("nhtsa_incident_month", rows)
