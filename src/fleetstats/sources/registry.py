"""All sources, each with its descriptor. A reader is imported when its source is asked for, and from here alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import add_folder, remove_folder
from fleetstats.sources.source import Source

CLAIMS = "dao2024_claims"
"""The folder of the claims under review: no source, since a claim is not evidence."""


def _transcribed_figures(code: str) -> Callable[[], Source]:
    def entry() -> Source:
        from fleetstats.sources.published_figures import read_figures, recogniser

        return Source(
            code,
            read=read_figures,
            recognise=recogniser(code),
            transcribed=True,
            fills=("published_figure",),
        )

    return entry


def _cadmv_disengagement() -> Source:
    from fleetstats.filings.double_counts import Counted
    from fleetstats.sources.cadmv import disengagement, forms, printed, recognition, series

    return Source(
        "cadmv_disengagement",
        read=disengagement.read,
        recognise=recognition.recognise_events,
        digest=disengagement.digest,
        in_digest=printed.EVENTS_IN_DIGEST,
        notes_of_file=("initiated_by ", "location ", "column "),
        transcribable=True,
        parse_edition=forms.edition_period,
        period_column=forms.is_month,
        size=("cadmv_event_count", "events"),
        figures_of=series.events_of,
        printed=printed.EVENTS,
        double_counts={"disengagements": Counted("cadmv_event_count", "events", ("left_out", "kept"))},
    )


def _cadmv_mileage() -> Source:
    from fleetstats.filings.double_counts import Counted
    from fleetstats.sources.cadmv import forms, mileage, mileage_digest, printed, recognition, series

    return Source(
        "cadmv_mileage",
        read=mileage.read,
        recognise=recognition.recognise_mileage,
        digest=mileage_digest.digest,
        in_digest=printed.MILEAGE_IN_DIGEST,
        notes_of_file=("column ",),
        transcribable=True,
        parse_edition=forms.edition_period,
        period_column=forms.is_month,
        size=("cadmv_mileage_filer", "rows"),
        unlike=series.unlike,
        contradicts=series.contradicts,
        figures_of=series.figures_of,
        printed=printed.MILEAGE,
        double_counts={"mileage": Counted("cadmv_mileage_month", "distance_mi_reported", ("kept",))},
        rare_events=mileage.disengagements,
    )


def _nhtsa_sgo() -> Source:
    from fleetstats.sources.nhtsa_sgo import counts, digest, editions, hashes, recognition, reports

    return Source(
        "nhtsa_sgo",
        read=reports.read,
        recognise=recognition.recognise,
        digest=digest.digest,
        in_digest=digest.IN_DIGEST,
        parse_edition=editions.parse_edition,
        fills=("record_hash",),
        size=("record_hash", None),
        keys=("record_hash", "record_key"),
        key_content="hash_figures",
        key_number=hashes.number_of,
        printed={"nhtsa_incident_month": reports.printed},
        rare_events=counts.incidents_with_mileage,
    )


_ENTRIES: dict[str, Callable[[], Source]] = {
    "bjrt_mileage": _transcribed_figures("bjrt_mileage"),
    "cadmv_disengagement": _cadmv_disengagement,
    "cadmv_mileage": _cadmv_mileage,
    "market_figures": _transcribed_figures("market_figures"),
    "nhtsa_sgo": _nhtsa_sgo,
    "robotaxi_orders": _transcribed_figures("robotaxi_orders"),
}
_known: dict[str, Source] = {}
_registered: dict[str, tuple[Table, ...]] = {}


def codes() -> tuple[str, ...]:
    """The codes of all sources."""
    return (*_ENTRIES, *_registered)


def source(code: str) -> Source:
    """The descriptor of a source; `BadInput` if there is none."""
    if code not in codes():
        raise BadInput(
            "an unknown source",
            column="source",
            found=code,
            expected=", ".join(codes()),
            todo="CONTRIBUTING.md says how to add a source",
        )
    if code not in _known:
        _known[code] = _ENTRIES[code]()
    return _known[code]


def sources() -> list[Source]:
    """The descriptors of all sources."""
    return [source(code) for code in codes()]


def packaged_folder(code: str, raw: Path) -> Path:
    """Where the packaged filings and reviewed tables of a source lie; `raw` has those that ship with fleetstats."""
    own = _known[code].folder if code in _registered else None
    return (own / "data" / "raw" if own else raw) / code


def register(new: Source, *, tables: Iterable[Table] = (), folder: Path | None = None) -> None:
    """Add a source while the program runs; until `unregister`, every command knows it as it knows the others.

    `tables` are those that it brings: its core tables, marts and cross-checks. `folder` is laid out as the repository
    is: `data/` with the source's reviewed tables and filings in `raw/<code>/` (and operators and scopes of its own),
    `sql/` and `expectations/` with the files of its tables. Processes that are started later do not know of it.
    Raises `ValueError` for a code or a table that there is already.
    """
    tables = tuple(tables)
    taken = [new.code] * (new.code in codes()) + [table.name for table in tables if table.name in TABLES]
    if taken:
        raise ValueError(f"there is already {', '.join(taken)}")
    _known[new.code] = replace(new, folder=folder)
    _registered[new.code] = tables
    TABLES.update({table.name: table for table in tables})
    if folder is not None:
        add_folder(folder)


def unregister(code: str) -> None:
    """Take away a source that was registered, and all that came with it; `KeyError` for any other."""
    for table in _registered.pop(code):
        del TABLES[table.name]
    gone = _known.pop(code)
    if gone.folder is not None:
        remove_folder(gone.folder)
