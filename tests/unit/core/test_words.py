"""Catalogues are whole, current and keep their slots; sentences are said with them."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from fleetstats.cli.outputs import offered
from fleetstats.core import words as core_words
from fleetstats.core.errors import BadArgument, BadInput, ConfigurationError
from fleetstats.core.habits import read_habits
from fleetstats.core.po_file import Entry, read_po, translations
from fleetstats.core.words import (
    LOCALE,
    SOURCE,
    Named,
    Words,
    Written,
    catalogue_file,
    counted,
    languages,
    message,
    message_in,
    name_in_data,
    words_in,
)
from scripts.catalogues import template, updated

TRANSLATED = [language for language in languages() if language != SOURCE]
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def noted(entry: Entry, kind: str) -> set[str]:
    found = [re.match(rf"{kind}: ([\w, ]+)", note) for note in entry.notes]
    return {name.strip() for match in found if match for name in match[1].split(",")}


# The catalogues that there are


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_current(language: str) -> None:
    assert updated(language, template()).decode() == catalogue_file(LOCALE, language).read_text("utf-8"), (
        "the code says other sentences: make words"
    )


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_whole_and_keeps_its_slots(language: str) -> None:
    for entry in read_po(catalogue_file(LOCALE, language))[1:]:
        assert all(entry.said.values()), f"not translated: {entry.text}"
        assert "fuzzy" not in entry.flags, entry.text
        own = slots(entry.text) | slots(entry.plural or "")
        for said in entry.said.values():
            used = slots(said)
            assert used <= own | noted(entry, "may use"), entry.text
            assert used >= own - noted(entry, "may leave out") or noted(entry, "may use"), entry.text


def test_no_sentence_is_written_in_a_language_other_than_the_source() -> None:
    """Data in Chinese are told by their code; a text in another script belongs into a catalogue."""
    package = LOCALE.parent
    for path in [p for room in ("charts", "outputs/report", "cli") for p in (package / room).rglob("*")]:
        if path.suffix in (".py", ".j2", ".js", ".css") and path.name != "noa_chips.py":
            text = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text("utf-8"))
            assert not re.search(r"[\u3400-\u9fff]", text), path


def test_words_are_read_without_a_library_of_ours(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from fleetstats.core.words import words_in; "
        "assert words_in('zh').say('Running total') == '累计'; "
        "print(sorted({'babel', 'numpy', 'pydantic', 'typer'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"


# How sentences are said


def test_a_sentence_has_its_slots_in_each_language() -> None:
    name = name_in_data({"operator_en": "Baidu", "operator_zh": "百度"}, "operator", "baidu")
    said = message(
        "{operator} had driven {distance}", operator=name, distance=message("{amount} km", amount="5")
    )
    assert words_in("en").of(said) == "Baidu had driven 5 km"
    assert words_in("zh").of(said) == "百度，5公里"


def test_plural_and_context() -> None:
    en, zh = words_in("en"), words_in("zh")
    assert [en.say_counted("{n} other", "{n} others", n) for n in (1, 1200)] == ["1 other", "1,200 others"]
    assert zh.of(counted("{n} other", "{n} others", 2)) == "其他2家"
    assert zh.of(message_in("unit", "cars")) == "辆"
    assert zh.say_in("cars", "{amount}", amount=3) == "3辆"


def test_a_name_that_the_data_lack_is_that_of_the_source_language() -> None:
    nameless = name_in_data({"operator_en": None, "operator_zh": None}, "operator", "some firm")
    assert words_in("zh").of(nameless) == "some firm"
    assert words_in("zh").of(Named({"en": "Waymo"})) == "Waymo"
    assert words_in("zh").of(Written(lambda words: words.habits.items(["A", "B"]))) == "A、B"


def test_braces_in_data_are_no_slots() -> None:
    assert words_in("en").say("{operator}: {rates}", operator="{rates}", rates="{0}") == "{rates}: {0}"


def test_a_language_that_is_not_offered_says_which_are() -> None:
    with pytest.raises(BadArgument, match=r"there is no language 'tlh'\n.*en, zh"):
        words_in("tlh")


# Files


def catalogue(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "fleetstats.po"
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def test_what_translators_write_is_read(tmp_path: Path) -> None:
    path = catalogue(
        tmp_path,
        '# a remark\n#. may use: n\n#: charts/orders.py\nmsgctxt "a"\nmsgid "one "\n"two"\n'
        'msgstr "eins "\n"\\"zwei\\"\\n"\n\n'
        'msgid "{n} car"\nmsgid_plural "{n} cars"\nmsgstr[0] "{n} Auto"\nmsgstr[1] "{n} Autos"\n\n'
        '#, fuzzy, python-brace-format\nmsgid "guess"\nmsgstr "Vermutung"\n\nmsgid "empty"\nmsgstr ""\n\n'
        '#~ msgid "gone"\n#~ msgstr "weg"\n',
    )
    first, cars, guess, empty = read_po(path)[1:]
    assert (first.context, first.text, first.notes) == ("a", "one two", ["may use: n"])
    assert first.said == {0: 'eins "zwei"\n'}
    assert cars.said == {0: "{n} Auto", 1: "{n} Autos"}
    assert guess.flags == {"fuzzy", "python-brace-format"}
    assert empty.said == {0: ""}
    german = Words("de", words_in("en").habits, translations(path))
    assert german.say_in("a", "one two") == 'eins "zwei"\n'
    assert [german.say_counted("{n} car", "{n} cars", n) for n in (1, 2)] == ["1 Auto", "2 Autos"]
    assert [german.say(text) for text in ("guess", "empty", "gone", "one two")] == [
        "guess", "empty", "gone", "one two",
    ]  # fmt: skip


@pytest.mark.parametrize("line", ['msgid "open', "msgid nothing", 'msgstr "a" + "b"', "msgstr 5"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadInput, match=r"fleetstats\.po, record 6") as caught:
        translations(catalogue(tmp_path, line + "\n"))
    assert "make words" in str(caught.value)


@pytest.mark.parametrize("text", ["", "name = 5", 'name = "a"\nscales = [{ from = 1 }]', "[", None])
def test_habits_that_lack_something_say_where(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "habits.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(str(path))):
        read_habits(path)


def test_a_folder_makes_a_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import pseudo_language

    monkeypatch.setattr(core_words, "LOCALE", pseudo_language.make(tmp_path / "locale"))
    assert languages() == ("en", "xx", "zh")
    assert words_in("xx").say("Running total") == "⟦Running total⟧"
    assert words_in("zh").say("Running total") == "累计"
    assert offered() == ("zh", "xx", "en", "both"), "what chart --lang takes"
