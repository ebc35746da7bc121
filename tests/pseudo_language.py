"""A language made of the sentences themselves, each between brackets: what has none was never given to translators."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from babel.messages.pofile import write_po

from fleetstats.core.words import LOCALE, SOURCE, catalogue_file
from scripts.catalogues import HEADER, template

CODE, TAG = "xx", "xx-brackets"
OPEN, CLOSE = "⟦", "⟧"


def marked(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


def make(folder: Path) -> Path:
    """A folder of languages in `folder`: English, Chinese and the one in brackets."""
    shutil.copytree(LOCALE, folder)
    catalogue = template()
    for entry in catalogue:
        if entry.id:
            plural = isinstance(entry.id, list | tuple)
            entry.string = tuple(map(marked, entry.id)) if plural else marked(str(entry.id))
    out = io.BytesIO(HEADER.format(language=CODE, plurals="nplurals=2; plural=(n != 1);").encode())
    out.seek(0, io.SEEK_END)
    write_po(out, catalogue, omit_header=True)
    path = catalogue_file(folder, CODE)
    path.parent.mkdir(parents=True)
    path.write_bytes(out.getvalue())
    habits = (folder / SOURCE / "habits.toml").read_text("utf-8")
    habits = habits.replace('tag = "en"', f'tag = "{TAG}"').replace('name = "English"', 'name = "[xx]"')
    months = re.compile(r'"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*)"')
    habits = months.sub(lambda found: f'"{marked(found[1])}"', habits)
    habits = re.sub(
        r'"(\w+ quarter of \{year\})"', lambda found: f'"{marked(found[1])}"', habits, flags=re.IGNORECASE
    )
    habits = habits.replace('last_item = " and "', f'last_item = "{marked(" and ")}"')
    (folder / CODE / "habits.toml").write_text(habits, encoding="utf-8")
    return folder


def untranslated(said: Iterable[str], data: Iterable[str]) -> list[str]:
    """What of these words stands in no brackets and is no data: letters that a translator never saw.

    Lines of one text follow each other in `said`. Numbers, their suffixes and codes of quarters are no words.
    """
    rest = "\n".join(said)
    before = None
    while rest != before:
        before, rest = rest, re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*(?:{CLOSE}|…)", "", rest)
    rest = re.sub(r"\s+", " ", rest.replace("\n", " "))
    known_names = sorted({*data}, key=len, reverse=True)
    for known in known_names:
        for text in {known, known.replace("_", " ")}:
            if re.search(r"[^\W\d]", text):
                rest = rest.replace(text, " ")
    rest = re.sub(r"\b\d{4}Q\d\b|(?<![^\W\d])\d[\d,.]*[MKB]?(?![^\W\d])", " ", rest)
    for short in re.findall(r"(\w+)…", rest):  # a name that has no room
        if any(name.startswith(short) for name in known_names):
            rest = rest.replace(f"{short}…", " ")
    return re.findall(r"[^\W\d_][\w'’.-]*", rest)
