"""What the commands share: their common options, the settings, and how an answer is written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The warehouse as it could be known on this day."),
]
Wait = Annotated[
    float,
    typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for another build to end."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]


def settings() -> Settings:
    """The settings of the environment; `ConfigurationError` says which one cannot be used."""
    from pydantic import ValidationError

    from fleetstats.core.errors import ConfigurationError
    from fleetstats.core.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(f"a setting cannot be used\n  found:    {error}") from error


def tell(value: Any, words: list[str], as_json: bool, quiet: bool = False) -> None:
    """Write the value as JSON for programs, or the words for people."""
    if as_json:
        from fleetstats.core.formats import to_json

        typer.echo(to_json(value))
    elif not quiet:
        for line in words:
            typer.echo(line)


def parse_day(value: datetime | None) -> Any:
    return None if value is None else value.date()
