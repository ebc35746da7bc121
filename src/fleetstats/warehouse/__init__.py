"""Core tables, marts, lineage and ledgers, on one engine each; may import `sources`, `filings` and `core`."""
