#!/usr/bin/env python3
"""The catalogues of `src/fleetstats/locale/`, brought up to date with the sentences in the code: `make words`.

What is new has no translation yet, and what is no longer said is taken out; a translation is never guessed. With the
names of languages as arguments, catalogues for them are begun.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from fleetstats.core.words import LOCALE, SOURCE, catalogue_file, languages

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "fleetstats"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    # Of `core/words`, and `w` of the page's templates: which argument is the text, the plural, the context (c)
    "say": None,
    "message": None,
    "w": None,
    "in_all": None,
    "say_in": ((1, "c"), 2),
    "message_in": ((1, "c"), 2),
    "say_counted": (1, 2),
    "counted": (1, 2),
}
HEADER = """\
# Sentences of fleetstats in another language. After a change of the code: `make words`, then translate what is empty.
msgid ""
msgstr ""
"Project-Id-Version: fleetstats\\n"
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
"""Without a day or the name of a tool, so that the same sentences give the same file."""
NOTES = ("may use:", "may leave out:")
"""Comments above a call that are for translators: slots that are filled too, or that need not be used."""


Found = tuple[int, str, str | tuple[str, ...], list[str]]


def sentences(
    file: BinaryIO, keywords: Collection[str], tags: Collection[str], **_: object
) -> Iterator[Found]:
    """What the calls of Python code say: line, function, texts and notes. Babel's own reader overlooks calls in calls.

    Raises `ValueError` for a text that is put together where it is said: nobody could translate it.
    """
    source = file.read().decode()
    lines = source.splitlines()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        if name not in keywords:
            continue
        if any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args):
            raise ValueError(f"{file.name}, line {node.lineno}: the text of {name}() is not one literal")
        texts = tuple(
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        )
        if texts:
            notes, line = [], node.lineno - 2
            while line >= 0 and lines[line].strip().startswith("#"):
                note = lines[line].strip("# ")
                notes += [note] if note.startswith(tuple(tags)) else []
                line -= 1
            yield node.lineno, str(name), texts if len(texts) > 1 else texts[0], notes


def _sources() -> Iterator[tuple[Any, Path]]:
    for method, pattern in ((sentences, "*.py"), ("jinja2", "*.j2")):
        for path in sorted(PACKAGE.rglob(pattern)):
            yield method, path


def template() -> Catalog:
    """Every sentence that the code says, in the order of the files, with the notes for translators."""
    catalogue = Catalog(project="fleetstats", charset="utf-8")
    for method, path in _sources():
        with path.open("rb") as file:
            found = extract(
                method,
                file,
                keywords=KEYWORDS,
                comment_tags=NOTES,
                options={"encoding": "utf-8", "trim_blocks": "true", "lstrip_blocks": "true"},
            )
            for _, text, notes, context in found:
                place = (path.relative_to(PACKAGE).as_posix(), 0)
                catalogue.add(text, locations=[place], auto_comments=notes, context=context)
    return catalogue


def updated(language: str, found: Catalog) -> bytes:
    """The catalogue of a language as it has to be: every sentence that is said, and no other."""
    path = catalogue_file(LOCALE, language)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    else:
        catalogue = Catalog(locale=language, project="fleetstats", charset="utf-8")
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    out = io.BytesIO()
    out.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
    write_po(out, catalogue, width=110, omit_header=True, include_lineno=False)
    return out.getvalue().rstrip() + b"\n"


def main(new: list[str]) -> None:
    """Write the catalogue of each language that there is, and of new ones."""
    found = template()
    for language in dict.fromkeys([*languages(), *new]):
        if language == SOURCE:
            continue
        path = catalogue_file(LOCALE, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(language, found))
        print(path.relative_to(ROOT))  # noqa: T201 - it is a command


if __name__ == "__main__":
    main(sys.argv[1:])
