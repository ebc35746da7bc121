"""Forecasts of arrays: models, calibration, combination; no database, no file, and nothing of fleetstats but itself."""
