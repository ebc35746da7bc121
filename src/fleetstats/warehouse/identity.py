"""The name of a publication: two contents never share one, and the same inputs and ledgers lead to the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_OF_THE_RUN = {
    "run_id",
    "forecast_run_id",
    "publication_id",
    "made_at",
    "scored_at",
    "sequence",
    "row_sha256",
}
"""What a row says of the run that wrote it: another run that finds the same writes other values."""

_ROWS_AT_ONCE = 1 << 16


def publication_id(fingerprint: str, ledgers: Mapping[str, pa.Table]) -> str:
    """The name of the publication built of these inputs that shows these chained ledgers.

    `fingerprint` covers filings, reviewed tables and code. Each ledger is covered to its head, in the order of its
    rows, but for what rows say of their run. Ledgers that grow with every run are no part of the name.
    """
    digest = hashlib.sha256(fingerprint.encode())
    for name in sorted(ledgers):
        digest.update(f"\0{name}\0".encode() + _content_sha256(name, ledgers[name]))
    return f"pub-{digest.hexdigest()[:16]}"


def _content_sha256(name: str, table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.csv

    digest = hashlib.sha256()
    columns = [column for column in TABLES[name].columns if column not in _OF_THE_RUN]
    for batch in table.select(columns).combine_chunks().to_batches(max_chunksize=_ROWS_AT_ONCE):
        sink = pa.BufferOutputStream()
        pa.csv.write_csv(batch, sink, pa.csv.WriteOptions(include_header=False))
        digest.update(sink.getvalue())
    return digest.digest()
