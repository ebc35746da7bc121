"""How a row is named in lineage and links, and which columns lead to another table."""

from __future__ import annotations

from fleetstats.core.schema.model import Table

SHORTER_KEYS: dict[str, tuple[str, ...]] = {
    "forecast_latest": ("series",),
    "order_forecast": ("series",),
    "threshold_forecast": ("series",),
    "forecast_scorecard": ("basis", "series", "model"),
    "forecast_score": ("series", "model"),
    "backtest_score": ("series", "model"),
}
"""Tables of which lineage leads groups of rows back or forth, and not each row: all numbers of a forecast rest on the
same observations, and a row for each pair would be as many as the ledger has rows times the observations."""


REFERENCES = {
    "filing": ("filing", "filing"),
    "source": ("source", "source"),
    "operator": ("operator", "operator"),
    "fleet": ("operator", "operator"),
    "company": ("operator", "operator"),
    "vendor": ("operator", "operator"),
    "scope": ("scope", "scope"),
    "claim": ("claim", "claim"),
}
"""Columns that may refer to the key of a reference table, by name; whether every value does is counted where it is
declared."""


def lineage_key(table: Table) -> tuple[str, ...]:
    """The columns that `figure_key` and `core_key` give of a table: its key, or what `SHORTER_KEYS` says."""
    return SHORTER_KEYS.get(table.name, table.key)


def key_text(table: Table, alias: str) -> str:
    """SQL of a row's key as text, as in `figure_key` and `core_key`; columns without a value are left out."""
    nullable = {field.name for field in table.fields if field.nullable}
    parts = []
    for place, name in enumerate(lineage_key(table)):
        said = f"'{', ' if place else ''}{name}=' || cast({alias}.{name} as varchar(300))"
        parts.append(f"coalesce({said}, '')" if name in nullable else said)
    return " || ".join(parts)
