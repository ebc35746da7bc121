"""What a publication is built from, as one hash: filings, code, reviewed tables, libraries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import fleetstats
from fleetstats.filings.filing import Held

_LIBRARIES = ("duckdb", "pyarrow", "great-expectations")


def code_sha256(*folders: Path) -> str:
    """A hash over the package's code, these folders (SQL, expectations), and the libraries' versions."""
    package = Path(fleetstats.__file__).resolve().parent
    digest = hashlib.sha256()
    for root, patterns in (
        (package, ("*.py", "*.j2")),
        *((folder, ("*.sql", "*.json")) for folder in folders),
    ):
        for path in sorted(
            p
            for pattern in patterns
            for p in root.rglob(pattern)
            if "_packaged" not in p.parts or root != package
        ):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library}=={version(library)}\0".encode())
    return digest.hexdigest()


def fingerprint(held: Iterable[Held], code: str, reviewed: str, as_of: date | None) -> str:
    """A hash over everything that decides what a publication contains."""
    parts = {
        "code": code,
        "reviewed": reviewed,
        "as_of": None if as_of is None else as_of.isoformat(),
        "filings": [[h.filing.model_dump_json(), h.sha256, h.read_as] for h in held],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def publication_id(of: str) -> str:
    """The short name of the publication with this fingerprint."""
    return f"pub-{of[:16]}"
