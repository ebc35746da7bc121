"""Whether what was built may be believed: checks, revisions, claims; may import `ingest`, `warehouse` and below."""
