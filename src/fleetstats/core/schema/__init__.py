"""The field dictionary: every table and column with type, unit and description, once; imports `core` only."""
