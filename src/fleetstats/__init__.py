"""fleetstats: what is published about autonomous-driving fleets, as one audited SQL warehouse."""

__version__ = "0.1.0"
