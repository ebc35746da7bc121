"""The ground: units, periods, errors, settings, files and the field dictionary; imports nothing of fleetstats."""
