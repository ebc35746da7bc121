"""What is written down of a file that is added: its filing.yml, from what was told and what its bytes say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from fleetstats.core.errors import BadInput
from fleetstats.core.files import FileHashes
from fleetstats.core.periods import Period
from fleetstats.core.settings import Settings
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.filing import Filing, Held
from fleetstats.ingest.identify import Identified
from fleetstats.sources import registry
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged


@dataclass(frozen=True)
class Offer:
    """A file as the person who adds it describes it; its bytes say what is None.

    Without `accept_amendment`, other bytes for a held edition are kept, but wait for `accept`. `transcribed` says that
    a person typed the figures, or somebody compiled them (`compiled_by`), from what `publisher` published.
    """

    source: str | None
    path: Path
    edition: str | None
    issued_on: date | None
    retrieved_on: date
    url: str | None = None
    issued_on_estimated: bool = False
    accept_amendment: bool = True
    transcribed: bool = False
    publisher: str | None = None
    compiled_by: str | None = None


class Place(NamedTuple):
    """Where a file stands among the editions of its source; `like` is the edition before, if there is one."""

    source: Source
    edition: str
    supersedes: str | None
    like: Held | None


def as_held(
    settings: Settings,
    offer: Offer,
    place: Place,
    known: tuple[Identified, Held | None],
    hashes: FileHashes,
) -> Held:
    """The filing that a file would be; `known` has what it is, and the filing that has these bytes already."""
    found, same = known
    issued = _issued(
        offer, place.source, found, amends=same is None and place.supersedes is not None, same=same
    )
    filing = _describe(settings, offer, place, issued, hashes)
    if same is None and place.supersedes and not offer.accept_amendment:
        filing = filing.model_copy(update={"accepted": False})
    return Held(
        filing,
        settings.landed / place.source.code / place.edition,
        offer.path,
        hashes.sha256,
        "transcribed" if filing.status == "transcribed" else "original",
        same.hashes if same is not None else (hashes.sha256, hashes.sha256_lf),
    )


class _Issued(NamedTuple):
    """The day of issue of a file, None where its rows tell it, and whether it is an estimate."""

    day: date | None
    estimated: bool


def _issued(offer: Offer, source: Source, found: Identified, *, amends: bool, same: Held | None) -> _Issued:
    """The day that was told, else the one on which such an edition is usually issued; an amendment's is today."""
    if offer.issued_on is not None:
        return _Issued(offer.issued_on, offer.issued_on_estimated)
    if source.transcribed:
        return _Issued(None, estimated=False)
    if same is not None and same.filing.issued_on != "by_row":
        return _Issued(same.filing.issued_on, same.filing.issued_on_estimated)
    usual = None if found.seen is None or amends else found.seen.issued_on
    return _Issued(min(usual or offer.retrieved_on, offer.retrieved_on), estimated=True)


def _describe(settings: Settings, offer: Offer, place: Place, issued: _Issued, hashes: FileHashes) -> Filing:
    """The filing.yml of a file: what is known of its edition, else of its source."""
    source, edition, supersedes, like = place
    path = registry.packaged_folder(source.code, settings.raw) / "source.yml"
    declared: dict[str, Any] = load_yaml(path)
    # Without it the rows tell the period, once they have been read
    period = Period(offer.retrieved_on, offer.retrieved_on)
    if source.parse_edition is not None:
        period = source.parse_edition(edition)
    base: dict[str, Any] = {
        "publisher": declared["publisher"],
        "title": f"{declared['title_en']}, {edition}",
        "url": declared["homepage"],
        "licence": declared["licence"],
        "period_start": period.start,
        "period_end": period.end,
    }
    if like is not None:
        base |= {key: getattr(like.filing, key) for key in ("publisher", "title", "url", "licence")}
    by_hand = offer.transcribed or source.transcribed
    base |= {key: said for key, said in (("url", offer.url), ("publisher", offer.publisher)) if said}
    return Filing(
        **base,
        source=source.code,
        edition=edition,
        file=offer.path.name,
        issued_on=issued.day or "by_row",
        issued_on_estimated=issued.estimated,
        retrieved_on=offer.retrieved_on,
        status="transcribed" if by_hand else "amended" if supersedes else "original",
        compiled_by=offer.compiled_by,
        supersedes=supersedes,
        sha256=hashes.sha256,
        sha256_lf=hashes.sha256_lf,
        size=hashes.size,
    )


def learnt(source: Source, staged: Staged) -> dict[str, Any]:
    """What only the file itself could tell of its filing."""
    if source.parse_edition is not None:
        return {"columns": staged.observed.get("columns", [])}
    rows = staged.tables["published_figure"].to_pylist()
    return {
        "period_start": min(row["period_start"] or row["as_of"] for row in rows),
        "period_end": max(row["as_of"] or row["period_end"] for row in rows),
    }


def refuse_undated(offer: Offer, found: Identified, filing: Filing) -> None:
    """`BadInput` where nobody told the day of issue, nor do the bytes; an amendment is of the day it was first seen."""
    if (
        offer.issued_on is None
        and found.seen is None
        and filing.issued_on != "by_row"
        and not filing.supersedes
    ):
        raise BadInput(
            "the day of issue is missing",
            file=offer.path,
            column="--issued-on",
            expected="the day the publisher issued it, such as 2024-02-02; of an amendment the day it was "
            "first seen",
        )
