"""Past vintages forecast again, and how forecasts did; may import `engine` and `core`."""
