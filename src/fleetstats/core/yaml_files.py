"""YAML as the project reads it: safe types only, by the C parser where there is one, and within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fleetstats.core.reading import MIB, refuse_unreadable

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_LARGEST = 16 * MIB
_DEEPEST = 40
_MOST_NODES = 1_000_000
_LONGEST_SCALAR = 10_000
"""A number of YAML 1.1 in base 60 costs time by the square of its length."""

_SHORT = 10_000
"""A text of fewer characters cannot be nested so deep that the C parser fails."""


def load_yaml(path: Path) -> Any:
    """The content of a UTF-8 file.

    Raises `BadInput` for what is no regular file or too large; `OSError`, `yaml.YAMLError` or `ValueError` for one that
    is not such YAML: also for one that is nested too deep, or has no end once its aliases are written out.
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
    """Count what a document has once its aliases are written out."""
    nodes = 0
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"an alias of nothing, or of what it stands in: *{event.anchor}")
            nodes += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, nodes))
            nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = nodes - before
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if len(event.value) > _LONGEST_SCALAR:
                raise ValueError(f"a value of {len(event.value):,} characters")
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if len(opened) > _DEEPEST or nodes > _MOST_NODES:
            raise ValueError(f"nested deeper than {_DEEPEST} levels, or more than {_MOST_NODES:,} values")
