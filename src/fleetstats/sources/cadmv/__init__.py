"""The California DMV's mileage and disengagement reports; may import what readers share, `filings` and `core`."""
