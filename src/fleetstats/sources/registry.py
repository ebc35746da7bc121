"""One module per source: bytes of a filing in, tidy tables out. A module knows its format and nothing else.

Each has `read(context) -> Staged`; a source whose originals are not ours to ship also has
`digest(staged) -> bytes`, the figures of an original as they are shipped in its place. A source whose editions
are not the DMV's has `parse_edition(edition) -> Period`; one whose every edition replaces the one before has
`replaces(edition, editions) -> str | None`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from fleetstats.core.errors import BadInput

SOURCES = (
    "bjrt_mileage",
    "cadmv_disengagement",
    "cadmv_mileage",
    "market_figures",
    "nhtsa_sgo",
    "robotaxi_orders",
)

_MODULES = {"cadmv_disengagement": "cadmv.disengagement", "cadmv_mileage": "cadmv.mileage"}
"""Where the reader of a source is, if not in the module of its name."""

CLAIMS = "dao2024_claims"
"""The folder of the claims under review: no source, since a claim is not evidence."""


def reader(source: str) -> ModuleType:
    """The module of a source; `BadInput` if there is none."""
    if source not in SOURCES:
        raise BadInput(
            "an unknown source",
            column="source",
            found=source,
            expected=", ".join(SOURCES),
            todo="CONTRIBUTING.md says how to add a source",
        )
    return import_module(f"fleetstats.sources.{_MODULES.get(source, source)}")
