"""Forecasts of published series, as rows of the ledgers; may import `engine`, `evaluation` and the rooms below."""
