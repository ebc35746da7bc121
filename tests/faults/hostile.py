"""Statements that no reader of a warehouse may get through with, one on a line of `hostile_<engine>.sql`.

`{file}`, `{wal}` and `{outside}` stand for the published file, for the log that DuckDB would apply to it, and for a
place in a folder of the test's own.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def statements(engine: str, **places: object) -> list[str]:
    """The statements for an engine, with these places in them."""
    lines = (_HERE / f"hostile_{engine}.sql").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    for name, place in places.items():
        lines = [line.replace(f"{{{name}}}", str(place)) for line in lines]
    return lines
