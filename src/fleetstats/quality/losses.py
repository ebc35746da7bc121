"""Records that would vanish with a publication, or count twice in it, where a source's records have keys.

An edition of such a source holds every record of the one before it. So a record that was in force in the last
publication and is not in this one says that a file is an older or another one, whatever its name; and one in two
filings that do not replace each other would count twice. This looks at what was built, and finds what no reader can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from fleetstats.core.schema.arrow import rows_of
from fleetstats.filings.moved import line_of, moved_keys
from fleetstats.sources.source import Source
from fleetstats.warehouse.base import Tables
from fleetstats.warehouse.queries import has

_FILING = ("filing", "source", "in_force")


def lost_or_doubled(
    before: Tables | None,
    after: Tables,
    sources: Iterable[Source],
    folders: Callable[[str], tuple[Path, ...]],
    removed: Collection[str] = (),
) -> list[str]:
    """A line for each source with records that are gone or there twice, and are of no reviewed line.

    `before` is what is published, None if nothing is; `folders` says where the reviewed tables of a source lie, and
    `removed` names filings that a person took out.
    """
    said = []
    for source in sources:
        if source.keys is None:
            continue
        now = _in_force(after, source)
        twice = [key for key, count in now.items() if count > 1]
        if twice:
            said.append(
                f"{source.code}: {_some(twice)} in more than one filing in force: they would count twice"
            )
        gone = set() if before is None else _in_force(before, source, removed).keys() - now.keys()
        gone -= moved_keys(folders(source.code))
        if gone:
            line = line_of(folders(source.code)[-1], min(gone))
            said.append(
                f"{source.code}: {_some(gone)} of what is published in no filing that is in force now; "
                f"if their publisher took them out, add for each {line}"
            )
    return said


def _in_force(there: Tables, source: Source, without: Collection[str] = ()) -> Counter[str]:
    """How many filings in force have each record of a source, but for some of the filings."""
    if source.keys is None:
        raise AssertionError(f"{source.code} has no keys")
    table, column = source.keys
    if not has(there, "filing", _FILING) or not has(there, table, ("filing", column)):
        return Counter()
    filings = {
        row[0] for row in rows_of(there.table("filing", _FILING)) if row[1] == source.code and row[2]
    } - {*without}
    rows = rows_of(there.table(table, ("filing", column)))
    return Counter(row[1] for row in rows if row[0] in filings)


def _some(keys: Iterable[str]) -> str:
    found = sorted(keys)
    shown = ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
    return f"{len(found):,} record{'s' if len(found) > 1 else ''} ({shown})"
