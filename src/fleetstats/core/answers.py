"""What a command answers: facts for programs, words for people, an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fleetstats.core.errors import (
    EXIT_DONE,
)


@dataclass(frozen=True)
class Answer:
    """The same answer for programs and for people, and the exit code that goes with it."""

    facts: dict[str, Any]
    words: list[str]
    exit_code: int = EXIT_DONE
