"""A number followed back to its records; may import what `outputs` may, but not `report`."""
