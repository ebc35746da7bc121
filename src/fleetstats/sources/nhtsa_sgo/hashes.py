"""Hashes of cells, which tell of changes between editions without carrying the text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fleetstats.sources.csv_file import normalise_header
from fleetstats.sources.staged import HASHED, Staged

_HASH_DIGITS = 8
_NARRATIVE = normalise_header("Narrative")


def hash_cells(cells: Sequence[str]) -> str:
    """The first digits of the SHA-256 over cells, with CRLF and CR taken as LF."""
    text = "\x1f".join(cells).replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def number_of(record_key: str) -> int:
    """The number of a report, as 14829 of `30270-14829/2`: NHTSA counts them as they come in, whoever sends them."""
    return int(record_key.partition("/")[0].rpartition("-")[2])


def hide_narratives(staged: Staged) -> None:
    """Leave nothing of a narrative in the notes of corrections: a hash says which text it was."""
    for i, one in enumerate(staged.corrected):
        if one.addresses == "original" and (
            one.column_name is None or normalise_header(one.column_name) == _NARRATIVE
        ):
            staged.corrected[i] = one._replace(
                printed=_hidden(one.printed),
                used=one.used if one.action == "reassign" else _hidden(one.used),
            )


def _hidden(text: str | None) -> str | None:
    """A hash that says which text it was; one that is a hash already stays."""
    if not text or text.startswith(HASHED):
        return text
    return f"{HASHED}{hash_cells([text.rstrip(',')])}"
