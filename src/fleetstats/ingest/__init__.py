"""From a publisher's server to staged tables; may import `sources`, `filings` and `core`."""
