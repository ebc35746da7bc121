"""Permits and names that no reviewed line leads from: the lines that would do it, all at once; whom they resemble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from fleetstats.core.csv_tables import line_to_add
from fleetstats.core.errors import BadInput

_ALIKE = 0.87
"""How alike two spellings of one firm are at least; those of two firms are 0.83 alike at most."""

_SHORTEST = 4
"""Shorter names stand at the beginning of too many others."""


class Line(NamedTuple):
    """A line that a reviewed file would need."""

    path: Path
    columns: tuple[str, ...]
    text: str


class UnknownOperator(BadInput):
    """A permit or a name that leads to no operator, with the lines that would let it."""

    def __init__(
        self, problem: str, *, file: object, record: int | None, column: str, found: str, expected: str,
        lines: tuple[Line, ...], resembles: str | None,
    ) -> None:  # fmt: skip
        self.lines, self.resembles = lines, resembles
        super().__init__(
            problem, file=file, record=record, column=column, found=found, expected=expected,
            todo=_todo(lines, "" if resembles is None else f"it resembles {resembles}; "),
        )  # fmt: skip


def all_unknown(errors: list[UnknownOperator]) -> BadInput:
    """All permits and names of one file that nobody knows, as one error."""
    first = errors[0]
    if len(errors) == 1:
        return first
    lines = tuple(dict.fromkeys(line for error in errors for line in error.lines))
    alike = [f"{error.found} resembles {error.resembles}" for error in errors if error.resembles is not None]
    return BadInput(
        f"{len(errors)} unknown permits or companies",
        file=first.file,
        record=first.record,
        column=first.column,
        found="; ".join(f"record {error.record}: {error.found}" for error in errors),
        expected=first.expected,
        todo=_todo(lines, "".join(f"{words}; " for words in alike)),
    )


def _todo(lines: Iterable[Line], before: str) -> str:
    by_file: dict[Path, list[Line]] = {}
    for line in lines:
        by_file.setdefault(line.path, []).append(line)
    parts = []
    for path, mine in by_file.items():
        text = "\n            ".join(line.text for line in mine)
        this = "this line" if len(mine) == 1 else "these lines"
        begins = line_to_add(path, mine[0].columns, text if len(mine) == 1 else f"\n            {text}")
        parts.append(f"{this} to {begins}")
    return f"{before}if it is right, add " + "\n            and ".join(parts)


def resembling(name: str, by_name: Mapping[str, str]) -> str | None:
    """The operator whose known spelling begins a name, or is nearly it; None, if there is none or more than one.

    `by_name` has the known spellings without case, blanks and punctuation.
    """
    plain = "".join(c for c in name.casefold() if c.isalnum())
    begins = [known for known in by_name if len(known) >= _SHORTEST and plain.startswith(known)]
    if begins:
        return by_name[max(begins, key=len)]
    alike = {
        by_name[known]
        for known in by_name
        if len(known) >= _SHORTEST and SequenceMatcher(None, plain, known).ratio() >= _ALIKE
    }
    return alike.pop() if len(alike) == 1 else None
