"""Whether the figures of a file can be those of the edition that it is said to be, beside themselves and others."""

from __future__ import annotations

from collections.abc import Mapping

from fleetstats.filings.chains import without_amendment
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged

_SAME = 0.5
"""The share of figures that two editions of a source may have in common: 8 % is the most."""

_FEW_FIGURES = 8


def implausible(
    source: Source, staged: Staged, edition: str, before: Staged | None, others: Mapping[str, Staged]
) -> str | None:
    """Why figures cannot be those of an edition, for a person to look at; None if they can.

    `before` is what the edition before it in its series holds, and `others` what every edition in force does, by name.
    """
    if source.contradicts is not None and (why := source.contradicts(staged)) is not None:
        return why
    if (
        source.unlike is not None
        and before is not None
        and (why := source.unlike(staged, before)) is not None
    ):
        return why
    return _of_another(source, staged, edition, others)


def _of_another(source: Source, staged: Staged, edition: str, others: Mapping[str, Staged]) -> str | None:
    """Which other edition has most of these figures; an amendment has those of what it amends."""
    if source.figures_of is None:
        return None
    mine = source.figures_of(staged)
    for name, other in others.items():
        if len(mine) < _FEW_FIGURES or without_amendment(name) == without_amendment(edition):
            continue
        same = mine & source.figures_of(other)
        if len(same) > _SAME * len(mine):
            return f"{len(same):,} of its {len(mine):,} figures are those of {source.code}/{name}"
    return None
