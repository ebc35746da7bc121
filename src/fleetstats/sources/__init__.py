"""One module or folder per source, and what readers share; may import `filings` and `core`."""
