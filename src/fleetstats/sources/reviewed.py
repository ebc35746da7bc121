"""The reviewed tables that readers and the build rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.core.settings import Settings, added_folders
from fleetstats.filings.corrections import (
    CORRECTIONS_FILE,
    Correction,
    corrections_of,
    corrections_of_digest,
    load_corrections,
)
from fleetstats.filings.filing import Held
from fleetstats.filings.operators import OperatorTable, load_operators
from fleetstats.sources.registry import CLAIMS, codes, packaged_folder
from fleetstats.sources.staged import Context


@dataclass(frozen=True)
class Reviewed:
    """All reviewed tables, packaged and the user's own, as the readers and the build need them."""

    data: Path
    landed: Path

    @classmethod
    def open(cls, settings: Settings) -> Reviewed:
        """The reviewed tables that ship with fleetstats, and the user's own."""
        return cls(settings.data, settings.landed)

    def folders(self, code: str) -> tuple[Path, ...]:
        """Where reviewed tables of a source, or of the claims, lie; later ones add to earlier ones."""
        return (packaged_folder(code, self.data / "raw"), self.landed / code)

    @property
    def data_folders(self) -> tuple[Path, ...]:
        """Where reviewed tables of no one source lie, but the user's own: packaged, and of registered sources."""
        return (self.data, *added_folders("data"))

    @cached_property
    def operators(self) -> OperatorTable:
        """operators.csv and operator_names.csv."""
        return load_operators([*self.data_folders, self.landed])

    @cached_property
    def _corrections(self) -> dict[str, list[Correction]]:
        return {
            code: load_corrections(folder / CORRECTIONS_FILE for folder in self.folders(code))
            for code in codes()
        }

    def corrections(self, code: str) -> list[Correction]:
        """corrections.yml of a source."""
        return self._corrections[code]

    def context(self, held: Held) -> Context:
        """What the reader of a filing is given."""
        code, filing = held.filing.source, held.filing
        ours = corrections_of_digest(self.corrections(code), filing.sha256)
        return Context(
            held=held,
            operators=self.operators,
            corrections=tuple(corrections_of(self.corrections(code), held.hashes)),
            folders=self.folders(code),
            row_corrections=tuple(ours if filing.status == "digest" else ()),
        )

    def verify(self, catalogue: Iterable[Held]) -> None:
        """Raise `BadInput` for what would stop a build later: a filing of no known source, operators that
        cannot be read, a correction for a file that no filing is, or in favour of an operator that is none."""
        hashes: dict[str, set[str]] = {code: set() for code in codes()}
        digests: set[str] = set()
        for held in catalogue:
            if held.filing.source not in hashes:
                raise BadInput(
                    "a filing of an unknown source",
                    file=held.folder / "filing.yml",
                    column="source",
                    found=held.filing.source,
                    expected=", ".join(codes()),
                    todo="move the filing's folder to its source, or remove it",
                )
            hashes[held.filing.source] |= set(held.hashes)
            if held.filing.status == "digest":
                digests.add(held.filing.sha256)
        for code, known in hashes.items():
            for correction in self.corrections(code):
                self._verify_correction(correction, code, known, digests)

    def _verify_correction(
        self, correction: Correction, code: str, originals: set[str], digests: set[str]
    ) -> None:
        path = self.landed / code / CORRECTIONS_FILE
        ours = correction.digest is not None
        if (correction.digest if ours else correction.original) not in (digests if ours else originals):
            raise BadInput(
                "a correction for a file that no filing is",
                file=path,
                column=correction.addresses,
                found=f"{correction.digest or correction.original} ({correction.file})",
                expected=f"the sha256 of {'a digest' if ours else 'the file'} of a filing",
                todo="look whether the digest was made again, and fix or remove the correction"
                if ours
                else "add the file, or fix or remove the correction",
            )
        if correction.operator is not None and correction.operator not in self.operators.operators:
            raise BadInput(
                "a correction gives a record to an operator that there is not",
                file=path,
                record=correction.records[0],
                column="operator",
                found=f"{correction.operator} ({correction.file})",
                expected="the code of an operator",
                todo="fix the code, or add the operator to operators.csv; fleetstats sql "
                '"select operator, name_en from operator" lists them',
            )

    def files(self) -> list[Path]:
        """Every reviewed file there is: a change of one is a change of what is built."""
        found = [p for root in (*self.data_folders, self.landed) for p in sorted(root.glob("*.csv"))]
        for code in (*codes(), CLAIMS):
            for folder in self.folders(code):
                found += _reviewed_files(folder)
        return found

    @cached_property
    def sha256(self) -> str:
        """A hash over every reviewed file."""
        return _sha256(self.files())

    def sha256_of(self, source: str) -> str:
        """A hash over the reviewed files of one source."""
        return _sha256(path for folder in self.folders(source) for path in _reviewed_files(folder))


def _reviewed_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix in (".csv", ".yml"))


def _sha256(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
