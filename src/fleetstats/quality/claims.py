"""Claims under review: one file each, with the SQL that tests it, and a verdict in words with its numbers.

A file says what is claimed, when, and for each verdict its test can give the sentence that explains it. The test
is one query that gives one row: `verdict`, and the figures that the sentence names. What a report says itself
is never evidence: a test cannot read `published_figure`, which holds such statements, but only what the
marts make of the others.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fleetstats.core.errors import BadInput, BadStatement, shorten, what_is_wrong
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.yaml_files import load_yaml
from fleetstats.warehouse.base import Reader
from fleetstats.warehouse.dependencies import reads
from fleetstats.warehouse.queries import Sql, statement

Verdict = Literal[
    "supported", "contradicted", "held", "missed", "open", "plausible_not_provable", "not_checkable"
]

_NO_EVIDENCE = {"published_figure", "claim", "claim_finding", "claim_review"} | {
    table.name for table in TABLES.values() if table.kind == "ledger"
}


class Words(BaseModel):
    """The same in two languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str
    zh: str


_NOT_YET = Words(en="Nothing that decides it had been published.", zh="可据以判断的数据当时均未公布。")


class Claim(BaseModel):
    """One file. `sentences` has an entry for every verdict that `sql` can give; `{name}` in it is a column of
    the query, `{name:,.0f}` a number with thousands, `{name:m}` in millions, `{name:wan}` in 万. `rests_on` has, for
    each mart that `sql` reads, the condition that picks the rows which decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = Field(ge=1)
    kind: Literal["fact", "prediction", "mark"]
    made_on: date
    made_on_estimated: bool = False
    due_on: date | None = None
    accuracy_mark: str | None = None
    statement: Words
    figures: dict[str, int | float | str] = {}
    sql: Annotated[str, Field(min_length=10)]
    rests_on: dict[str, str] = {}
    sentences: dict[Verdict, Words]
    missing: dict[Verdict, Words] = {}

    def row(self, name: str) -> dict[str, Any]:
        """As a row of the table `claim`."""
        return {
            "claim": name,
            "claim_number": self.number,
            "kind": self.kind,
            "made_on": self.made_on,
            "made_on_estimated": self.made_on_estimated,
            "due_on": self.due_on,
            "accuracy_mark": self.accuracy_mark,
            "statement_en": self.statement.en.strip(),
            "statement_zh": self.statement.zh.strip(),
        }


def load_claims(folders: Iterable[Path]) -> dict[str, Claim]:
    """Every claim of these folders by the name of its file; a later folder's file replaces an earlier one's.

    Raises `BadInput` for a file that is not as `Claim` says, or whose test reads what is no evidence.
    """
    found: dict[str, tuple[Path, Claim]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yml")):
            found[path.stem] = (path, _load(path))
    numbers: dict[int, Path] = {}
    for path, claim in found.values():
        other = numbers.setdefault(claim.number, path)
        if other is not path:
            raise BadInput(
                "two claims have one number",
                file=path,
                column="number",
                found=claim.number,
                expected=f"another number than that of {other.name}",
                todo="give the new one the next free number",
            )
    return {name: claim for name, (_, claim) in found.items()}


def _load(path: Path) -> Claim:
    try:
        claim = Claim.model_validate(load_yaml(path))
    except (OSError, yaml.YAMLError, ValueError) as error:
        what = what_is_wrong(error) if isinstance(error, ValidationError) else " ".join(str(error).split())
        raise BadInput(
            "a claim that cannot be read",
            file=path,
            found=what,
            expected="the keys of docs/filings.md, section Claims",
            todo="fix the file",
        ) from error
    try:
        read = reads(claim.sql) & TABLES.keys()
    except BadStatement as error:
        raise BadInput(
            "a claim whose test is no SQL",
            file=path,
            column="sql",
            found=shorten(str(error), 200),
            expected="one SELECT on published tables",
            todo="fix the statement",
        ) from error
    marts = {name for name in read if TABLES[name].kind == "mart"}
    if claim.rests_on and not marts <= claim.rests_on.keys() <= read:
        raise BadInput(
            "a claim that does not rest on what its test reads",
            file=path,
            column="rests_on",
            found=", ".join(claim.rests_on),
            expected=", ".join(sorted(marts)),
            todo="give a condition for each mart that sql reads, or leave rests_on out",
        )
    forbidden = sorted(read & _NO_EVIDENCE)
    if forbidden:
        raise BadInput(
            "a claim that is tested on what is no evidence",
            file=path,
            column="sql",
            found=", ".join(forbidden),
            expected="marts, cross-checks, or core tables other than published_figure",
            todo="read figure_in_force, which leaves out what a report under review says",
        )
    return claim


def claim_rows(claims: dict[str, Claim]) -> list[dict[str, Any]]:
    """The table `claim`."""
    return [claim.row(name) for name, claim in claims.items()]


def findings(claims: dict[str, Claim], reader: Reader) -> list[dict[str, Any]]:
    """The table `claim_finding`: every claim tested on a publication or a candidate.

    Raises `BadInput` that names the claim whose test fails, gives other than one row, a verdict without a
    sentence, or a sentence with a figure that the test does not give.
    """
    return [_finding(name, claim, reader) for name, claim in claims.items()]


def evidence(claims: dict[str, Claim], reader: Reader) -> list[dict[str, Any]]:
    """The table `claim_evidence`: the rows that each claim rests on.

    Raises `BadInput` that names the claim whose condition fails.
    """
    found = []
    for name, claim in claims.items():
        for table, condition in claim.rests_on.items():
            decisive = statement(
                "select {key} as figure_key from {table} as t where ({condition})",
                key=Sql(key_text(TABLES[table], "t")),
                table=table,
                condition=Sql(condition),
            )
            try:
                keys = reader.query(decisive)["figure_key"].to_pylist()
            except BadStatement as error:
                raise BadInput(
                    "a condition of a claim failed",
                    file=f"{name}.yml",
                    column=f"rests_on: {table}",
                    found=shorten(str(error), 300),
                    expected="what follows a WHERE",
                    todo="fix the claim's file",
                ) from error
            found += [{"claim": name, "mart": table, "figure_key": key} for key in keys]
    return found


def _finding(name: str, claim: Claim, reader: Reader) -> dict[str, Any]:
    def wrong(problem: str, found: object, expected: str) -> BadInput:
        return BadInput(
            problem,
            file=f"{name}.yml",
            column="sql",
            found=found,
            expected=expected,
            todo="fix the claim's file",
        )

    try:
        rows = reader.query(claim.sql).to_pylist()
    except BadStatement as error:
        raise wrong("the test of a claim failed", shorten(str(error), 300), "one SELECT") from error
    if len(rows) != 1 or "verdict" not in rows[0]:
        raise wrong(
            "the test of a claim gave no verdict", f"{len(rows)} rows", "one row with a column verdict"
        )
    figures = {key: value for key, value in rows[0].items() if key != "verdict"}
    verdict = rows[0]["verdict"]
    if verdict not in claim.sentences:
        raise wrong("a verdict without a sentence", verdict, ", ".join(claim.sentences))
    words = claim.sentences[verdict]
    named = {part[1] for text in (words.en, words.zh) for part in _Sentence().parse(text) if part[1]}
    undecided = verdict in ("open", "not_checkable")
    if undecided and named and all(name in figures and figures[name] is None for name in named):
        words = _NOT_YET  # A vintage so early that nothing the sentence speaks of had been published
    try:
        said = {
            language: _Sentence().vformat(getattr(words, language).strip(), (), figures)
            for language in ("en", "zh")
        }
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise wrong(
            f"the sentence of the verdict {verdict} cannot be written",
            error,
            f"figures among {', '.join(figures)}",
        ) from error
    missing = claim.missing.get(verdict)
    return {
        "claim": name,
        "verdict": verdict,
        "sentence_en": said["en"],
        "sentence_zh": said["zh"],
        "evidence": json.dumps({k: _plain(v) for k, v in figures.items()}, ensure_ascii=False),
        "missing_en": None if missing is None else missing.en.strip(),
        "missing_zh": None if missing is None else missing.zh.strip(),
    }


class _Sentence(string.Formatter):
    """Numbers in the words of a sentence; a figure that is null cannot be part of one."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if value is None:
            raise ValueError("a figure of the sentence is null")
        if format_spec == "m":
            return f"{float(value) / 1e6:,.2f} million"
        if format_spec == "wan":
            return f"{float(value) / 1e4:,.1f}万"
        return format(value, format_spec)


def _plain(value: Any) -> Any:
    """For JSON, and the same on every database, whose quotients differ in the last digits."""
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else float(f"{float(value):.10g}")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
