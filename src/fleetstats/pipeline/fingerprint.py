"""What a publication is built from, as one hash: filings, reviewed tables, the code that makes figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date

from fleetstats.core.code import code_sha256
from fleetstats.core.settings import packaged_folders
from fleetstats.filings.filing import Held

_LIBRARIES = ("duckdb", "pyarrow", "great-expectations")
_BUILDS = ("fleetstats.pipeline.build", "fleetstats.sources", "fleetstats.quality.kilometres")
"""What makes figures: the build and all that it imports, every reader, and the expectation that is loaded by name."""


def build_code_sha256() -> str:
    """A hash over the code that decides what a publication contains: no chart, page, command or download."""
    folders = (*packaged_folders("sql"), *packaged_folders("expectations"))
    return code_sha256(_BUILDS, folders=folders, libraries=_LIBRARIES)


def fingerprint(held: Iterable[Held], code: str, reviewed: str, as_of: date | None) -> str:
    """A hash over everything that a publication is built from; the ledgers that it shows are in its name."""
    parts = {
        "code": code,
        "reviewed": reviewed,
        "as_of": None if as_of is None else as_of.isoformat(),
        "filings": [[h.filing.model_dump_json(), h.sha256, h.read_as] for h in held],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
