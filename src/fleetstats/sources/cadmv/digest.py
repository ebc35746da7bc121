"""The digest form of the DMV's files."""

from __future__ import annotations

from collections.abc import Sequence

from fleetstats.core.errors import BadInput
from fleetstats.sources.cadmv.forms import permit_of, scope_of
from fleetstats.sources.digest_csv import MARK, check_corrections, read_corrected
from fleetstats.sources.staged import Context, Staged


def read_digest_rows(context: Context, columns: Sequence[str], staged: Staged) -> list[dict[str, str]]:
    """The rows of a digest of the DMV's (or of a transcription in the same form), corrected, each with `record`.

    Raises `BadInput` for other columns, for a permit that does not lead to the row's operator, for a digest made
    with other corrections than today's, and for a correction that gives an operator a row that it has already.
    """
    check_corrections(context, staged)

    def reassign(number: int, row: dict[str, str], operator: str) -> dict[str, str]:
        permit = permit_of(operator, row["scope"], context, number, row["permit"])
        return {**row, "operator": operator, "permit": permit}

    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, row in read_corrected(context, columns, staged, reassign):
        resolved = context.operators.operator_of(row["permit"])
        if resolved != row["operator"] or scope_of(row["permit"]) != row["scope"]:
            raise BadInput(
                "a permit leads to another operator or scope than when the digest was made",
                file=context.name,
                record=number,
                column="permit",
                found=f"{row['permit']}: {resolved}, {scope_of(row['permit'])}",
                expected=f"{row['operator']}, {row['scope']}",
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            )
        key = tuple(row.get(name, "") for name in _KEY)
        if row[MARK] and key in seen:
            raise BadInput(
                "a correction gives an operator a row that it has already",
                file=context.name,
                record=number,
                found=", ".join(filter(None, key)),
                expected=f"no such row, as record {seen[key]} is",
                todo="in corrections.yml of the source, drop this row and override the other with the sum",
            )
        seen[key] = number
        rows.append({**row, "record": str(number)})
    staged.records_loaded = len(rows)
    return rows


_KEY = ("table", "permit", "month", "initiated_by", "location")
