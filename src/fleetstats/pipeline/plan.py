"""What a build is made from: the catalogue verified, the reviewed tables, and one fingerprint over all of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import in_vintage
from fleetstats.filings.filing import Held
from fleetstats.pipeline.fingerprint import build_code_sha256, fingerprint
from fleetstats.warehouse.base import new_run_id

if TYPE_CHECKING:
    from fleetstats.sources.reviewed import Reviewed


@dataclass(frozen=True)
class Plan:
    """What is to be built, and from what."""

    settings: Settings
    as_of: date | None
    held: tuple[Held, ...]
    reviewed: Reviewed
    fingerprint: str
    run_id: str


def plan(
    settings: Settings,
    as_of: date | None = None,
    *,
    remember: bool = True,
    run_id: str | None = None,
    only: Collection[str] | None = None,
) -> Plan:
    """Read the catalogue, verify every file, and fingerprint what a build would be made from.

    With `remember` the hashes of files are kept for the next run; without, nothing is written. `run_id` and
    `only` these filings make the plan of a run in steps again that has already begun.

    Imports none of the heavy libraries. Raises `BadInput` for filings that cannot be used.
    """
    from fleetstats.sources.reviewed import Reviewed

    catalogue = Catalogue.open(settings, remember=remember)
    held = tuple(h for h in in_vintage(catalogue, as_of) if only is None or h.filing.id in only)
    if not held:
        raise ConfigurationError(
            f"no filing had been issued by {as_of}\n  expected: a day on or after the first filing's"
            if as_of
            else f"there are no filings: {settings.raw} is empty\n  to do:    install fleetstats again"
        )
    reviewed = Reviewed.open(settings)
    reviewed.verify(catalogue)
    return Plan(
        settings=settings,
        as_of=as_of,
        held=held,
        reviewed=reviewed,
        fingerprint=fingerprint(held, build_code_sha256(), reviewed.sha256, as_of),
        run_id=run_id or new_run_id(),
    )
