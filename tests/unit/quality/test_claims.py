"""Claims: each file is whole, its test gives a verdict with a sentence, and no claim is its own evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
import yaml

from fleetstats.core.errors import BadInput, BadStatement
from fleetstats.core.settings import packaged
from fleetstats.quality.claims import claim_rows, findings, load_claims
from fleetstats.sources.registry import CLAIMS
from fleetstats.warehouse.base import Parameters
from fleetstats.warehouse.queries import BaseReader

FOLDER = packaged("data") / "raw" / CLAIMS
CLAIM = {
    "number": 1,
    "kind": "fact",
    "made_on": "2023-12-31",
    "statement": {"en": "It is 2.", "zh": "是2。"},
    "sql": "select 'supported' as verdict, 2 as value",
    "sentences": {"supported": {"en": "It is {value:,.0f}.", "zh": "是{value:wan}。"}},
}
Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a claim that differs from `CLAIM` in some keys."""

    def run(**others: Any) -> Any:
        (tmp_path / "made.yml").write_text(yaml.safe_dump({**CLAIM, **others}), encoding="utf-8")
        return load_claims([tmp_path])

    return run


def test_the_eleven_claims_are_whole_in_both_languages() -> None:
    claims = load_claims([FOLDER])
    assert sorted(claim.number for claim in claims.values()) == list(range(1, 12))
    for row in claim_rows(claims):
        assert row["statement_en"]
        assert row["statement_zh"]
    for name, claim in claims.items():
        verdicts = set(claim.sentences)
        assert verdicts & {"not_checkable", "open"}, name
        assert set(claim.missing) <= verdicts
        assert (claim.due_on is not None) == (claim.kind == "prediction")


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_a_test_is_one_query_on_every_database_and_names_every_verdict_it_gives(engine: str) -> None:
    for claim in load_claims([FOLDER]).values():
        assert len(sqlglot.parse(claim.sql, dialect=engine)) == 1
        assert {v for v in claim.sentences if f"'{v}'" in claim.sql} == set(claim.sentences)


class Answers(BaseReader):
    """A warehouse that gives one answer to every query."""

    def __init__(self, answer: list[dict[str, Any]] | BadStatement) -> None:
        self._answer = answer

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        if isinstance(self._answer, BadStatement):
            raise self._answer
        return pa.Table.from_pylist(self._answer)

    def ask(self, sql: str) -> pa.Table:
        return self.query(sql)


def test_a_new_claim_is_one_file(load: Load) -> None:
    [found] = findings(load(), Answers([{"verdict": "supported", "value": 20000.5}]))
    assert found["sentence_en"] == "It is 20,000."
    assert found["sentence_zh"] == "是2.0万。"
    assert json.loads(found["evidence"]) == {"value": 20000.5}


@pytest.mark.parametrize("table", ["published_figure", "claim_review", "forecast"])
def test_what_is_no_evidence_is_refused(load: Load, table: str) -> None:
    with pytest.raises(BadInput, match="no evidence") as caught:
        load(sql=f"select 'supported' as verdict, count(*) as value from {table}")
    assert "figure_in_force" in str(caught.value)


@pytest.mark.parametrize("wrong", [{"kind": "rumour"}, {"number": 0}, {"more": 1}, {"made_on": "then"}])
def test_a_file_that_is_no_claim_says_where(load: Load, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="cannot be read") as caught:
        load(**wrong)
    assert "made.yml" in str(caught.value)
    assert next(iter(wrong)) in str(caught.value)


def test_two_claims_cannot_have_one_number(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(CLAIM), encoding="utf-8")
    with pytest.raises(BadInput, match="one number"):
        load_claims([tmp_path])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (BadStatement("no such column"), "no such column"),
        ([], "0 rows"),
        ([{"value": 1}], "one row with a column verdict"),
        ([{"verdict": "missed", "value": 1}], "a verdict without a sentence"),
        ([{"verdict": "supported", "value": None}], "a figure of the sentence is null"),
        ([{"verdict": "supported", "other": 1}], "figures among other"),
    ],
)
def test_a_test_that_gives_no_sentence_names_its_claim(
    load: Load, answer: list[dict[str, Any]] | BadStatement, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        findings(load(), Answers(answer))
    assert "made.yml" in str(caught.value)
