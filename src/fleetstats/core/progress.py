"""What long work says while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, str], None]
"""Told the step and what it is at; never needed for the result."""


def silent(step: str, what: str) -> None:
    """Say nothing."""


@contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """Shows the step and what it is at on a terminal; silent in a pipe, with --json and with --quiet."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("starting") as status:
        yield lambda step, what: status.update(f"{step} [dim]{what}[/dim]")
