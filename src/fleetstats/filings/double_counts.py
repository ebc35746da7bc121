"""What two filings have, or seem to have: reviewed lines, each with the number that it was decided on.

`double_counts.csv` of a source: filing, operator, permit, scope, month, measure (`disengagements` or `mileage`, in
miles), value, other_filing, decision (`left_out` or `kept`), reason, reviewed_on. What is left out leaves the monthly
sums as long as the other filing is in force; printed annual figures stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.units import parse_distance

if TYPE_CHECKING:
    import pyarrow as pa

DOUBLE_COUNTS_FILE = "double_counts.csv"
COLUMNS = "filing operator permit scope month measure value other_filing decision reason reviewed_on".split()


@dataclass(frozen=True)
class Counted:
    """What a line may be about: the core table and column that has it, and the decisions that there are on it."""

    table: str
    column: str
    decisions: tuple[str, ...]


def load_double_counts(
    folders: Iterable[Path], filings: Collection[str], counted: Mapping[str, Counted]
) -> list[dict[str, Any]]:
    """The reviewed lines of a source about filings of this vintage, as rows of `known_double_count`.

    `counted` says, by measure, what its lines may be about. Raises `BadInput` for a line that cannot be used.
    """
    found = []
    for folder in folders:
        path = folder / DOUBLE_COUNTS_FILE
        for record, row in read_rows(path, COLUMNS):
            parsed = _parsed(path, record, row, counted)
            if parsed["filing"] in filings and parsed["other_filing"] in filings:
                found.append(parsed)
    return found


def _parsed(path: Path, record: int, row: dict[str, str], counted: Mapping[str, Counted]) -> dict[str, Any]:
    try:
        if row["decision"] not in counted[row["measure"]].decisions:
            raise KeyError(row["decision"])  # noqa: TRY301 - one message for all that can be wrong with a line
        values = {"month": date.fromisoformat(row["month"]), "value": parse_distance(row["value"])}
    except (KeyError, ValueError) as error:
        raise BadInput(
            "a double count that cannot be read",
            file=path,
            record=record,
            column="month, measure, value, decision",
            found=", ".join(row[name] for name in ("month", "measure", "value", "decision")),
            expected="the first day of a month; a number; "
            + "; or ".join(f"{name}, {' or '.join(c.decisions)}" for name, c in counted.items()),
            todo="fix the line",
        ) from error
    return {name: row[name] for name in COLUMNS if name != "reviewed_on"} | values


def verify_double_counts(
    rows: Iterable[Mapping[str, Any]], tables: Mapping[str, pa.Table], counted: Mapping[str, Counted]
) -> None:
    """Raise `BadInput` for a line whose number no longer holds: no decision outlives what it was made on.

    What is left out has to be all that the permit has in that month of that filing; of what is kept, it has to
    have as much at least.
    """
    for row in rows:
        table, column = counted[row["measure"]].table, counted[row["measure"]].column
        same = ("filing", "operator", "permit", "scope", "month")
        held = tables[table].select([*same, column]).to_pylist() if table in tables else []
        total = sum((Decimal(r[column]) for r in held if all(r[k] == row[k] for k in same)), Decimal(0))
        if total < row["value"] or (row["decision"] == "left_out" and total != row["value"]):
            raise BadInput(
                "a double count that no longer holds",
                file=DOUBLE_COUNTS_FILE,
                column="value",
                found=f"{row['filing']}, {row['permit']}, {row['month']}: {total.normalize():f}",
                expected=f"{row['value']}{'' if row['decision'] == 'left_out' else ' or more'}",
                todo="look at the two filings again, and fix or remove the line",
            )
