"""Taking a landed filing out again, with a record of it: what, which bytes, why and when."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fleetstats.core.csv_tables import append_lines
from fleetstats.core.errors import BadInput
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.restatements import REMOVED_COLUMNS, REMOVED_FILE
from fleetstats.sources import registry


@dataclass(frozen=True)
class Removed:
    """A filing that was taken out, or would be; `kept` is where its bytes are now."""

    filing: str
    sha256: str
    kept: Path
    dry_run: bool


def remove(
    settings: Settings, source: str, edition: str, reason: str, today: date, *, dry_run: bool = False
) -> Removed:
    """Take a landed filing out; its bytes are kept beside the landed ones, and `removed.csv` says why it went.

    Raises `BadInput` for a filing that is not landed, one that another landed filing supersedes by name, and without a
    reason.
    """
    registry.source(source)
    catalogue = Catalogue.open(settings)
    held = catalogue.of(source).get(edition)
    folder = settings.landed / source
    if held is None or held.folder.parent != folder:
        landed = sorted(e for e, h in catalogue.of(source).items() if h.folder.parent == folder)
        raise BadInput(
            "there is no such landed filing",
            column="EDITION",
            found=f"{source}/{edition}" + ("" if held is None else ", which ships with fleetstats"),
            expected=f"one that was added: {', '.join(landed) or 'none was'}",
            todo="a packaged filing stays; a correction in corrections.yml changes what is read of it",
        )
    after = next(
        (
            h
            for h in catalogue
            if catalogue.as_written(h.filing).supersedes == edition and h.filing.source == source
        ),
        None,
    )
    if after is not None:
        raise BadInput(
            "another filing supersedes this one",
            column="EDITION",
            found=f"{after.filing.id} supersedes {source}/{edition}",
            expected="the last amendment first",
            todo=f"fleetstats remove {source} {after.filing.edition} --reason REASON, then this one",
        )
    if not reason.strip():
        raise BadInput("a removal without a reason", column="--reason", expected="why the filing has to go")
    kept = settings.home / "removed" / source / f"{edition}-{held.sha256[:8]}"
    if not dry_run:
        line = (f"{source}/{edition}", held.sha256, reason.strip(), f"{today:%Y-%m-%d}")
        append_lines(folder / REMOVED_FILE, REMOVED_COLUMNS, [line])
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(held.folder, kept)
    return Removed(f"{source}/{edition}", held.sha256, kept, dry_run)
