"""The filings that are held, and the reviewed tables beside them; may import `core`."""
