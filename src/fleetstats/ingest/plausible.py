"""Whether the figures of a file can be those of the edition that it is said to be, beside themselves and others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.filings.chains import without_amendment
from fleetstats.filings.filing import Held
from fleetstats.ingest.identify import Told, is_reviewed, reviewed_line
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged

_SAME = 0.5
"""The share of figures that two editions of a source may have in common: 4 % is the most."""

_FEW_FIGURES = 8


def refuse_unlike(
    source: Source,
    new: tuple[Staged, Path],
    previous: tuple[Staged, Held],
    told: Told,
    folders: tuple[Path, ...],
) -> None:
    """`BadInput` where an edition cannot follow the one before it in its series, unless a reviewed line says so."""
    if source.unlike is None or told.edition is None or is_reviewed(folders, told, told.edition):
        return
    why = source.unlike(new[0], previous[0])
    if why is not None:
        raise BadInput(
            "an edition that is unlike the one before it",
            file=new[1],
            found=why,
            expected=f"what may follow {previous[1].filing.id}",
            todo=f"fetch the file again from its publisher; {reviewed_line(folders, told, told.edition)}",
        )


def refuse_contradiction(
    source: Source,
    new: tuple[Staged, Path],
    others: Mapping[str, Staged],
    told: Told,
    folders: tuple[Path, ...],
) -> None:
    """`BadInput` for a file that contradicts itself, or has the figures of another edition under its own name.

    `others` are what the editions in force hold, by name.
    """
    if told.edition is None or is_reviewed(folders, told, told.edition):
        return
    staged, path = new
    why = None if source.contradicts is None else source.contradicts(staged)
    if why is None and source.figures_of is not None:
        mine = source.figures_of(staged)
        for edition, other in others.items():
            same = mine & source.figures_of(other)
            another = without_amendment(edition) != without_amendment(told.edition)
            if another and len(mine) >= _FEW_FIGURES and len(same) > _SAME * len(mine):
                why = f"{len(same):,} of its {len(mine):,} figures are those of {source.code}/{edition}"
    if why is not None:
        raise BadInput(
            "figures that cannot be right",
            file=path,
            found=why,
            expected=f"figures of {source.code}/{told.edition}",
            todo=f"fetch the file again from its publisher; {reviewed_line(folders, told, told.edition)}",
        )
