"""NHTSA's crash reports under its Standing General Order; may import what readers share, `filings` and `core`."""
