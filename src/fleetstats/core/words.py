"""The words of each language: sentences with named slots from its catalogue, and its habits with numbers and lists.

English is the source: what the code says is the sentence. `locale/<language>/LC_MESSAGES/fleetstats.po` has it in
another language, with the same slots. A language is offered where it has a folder in `locale/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fleetstats.core.errors import BadArgument
from fleetstats.core.habits import FILE, Habits, read_habits

if TYPE_CHECKING:
    from gettext import NullTranslations

LOCALE = Path(__file__).parents[1] / "locale"
SOURCE = "en"
"""The language of the sentences in the code."""


class Sayable(Protocol):
    """What is said differently in each language."""

    def said(self, words: Words) -> str:
        """In the language of `words`."""


Said = str | Sayable
"""Words for a reader: the same in all languages, or not."""


@dataclass(frozen=True)
class Message:
    """A sentence of the source language. Its slots are filled when it is said, in the language it is said in."""

    text: str
    slots: Mapping[str, object] = field(default_factory=dict)
    context: str | None = None
    plural: str | None = None
    number: int = 0

    def said(self, words: Words) -> str:
        """In the language of `words`, with its slots filled."""
        return words.translated(self).format(**{name: words.of(value) for name, value in self.slots.items()})


def message(text: str, /, **slots: object) -> Message:
    """A sentence with named slots, for whoever knows the language."""
    return Message(text, slots)


def message_in(context: str, text: str, /, **slots: object) -> Message:
    """A sentence that needs to be told apart from an equal one: `context` says where it stands."""
    return Message(text, slots, context)


def counted(one: str, many: str, n: int, /, **slots: object) -> Message:
    """A sentence about `n` things, in the form that the language has for that number; `{n}` is the number."""
    return Message(one, {"n": f"{n:,}", **slots}, plural=many, number=n)


@dataclass(frozen=True)
class Named:
    """A name that the data have in several languages, by language; in others it is that of the source language."""

    names: Mapping[str, str]

    def said(self, words: Words) -> str:
        """In the language of `words`."""
        return self.names.get(words.language) or self.names[SOURCE]


@dataclass(frozen=True)
class Written:
    """A number, a day or a list that each language writes in its own way."""

    write: Callable[[Words], str]

    def said(self, words: Words) -> str:
        """In the language of `words`."""
        return self.write(words)


class Words:
    """One language: its catalogue and its habits."""

    def __init__(self, language: str, habits: Habits, catalogue: NullTranslations) -> None:
        self.language = language
        self.habits = habits
        self._catalogue = catalogue

    def say(self, text: str | Sayable, /, **slots: object) -> str:
        """A sentence in this language: of the source language with its slots, or one that was made before."""
        return self.of(message(text, **slots) if isinstance(text, str) else text)

    def say_in(self, context: str, text: str, /, **slots: object) -> str:
        """A sentence that needs to be told apart from an equal one: `context` says where it stands."""
        return self.of(message_in(context, text, **slots))

    def say_counted(self, one: str, many: str, n: int, /, **slots: object) -> str:
        """A sentence about `n` things; `{n}` is the number."""
        return self.of(counted(one, many, n, **slots))

    def of(self, value: object) -> str:
        """A value for a slot: what is said differently is said in this language, anything else is as it is."""
        return value.said(self) if hasattr(value, "said") else str(value)

    def translated(self, wanted: Message) -> str:
        """A sentence of this language, its slots still empty."""
        if wanted.plural is None:
            if wanted.context is None:
                return self._catalogue.gettext(wanted.text)
            return self._catalogue.pgettext(wanted.context, wanted.text)
        if wanted.context is None:
            return self._catalogue.ngettext(wanted.text, wanted.plural, wanted.number)
        return self._catalogue.npgettext(wanted.context, wanted.text, wanted.plural, wanted.number)


def name_in_data(row: Mapping[str, Any], prefix: str, otherwise: str) -> Named:
    """The name that a row has in columns such as `name_en` and `name_zh`, or `otherwise` where it has none."""
    names = {language: row.get(f"{prefix}_{language}") for language in languages()}
    known = {language: str(name) for language, name in names.items() if name}
    return Named({SOURCE: otherwise, **known})


def languages() -> tuple[str, ...]:
    """The languages that are offered, the source language first."""
    return _languages(LOCALE)


def words_in(language: str) -> Words:
    """The words of a language, read once. Raises `BadArgument` for one that is not offered."""
    return _words(LOCALE, language)


@lru_cache
def _languages(folder: Path) -> tuple[str, ...]:
    found = sorted(path.parent.name for path in folder.glob(f"*/{FILE}"))
    return (SOURCE, *(language for language in found if language != SOURCE))


@lru_cache
def _words(folder: Path, language: str) -> Words:
    if language not in _languages(folder):
        raise BadArgument(
            f"there is no language {language!r}\n  expected: {', '.join(_languages(folder))}\n"
            "  to do:    add it as CONTRIBUTING.md says under “Add a language”"
        )
    habits = read_habits(folder / language / FILE)
    return Words(language, habits, _catalogue(folder, language))


def catalogue_file(folder: Path, language: str) -> Path:
    """Where the sentences of a language are."""
    return folder / language / "LC_MESSAGES" / "fleetstats.po"


def _catalogue(folder: Path, language: str) -> NullTranslations:
    if language == SOURCE:
        from gettext import NullTranslations

        return NullTranslations()
    from fleetstats.core.po_file import translations

    return translations(catalogue_file(folder, language))
