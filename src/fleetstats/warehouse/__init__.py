"""Where publications are built and kept; one module per database."""
