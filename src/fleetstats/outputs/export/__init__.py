"""A publication as files that other programs read; may import what `outputs` may, but not `report`."""
