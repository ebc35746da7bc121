"""A trace in words and as a page: what does not add up is loud, and what a file prints does no harm."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from fleetstats.core.formats import decimal_text, to_json
from fleetstats.outputs.trace.html import trace_html
from fleetstats.outputs.trace.model import Cell, Part, Trace
from fleetstats.outputs.trace.text import trace_text
from fleetstats.sources.printed import Printed

HOSTILE = "<script>alert('x')</script>\x1b[31m"
FILING: dict[str, Any] = {
    "filing": "s/1", "publisher": "P", "title": HOSTILE, "url": "javascript:alert(1)", "issued_on": "2023-02-17",
    "issued_on_estimated": True, "retrieved_on": "2026-11-23", "status": "digest", "sha256": "a" * 64,
    "original_sha256": "b" * 64, "supersedes": None,
    "corrections": [
        {"record": n, "action": "override", "column_name": "Permit Number", "printed": "AVT003", "used": "AVT036",
         "reason": "The record prints another's permit"} for n in (2, 3)
    ],
}  # fmt: skip


def made(*, total: str = "3.218688", reconciles: bool | None = True) -> Trace:
    """One cell of one row of a file with two records."""
    part = Part(
        "month of a permit", "cadmv_mileage_month", "filing=s/1, permit=AVT003", Decimal(total), "s/1"
    )
    part.row = {"filing": "s/1"}
    part.done = ["2 mi × 1.609344 = 3.218688 km"]
    part.ends_at = "Read again from the publisher's own file, o.csv"
    part.records = [
        Printed(7, "JULY 2022", "1,0 " + HOSTILE, Decimal(2)),
        Printed(8, "JULY 2022", "", Decimal(0)),
    ]
    part.corrections = FILING["corrections"][:1]
    part.passed_over = [
        {"figure": "f-2", "filing": "s/1", "value": Decimal(5), "unit": "km", "bound": "exact", "confidence": "medium",
         "title_printed": HOSTILE, "url": "https://example.org/?a=1&b=\"2\""}
    ]  # fmt: skip
    cell = Cell(
        "mileage_monthly",
        {"operator": "waymo", "scope": None},
        "distance_km",
        Decimal("3.218688"),
        "km",
        "exact",
    )
    cell.parts, cell.total, cell.reconciles = [part], Decimal(total), reconciles
    publication = {
        "publication_id": "pub-1",
        "published_at": "2026-11-24 09:00:00",
        "code_version": "1",
        "place": "here",
    }
    return Trace(publication, "mileage_monthly", "operator = '<b>'", [cell], {"s/1": FILING})


def test_the_tree_has_the_whole_chain() -> None:
    text = trace_text(made())
    for said in (
        "mileage_monthly: operator=waymo", "distance_km = 3.218688 km (exact); it is the row below", "× 1.609344",
        "record 7, JULY 2022: 1,0", "1 records of 0", "AVT003 → AVT036", "passed over: 5 km (exact, medium)",
        "issued 2023-02-17 (estimated)", "a" * 64, "b" * 64, "and 1 records like it",
    ):  # fmt: skip
        assert said in text
    assert "\x1b" not in text
    assert "DOES NOT" not in text
    assert "record 7" not in trace_text(made(), records=0)


def test_what_does_not_add_up_is_said_in_every_form() -> None:
    found = made(total="3", reconciles=False)
    assert found.wrong == [
        "mileage_monthly, operator=waymo, distance_km: the records add up to 3, the cell is 3.218688"
    ]
    text = trace_text(found)
    assert text.count("DOES NOT ADD UP") == 2
    assert "the rows add up to 3" in text
    assert "Does not add up" in trace_html(found)
    assert json.loads(to_json(found.facts()))["reconciles"] is False


def test_a_record_that_says_otherwise_is_found_wherever_it_is() -> None:
    found = made()
    found.cells[0].parts[0].reconciles = False
    inner = made(total="3", reconciles=False).cells[0]
    found.cells[0].parts[0].cells = [inner]
    assert len(found.wrong) == 2
    assert "does not say what the row says" in found.wrong[0]


def test_the_page_stands_alone_and_runs_nothing() -> None:
    page = trace_html(made())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript:' not in page
    assert 'href="https://example.org/?a=1&amp;b=&#34;2&#34;"' in page
    assert "operator = &#39;&lt;b&gt;&#39;" in page
    for outside in ("<link", "src=", "@import", "url("):
        assert outside not in page
    assert page.count("<details") == page.count("</details>") > 2


def test_a_page_that_is_linked_to_lists_some_records_and_says_how_many_more() -> None:
    page = trace_html(made(), lambda cell: f"r-{cell.key['operator']}", "../index.html", records=1)
    assert '<h2 id="r-waymo">' in page
    assert '<a href="../index.html">' in page
    assert ('<td class="n">7</td>' in page, '<td class="n">8</td>' in page) == (True, False)
    assert "And 1 more records" in page
    assert "more records" not in trace_html(made(), records=2)


def test_json_keeps_every_digit() -> None:
    facts = json.loads(to_json(made().facts()))
    assert facts["cells"][0]["value"] == "3.218688"
    assert facts["cells"][0]["parts"][0]["records"][0]["record"] == 7
    assert facts["cells"][0]["parts"][0]["records"][0]["text"].startswith("1,0 ")
    assert facts["wrong"] == []


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("1.500", "1.5"), ("0E-9", "0"), ("-2.0", "-2"), ("100", "100")]
)  # fmt: skip
def test_a_number_is_written_out(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text
