"""Editions that replace each other: their days of issue give the order, in whatever order they came here."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import chained, check_chains, load_chains, superseded, without_amendment
from fleetstats.filings.filing import Filing, Held

CHAINS = {"s": {"old": "20(21|22).*|archive", "new": "20.*"}}


def held(edition: str, day: date, *, accepted: bool = True, supersedes: str | None = None) -> Held:
    filing = Filing(
        source="s", edition=edition, file="f", publisher="p", title="t", url=None, licence="l",
        period_start=day, period_end=day, issued_on=day, retrieved_on=day, status="original",
        supersedes=supersedes, sha256="0" * 64, size=1, accepted=accepted,
    )  # fmt: skip
    return Held(filing, Path(edition), Path(edition), "0" * 64, "original", ())


def chain_of(filings: list[Held]) -> dict[str, str | None]:
    return {h.filing.edition: h.filing.supersedes for h in filings}


@given(
    st.permutations(["2021-05", "2022-01", "archive", "archive-amended-1", "2025-08", "2026-01", "2026-02"])
)
def test_whatever_comes_first_each_edition_replaces_the_one_issued_before_it(order: list[str]) -> None:
    days = {e: date(2024, 1, 1) + timedelta(days=30 * n) for n, e in enumerate(sorted(order))}
    days["archive"], days["archive-amended-1"] = date(2025, 6, 1), date(2026, 3, 1)
    found = chained([held(e, days[e]) for e in order], CHAINS)
    assert chain_of(found) == {
        "2021-05": None, "2022-01": "2021-05", "archive": "2022-01", "archive-amended-1": "archive",
        "2025-08": None, "2026-01": "2025-08", "2026-02": "2026-01",
    }  # fmt: skip
    assert [h.filing.edition for h in found] == order
    check_chains(found)
    assert superseded(found) == {f"s/{e}" for e in ("2021-05", "2022-01", "archive", "2025-08", "2026-01")}


def test_one_that_waits_replaces_nothing_that_others_need() -> None:
    days = [date(2025, 7, 1) + timedelta(days=30 * n) for n in range(3)]
    found = chained(
        [held("2025-07", days[0]), held("2025-08", days[1], accepted=False), held("2025-09", days[2])], CHAINS
    )
    assert chain_of(found) == {"2025-07": None, "2025-08": "2025-07", "2025-09": "2025-07"}
    check_chains(found)


def test_what_a_file_says_of_its_chain_is_not_read_and_not_written() -> None:
    one = held("2025-07", date(2025, 7, 1), supersedes="2099-01")
    catalogue = Catalogue(tuple(chained([one], CHAINS)), CHAINS)
    assert chain_of(list(catalogue)) == {"2025-07": None}
    later = catalogue.with_one(held("2025-08", date(2025, 8, 1)))
    assert chain_of(list(later)) == {"2025-07": None, "2025-08": "2025-07"}
    assert later.as_written(later.of("s")["2025-08"].filing).supersedes is None
    other = held("2030", date(2025, 8, 1), supersedes="2029")
    assert Catalogue((other,), {}).as_written(other.filing).supersedes == "2029"


def test_a_pattern_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "chains.csv").write_text("chain,editions,note\na,20[,\n", encoding="utf-8")
    with pytest.raises(BadInput, match="a pattern that cannot be read"):
        load_chains([tmp_path], ["s"])


@pytest.mark.parametrize(
    ("edition", "first"),
    [("2023", "2023"), ("2023-amended-1", "2023"), ("archive-2021-2025-amended-12", "archive-2021-2025")],
)
def test_an_amendment_is_of_its_edition(edition: str, first: str) -> None:
    assert without_amendment(edition) == first
