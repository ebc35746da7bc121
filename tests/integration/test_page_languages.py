"""The page says nothing that a translator has not seen, in every language that has a folder."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core import words as core_words
from fleetstats.core.settings import Settings
from fleetstats.outputs.report import build
from fleetstats.warehouse.registry import open_warehouse
from tests import pseudo_language
from tests.dots import one_dot

NAMES = {"fleetstats", "PDF", "PNG", "SHA-256", "English", "[xx]", "CSV"}
"""What is called the same everywhere."""
FILE = re.compile(r"[\w-]+\.(csv|parquet)")
VOID = {"meta", "link", "img", "br", "hr", "input"}


class VisibleWords(HTMLParser):
    """Visible words by the language of the element that they stand in, None outside of any; codes are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.found: dict[str | None, list[str]] = {}
        self.labels: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, given.get("lang") if tag != "html" else None))
        for name in ("alt", "data-xx", "data-en", "data-zh"):
            if name in given:
                self.labels.setdefault(f"{name} {given.get('lang', '')}", []).append(str(given[name]))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(tag in ("script", "style", "code") for tag, _ in self.open) or not data.strip():
            return
        language = next((lang for _, lang in reversed(self.open) if lang), None)
        self.found.setdefault(language, []).append(data)


def strings_of(settings: Settings) -> set[str]:
    """Every text that the publication has in a table: data, which nobody translates."""
    found: set[str] = set()
    with open_warehouse(settings).read() as reader:
        columns = reader.query(
            "select table_name, column_name from information_schema.columns where data_type = 'VARCHAR'"
        ).to_pylist()
        for c in columns:
            rows = reader.query(f'select distinct "{c["column_name"]}" as text from "{c["table_name"]}"')
            found |= {text for text in rows["text"].to_pylist() if text and len(text) < 2000}
    return found


def test_every_word_of_the_page_is_translated(
    from_digests: tuple[Settings, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = from_digests[0]
    monkeypatch.setattr(core_words, "LOCALE", pseudo_language.make(tmp_path / "locale"))
    monkeypatch.setattr("fleetstats.charts.files.render", one_dot)
    monkeypatch.setattr("fleetstats.outputs.report.traces.write_traces", lambda *_: [])
    built = build(settings, "2023Q3", output=tmp_path / "reports", pdf=False)

    seen = VisibleWords()
    seen.feed(built.page.read_text("utf-8"))
    data = {text.strip() for text in strings_of(settings)} | NAMES
    assert all(len(seen.found[lang]) > 1000 for lang in ("en", "zh-CN", pseudo_language.TAG))

    inside = [text.strip() for text in seen.found[pseudo_language.TAG]]
    assert pseudo_language.untranslated(inside, data) == []
    outside = [text.strip(" :;,/·\n") for text in seen.found[None]]
    unknown = {
        text for text in outside
        if text not in data and text.replace(" ", "_") not in data and not FILE.fullmatch(text)
    }  # fmt: skip
    bilingual = {text for text in unknown if "⟦" in text}
    assert {text for text in unknown - bilingual if pseudo_language.untranslated([text], NAMES)} == set()
    for text in bilingual:  # one place for all languages: a title, a label
        assert len(text.replace(" · ", " / ").split(" / ")) == 3, text

    labels = [text for name, texts in seen.labels.items() if "xx" in name for text in texts]
    assert len(labels) > 20
    assert pseudo_language.untranslated(labels, data) == []
    assert len({len(texts) for name, texts in seen.labels.items() if name.startswith("data-")}) == 1

    facts = json.loads((built.folder / "report.json").read_text("utf-8"))
    assert [set(sentence) for sentence in facts["sentences"]] == [{"en", "xx", "zh"}] * 3
    index = (tmp_path / "reports" / "index.html").read_text("utf-8")
    for tag in ("en", "zh-CN", pseudo_language.TAG):
        assert f'data-set-lang="{tag}"' in index
    assert "⟦No quarter has been built yet.⟧" not in index
    assert "⟦current vintage⟧" in index
