"""Forecasts of series in a user's own files; may import `engine`, `evaluation` and `core`."""
