"""Catalogues as translators keep them (gettext's .po), made ready for `gettext` in memory.

A checkout, an editable install and a wheel all carry the one file that people edit. Nothing is compiled beforehand, so
no compiled file can be older than its source. Reading 500 sentences takes a fiftieth of a second, once, where words
are needed.
"""

from __future__ import annotations

import ast
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations
from pathlib import Path

from fleetstats.core.errors import BadInput

_MAGIC = 0x950412DE


@dataclass
class Entry:
    """One message: its text in the source language, and `said`, one text for each plural form."""

    line: int
    context: str | None = None
    text: str = ""
    plural: str | None = None
    said: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """As gettext looks it up."""
        key = self.text if self.plural is None else f"{self.text}\0{self.plural}"
        return key if self.context is None else f"{self.context}\x04{key}"


def read_po(path: Path) -> list[Entry]:
    """The entries of a catalogue, the header (an empty text) too. Raises `BadInput` for a line that is none."""
    entries: list[Entry] = []
    entry, last = Entry(0), ("", 0)
    for number, line in _lines(path):
        keyword, _, rest = line.partition(" ")
        if line.startswith("#"):
            if entry.said:
                entries.append(entry)
                entry = Entry(number)
            if keyword == "#.":
                entry.notes.append(rest)
            elif keyword == "#,":
                entry.flags |= {flag.strip() for flag in rest.split(",")}
            continue
        if line.startswith('"'):
            rest = line
        else:
            if entry.said and keyword in ("msgctxt", "msgid"):
                entries.append(entry)
                entry = Entry(number)
            name, _, form = keyword.partition("[")
            last = (name, int(form.rstrip("]") or 0))
        _add(entry, last, _unquoted(path, number, rest))
    return [*entries, entry] if entry.said else entries


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#~"):  # what is no longer used
            yield number, line.strip()


def _unquoted(path: Path, number: int, text: str) -> str:
    try:
        value = ast.literal_eval(text)  # PO strings are written as C's, whose escapes Python's contain
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise BadInput(
            "a line of a catalogue cannot be read",
            file=path,
            record=number,
            found=text,
            expected='msgctxt, msgid, msgid_plural or msgstr, and a text in quotation marks ("...")',
            todo="fix the line, or make the catalogue again with `make words`",
        )
    return value


def _add(entry: Entry, to: tuple[str, int], text: str) -> None:
    name, form = to
    if name == "msgctxt":
        entry.context = (entry.context or "") + text
    elif name == "msgid":
        entry.text += text
    elif name == "msgid_plural":
        entry.plural = (entry.plural or "") + text
    else:
        entry.said[form] = entry.said.get(form, "") + text


def translations(path: Path) -> GNUTranslations:
    """A catalogue as `gettext` uses it. What is not translated, or only guessed (fuzzy), is left out."""
    said = {
        entry.key: "\0".join(entry.said[form] for form in sorted(entry.said))
        for entry in read_po(path)
        if all(entry.said.values()) and "fuzzy" not in entry.flags
    }
    return GNUTranslations(io.BytesIO(_compiled(said)))


def _compiled(said: dict[str, str]) -> bytes:
    """The bytes of a .mo file: a header, two tables of lengths and places, and the texts."""
    keys = sorted(said)
    texts = [key.encode() for key in keys] + [said[key].encode() for key in keys]
    header = struct.pack("<7I", _MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    place, table = 28 + 16 * len(keys), []
    for text in texts:
        table.append(struct.pack("<2I", len(text), place))
        place += len(text) + 1
    return header + b"".join(table) + b"".join(text + b"\0" for text in texts)
