"""What a file is, by its bytes, beside what it is said to be; one that is another than it is called is refused.

A reviewed line in `recognition.csv` of the source (the file's sha256, the edition, why, and the day) says that a person
has looked at a file which is what its bytes do not say.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fleetstats.core.csv_tables import csv_line, line_to_add, read_rows
from fleetstats.core.errors import BadInput
from fleetstats.filings.chains import without_amendment
from fleetstats.filings.filing import Held
from fleetstats.sources import registry
from fleetstats.sources.recognition import Known, Recognised, Sample, nothing_known, recognise, sample_of

REVIEWED_FILE = "recognition.csv"
REVIEWED_COLUMNS = "sha256 edition reason reviewed_on".split()


class Told(NamedTuple):
    """What a file is said to be, each part if anybody said it; `sha256` tells reviewed lines of it."""

    source: str | None
    edition: str | None
    sha256: str


class Identified(NamedTuple):
    """The source and edition of a file, and what its bytes say; None, if nobody knows them."""

    source: str
    edition: str
    seen: Recognised | None


def identify(path: Path, told: Told, known: Known) -> Identified:
    """The source and edition of a file: as told where the bytes allow it, else as the bytes say.

    Raises `BadInput` for a file that is another than it is said to be, or damaged, with both named; for one that
    nobody knows where nothing was told; and as `open_records`.
    """
    sample = sample_of(path)
    found = recognise(sample, registry.sources(), known)
    best = next((seen for seen in found if seen.source == told.source), None) or (found[0] if found else None)
    source = told.source or (best.source if best is not None else None)
    if source is None:
        raise _unknown(path, sample, best)
    if best is None:
        return Identified(source, _edition(path, source, told, None), None)
    edition = _edition(path, source, told, best)
    folders = known.folders(source)
    if not is_reviewed(folders, told, edition):
        _refuse_other(known.name or path, (source, edition), reviewed_line(folders, told, edition), best)
    return Identified(source, edition, best)


def check(held: Held, known: Known) -> None:
    """`BadInput` where the bytes of a landed filing are not those of what its folder says."""
    filing = held.filing
    if held.read_as == "original":
        identify(held.path, Told(filing.source, filing.edition, held.sha256), known)


def _edition(path: Path, source: str, told: Told, seen: Recognised | None) -> str:
    if told.edition is not None:
        return told.edition
    if seen is not None and seen.editions:
        return seen.editions[0]
    raise BadInput(
        "the edition cannot be read from the file",
        file=path,
        column="--edition",
        found=seen.says if seen is not None else "nothing that tells it",
        expected="the name of the edition",
        todo=f"give it: fleetstats add {source} {path} --edition EDITION",
    )


def _unknown(path: Path, sample: Sample, seen: Recognised | None) -> BadInput:
    if seen is not None:
        return BadInput(
            "a file that is known, and of no source here",
            file=path,
            found=seen.says,
            expected=f"a file of {', '.join(registry.codes())}",
            todo="fetch the right file from its publisher",
        )
    return BadInput(
        "a file that no source knows",
        file=path,
        found=nothing_known(sample),
        expected=f"a file of {', '.join(registry.codes())}",
        todo="if it is one of theirs in a new form, say so: fleetstats add SOURCE FILE --edition EDITION; "
        "with --transcribed, if a person typed it",
    )


def _refuse_other(file: object, told: tuple[str, str], line: str, seen: Recognised) -> None:
    """`BadInput` unless the bytes allow what was told and are whole; `line` is how to say that it is right."""
    source, edition = told
    if seen.allows(source, edition):
        if not seen.doubts:
            return
        raise BadInput(
            "the file is not whole, or was changed",
            file=file,
            found=f"{'; '.join(seen.doubts)} ({seen.says})",
            expected=f"{source}/{edition} as its publisher issues it",
            todo=f"fetch the file again from its publisher; {line}",
        )
    todo = "fetch the right file from its publisher"
    if seen.source is not None and not seen.doubts:
        right = f" --edition {seen.editions[0]}" if seen.editions else ""
        todo = f"if that is meant, fleetstats add {seen.source} FILE{right}; else {todo}"
    raise BadInput(
        "the file is another than it is said to be",
        file=file,
        column="source" if seen.source != source else "edition",
        found=f"by its bytes: {seen.says}",
        expected=f"as it was told: {source}/{edition}",
        todo=f"{todo}; {line}",
    )


def reviewed_line(folders: tuple[Path, ...], told: Told, edition: str) -> str:
    """The line that lets a file be what its bytes do not say."""
    line = csv_line(told.sha256, without_amendment(edition), "REASON", "DAY")
    path = folders[-1] / REVIEWED_FILE
    return f"if it is right as it is, add to {line_to_add(path, REVIEWED_COLUMNS, line)}"


def is_reviewed(folders: tuple[Path, ...], told: Told, edition: str) -> bool:
    """Whether a reviewed line says that the file is what it is said to be."""
    return any(
        (row["sha256"], row["edition"]) == (told.sha256, without_amendment(edition))
        for folder in folders
        for _, row in read_rows(folder / REVIEWED_FILE, REVIEWED_COLUMNS)
    )
