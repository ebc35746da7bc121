"""YAML as the project reads it: safe types only, by the C parser where there is one, and within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fleetstats.core.reading import MIB, refuse_unreadable

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_LARGEST = 16 * MIB
_DEEPEST = 40
_SHORT = 10_000
"""A text of fewer characters cannot be nested so deep that the C parser fails."""


def load_yaml(path: Path) -> Any:
    """The content of a UTF-8 file.

    Raises `BadInput` for what is no regular file or too large; `OSError`, `yaml.YAMLError` or `ValueError` for one that
    is not such YAML: also with an alias (a short text with aliases of aliases has no end) and for one nested too deep.
    """
    refuse_unreadable(path, _LARGEST)
    text = path.read_text(encoding="utf-8")
    if "*" in text or len(text) > _SHORT:
        _refuse_endless(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C
    except (AttributeError, KeyError, TypeError, OverflowError, RecursionError) as error:
        # The library's own makers of values fail so: `!!timestamp x`
        raise ValueError(f"a value that cannot be read ({type(error).__name__})") from error


def _refuse_endless(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"an alias, *{event.anchor}: write out what it stands for")  # noqa: TRY004
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"nested deeper than {_DEEPEST} levels")
