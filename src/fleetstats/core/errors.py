"""What can go wrong, sorted by who can fix it; each kind has its own exit code.

A message names file, record, column, what was found, what was expected and what to do.
Anything that is not a `FleetstatsError` is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from typing import Any

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_CHECKS_FAILED = 3
EXIT_BAD_INPUT = 4
EXIT_CONFIGURATION = 5
EXIT_LOCKED = 6
EXIT_DOWNLOAD_FAILED = 7
EXIT_DIFFERENT = 8

EXIT_CODES: dict[int, str] = {
    EXIT_DONE: "done, or nothing had changed",
    EXIT_BUG: "a fault in fleetstats itself: please report the traceback",
    EXIT_USAGE: "the command line, or the SQL on it, was not understood",
    EXIT_CHECKS_FAILED: "a critical check failed; the last publication is untouched",
    EXIT_BAD_INPUT: "a filing cannot be used as it is; the last publication is untouched",
    EXIT_CONFIGURATION: "a setting, a folder or the machine is not as it has to be",
    EXIT_LOCKED: "another build or export is running",
    EXIT_DOWNLOAD_FAILED: "a download failed; try again later",
    EXIT_DIFFERENT: "`diff` found a difference",
}


class FleetstatsError(Exception):
    """An error that its reader can fix; `exit_code` tells the shell which kind it is."""

    exit_code = EXIT_BUG


class BadInput(FleetstatsError):
    """A filing, or reviewed data beside it, that cannot be used as it is."""

    exit_code = EXIT_BAD_INPUT

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        record: int | None = None,
        column: str | None = None,
        found: object = None,
        expected: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = str(file) if file is not None else None
        self.record = record
        self.column = column
        self.found = found
        self.expected = expected
        self.todo = todo
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [self.problem]
        place = [
            f"{name} {value}".replace("column --", "option --")
            for name, value in (
                ("file", self.file),
                ("record", self.record),
                ("column", self.column),
            )
            if value is not None
        ]
        if place:
            lines.append("  where:    " + ", ".join(place))
        if self.found is not None:
            lines.append(f"  found:    {shorten(self.found, 400)}")
        if self.expected is not None:
            lines.append(f"  expected: {self.expected}")
        if self.todo is not None:
            lines.append(f"  to do:    {self.todo}")
        return "\n".join(printable(line) for text in lines for line in text.split("\n"))


class ChecksFailed(FleetstatsError):
    """At least one critical check failed, so nothing was published."""

    exit_code = EXIT_CHECKS_FAILED


class BadArgument(FleetstatsError):
    """An argument of a command that names nothing there is."""

    exit_code = EXIT_USAGE


class BadStatement(FleetstatsError):
    """An SQL statement that is not one read-only query on the published tables."""

    exit_code = EXIT_USAGE


class ConfigurationError(FleetstatsError):
    """A setting, a folder or the machine is not as it has to be."""

    exit_code = EXIT_CONFIGURATION


class Unavailable(ConfigurationError):
    """A server that cannot be reached, or went away; another time it may answer."""


class Locked(FleetstatsError):
    """Another build holds the lock."""

    exit_code = EXIT_LOCKED


class Overtaken(Locked):
    """Another build has published since this one began: trying this one again cannot help, a new one can."""


class DownloadFailed(FleetstatsError):
    """The network, or the publisher's server, did not deliver; another time it may."""

    exit_code = EXIT_DOWNLOAD_FAILED


class HostUnreachable(DownloadFailed):
    """No connection to the publisher's server could be made at all."""


def printable(text: str) -> str:
    """`text` with everything a terminal would obey written out."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


_DIRECTIONS = {
    code: f"⟨U+{code:04X}⟩"
    for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C)
}


def without_directions(value: Any) -> Any:
    """A text with its marks and overrides of direction written out: with them a page can show another text than it has.

    Other values stay as they are.
    """
    return value.translate(_DIRECTIONS) if isinstance(value, str) else value


_LONGEST = 5000


def told(error: Exception) -> str:
    """An error for a terminal or a log: what it would obey is written out, and no more than can be read."""
    lines = "\n".join(printable(line) for line in str(error).split("\n"))
    return lines if len(lines) <= _LONGEST else f"{lines[:_LONGEST]} …"


def what_is_wrong(error: Exception) -> str:
    """An error of a library in one line: of a validation, each place with what is wrong there."""
    if not hasattr(error, "errors"):
        return " ".join(str(error).split())
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'the whole'}: {item['msg']}"
        for item in error.errors()
    )


def shorten(value: object, limit: int = 160) -> str:
    """`value` as one printable line of at most `limit` characters, for use in a message."""
    text = value if isinstance(value, str) else repr(value)
    text = printable(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"
