"""The warehouse as a DuckDB file, its ledgers as Parquet files; imports what the room shares, and no other engine."""
