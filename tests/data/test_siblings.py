"""Wrong siblings of the publishers' files, as far as `add`; what only a build can tell, `make siblings` counts."""

from __future__ import annotations

from collections import Counter

import pytest

from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Outcome
from tests.siblings.kinds import KINDS
from tests.siblings.run import REFUSED, RIGHT, TRACEBACK, Tried, held_files, try_siblings

Published = tuple[Settings, Outcome]

FILES = ("cadmv_mileage/2023-first-time", "cadmv_disengagement/2023-driverless", "nhtsa_sgo/2026-08")
AT_ONCE = {
    "the header alone", "joined with itself", "header twice", "each column twice", "header one column off",
    "semicolons", "tabulators", "decimal commas", "UTF-16", "a web page", "a ZIP archive", "doubled",
    "each record twice",
}  # fmt: skip
"""What no file may be, whatever is held."""


@pytest.mark.parametrize("filing", FILES)
def test_wrong_siblings_are_refused_and_other_forms_are_not(
    from_digests: Published, from_originals: Published, filing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [held] = [h for h in held_files(from_originals[0]) if h.filing.id == filing]
    found = list(try_siblings(from_digests[0], held, add_only=True))
    with capsys.disabled():
        print(f"\n{filing}: {counts(found)}")
    assert {one.kind for one in found} >= AT_ONCE - {"decimal commas"}
    assert [one for one in found if one.verdict == TRACEBACK] == []
    same = {kind.name for kind in KINDS if kind.same}
    assert [one for one in found if one.kind in same and one.verdict != RIGHT] == []
    assert [one for one in found if one.kind in AT_ONCE and one.verdict != REFUSED] == []
    held_back = [
        one for one in found if one.kind not in same and one.way == "amends" and _may_not_pass(one, filing)
    ]
    assert held_back == []


def _may_not_pass(one: Tried, filing: str) -> bool:
    """Of crash reports, whose records have keys, nothing that lost one passes, even before it is built.

    Their days stand in narratives alone, which no figure comes from.
    """
    narratives = one.kind == "days and months swapped"
    return filing.startswith("nhtsa") and one.verdict not in (REFUSED, RIGHT) and not narratives


def counts(found: list[Tried]) -> str:
    """How many of each verdict, and which kinds only a build can stop."""
    passed = sorted({f"{one.kind} ({one.way})" for one in found if one.verdict not in (REFUSED, RIGHT)})
    many = Counter(one.verdict for one in found)
    told = ", ".join(f"{many[verdict]} {verdict}" for verdict in many)
    return f"{len(found)} tried, {told}; for the build: {', '.join(passed) or 'none'}"
