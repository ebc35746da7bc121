"""What an export says of itself: `datapackage.json`, the data dictionary, licences, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetstats.core.schema.dictionary import page
from fleetstats.core.schema.model import TYPES, Field, Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import packaged_folders
from fleetstats.outputs.export.tables import SQLITE_FILE, Keys
from fleetstats.warehouse.dependencies import sources_of_tables
from fleetstats.warehouse.marts import load_statements

Rows = list[dict[str, Any]]

PACKAGE_FILE = "datapackage.json"
LICENCES_FILE = "LICENCES.md"

_ABOUT = (
    "What regulators and firms publish about autonomous-driving fleets, in kilometres. "
    "Numbers of different scopes are never added; a bound is part of its number."
)


@dataclass(frozen=True)
class File:
    """A file of an export: its path in it, its size, and its SHA-256."""

    path: str
    size: int
    sha256: str


def table_schema(spec: Table, keys: Keys) -> dict[str, Any]:
    """A Frictionless table schema: types, units, descriptions, and the keys that hold."""
    schema: dict[str, Any] = {"fields": [_field(field) for field in spec.fields], "missingValues": [""]}
    if keys.primary:
        schema["primaryKey"] = list(keys.primary)
    if keys.references:
        schema["foreignKeys"] = [
            {
                "fields": [r.column],
                "reference": {
                    "resource": "" if r.target == spec.name else r.target,
                    "fields": [r.target_column],
                },
            }
            for r in keys.references
        ]
    return schema


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": field.name,
        "type": TYPES[field.type].frictionless,
        "description": field.description,
        "sqlType": TYPES[field.type].sql,
    }
    if field.unit:
        described["unit"] = field.unit
    if not field.nullable:
        described["constraints"] = {"required": True}
    return described


def package(
    about: Mapping[str, Any],
    tables: Mapping[str, Keys],
    formats: Iterable[str],
    files: Mapping[str, File],
    sources: Rows,
    filings: Rows,
) -> dict[str, Any]:
    """The descriptor of the whole: every table once with its schema, and every other file with its hash.

    The schema stands with the CSV file; without CSV with the Parquet file; else within SQLite's.
    """
    forms = [form for form in ("csv", "parquet") if form in formats]
    statements = load_statements(*packaged_folders("sql"))
    resources: list[dict[str, Any]] = []
    for name, keys in tables.items():
        spec = TABLES[name]
        for form in forms:
            first = form == forms[0]
            entry = _resource(name if first else f"{name}.{form}", files[f"{form}/{name}.{form}"], form)
            if first:
                entry |= {"description": spec.describes, "sources": _sources_of(spec, statements, sources)}
                entry["schema"] = table_schema(spec, keys)
            resources.append(entry)
    if "sqlite" in formats:
        entry = _resource(SQLITE_FILE, files[SQLITE_FILE], "sqlite")
        entry["description"] = "All tables in one SQLite file; decimals are REAL there."
        if not forms:
            entry["tables"] = [
                {
                    "name": name,
                    "description": TABLES[name].describes,
                    "schema": table_schema(TABLES[name], keys),
                }
                for name, keys in tables.items()
            ]
        resources.append(entry)
    return {
        "name": "fleetstats",
        "title": "fleetstats: autonomous-driving fleets",
        "description": _ABOUT,
        "profile": "data-package",
        "created": about["published_at"],
        "fleetstats": dict(about),
        "licenses": [
            {"path": LICENCES_FILE, "title": licence}
            for licence in sorted({row["licence"] for row in sources})
        ],
        "sources": [_filing(row) for row in filings if row["in_force"]],
        "resources": resources,
    }


def _resource(name: str, file: File, form: str) -> dict[str, Any]:
    kinds = {
        "csv": "text/csv",
        "parquet": "application/vnd.apache.parquet",
        "sqlite": "application/vnd.sqlite3",
    }
    entry: dict[str, Any] = {
        "name": name,
        "type": "table" if form == "csv" else "file",
        "path": file.path,
        "scheme": "file",
        "format": form,
        "mediatype": kinds[form],
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
    }
    if form == "csv":
        entry |= {"profile": "tabular-data-resource", "encoding": "utf-8"}
    return entry


def _sources_of(spec: Table, statements: dict[str, str], sources: Rows) -> list[dict[str, Any]]:
    """The publishers that a table's figures come from; reviewed tables and ledgers are the project's own."""
    if spec.kind not in ("mart", "core", "crosscheck"):
        return []
    codes = sources_of_tables([spec.name], statements)
    return [
        {"title": f"{row['publisher']}: {row['title_en']}", "code": row["source"]}
        | ({"path": row["homepage"]} if row["homepage"] else {})
        for row in sources
        if row["source"] in codes
    ]


def _filing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A filing in force; the hash is that of the publisher's own file where it is known."""
    found = {
        "title": f"{row['publisher']}: {row['title']}",
        "filing": row["filing"],
        "licence": row["licence"],
        "issuedOn": row["issued_on"].isoformat(),
        "sha256": row["original_sha256"] or row["sha256"],
    }
    return found | ({"path": row["url"]} if row["url"] else {})


def datasette_metadata(tables: Iterable[str]) -> dict[str, Any]:
    """Descriptions for Datasette: `datasette fleetstats.sqlite --metadata datasette.json`."""
    described = {
        name: {
            "description": TABLES[name].describes,
            "columns": {
                f.name: f"{f.description} [{f.unit}]" if f.unit else f.description
                for f in TABLES[name].fields
            },
        }
        for name in tables
    }
    return {
        "title": "fleetstats",
        "description": _ABOUT,
        "databases": {Path(SQLITE_FILE).stem: {"tables": described}},
    }


def dictionary(tables: Iterable[str]) -> str:
    """The data dictionary of the tables of an export."""
    return page(
        list(tables),
        "# Data dictionary\n\nEvery table of this export. A column name means the same quantity in the same unit in "
        "every table.\nTypes are those of the warehouse; README.md says how each format writes them.\n",
    )


def licences(sources: Rows, filings: Rows) -> str:
    """Whose the figures are: a section for each source, with every filing in force."""
    lines = [
        "# Licences and sources",
        "",
        "The figures belong to those who published them. If you publish a number, cite its publisher, document and",
        "day, its scope and bound, and the publication of fleetstats that you read.",
    ]
    for row in sources:
        lines += ["", f"## {row['title_en']}", "", f"{row['publisher']}. {row['licence']}.", ""]
        lines += [
            f"- {f['title']} ({f['issued_on']}), `{f['filing']}`: {f['licence']}"
            + (f". <{f['url']}>" if f["url"] else "")
            for f in filings
            if f["source"] == row["source"] and f["in_force"]
        ]
    return "\n".join(lines) + "\n"


def readme(about: Mapping[str, Any], rows: Mapping[str, int]) -> str:
    """How to read an export, and what each format does to a value."""
    formats = about["formats"]
    lines = [
        "# fleetstats",
        "",
        _ABOUT,
        "",
        f"Publication `{about['publication_id']}`, run `{about['run_id']}`, published {about['published_at']},",
        f"made by fleetstats {about['code_version']}.",
        f"{len(rows)} tables, {sum(rows.values()):,} rows.",
        "",
        "- `data-dictionary.md`: every column with type, unit and meaning. `datapackage.json`: the same for programs",
        "  (Frictionless), with primary and foreign keys where they hold, licences and sources.",
        f"- `{LICENCES_FILE}`: whose the figures are.",
        "- `changes.txt`, `changes.json`: what differs from the export that was in this folder before.",
        "- `SHA256SUMS`: `sha256sum -c SHA256SUMS`.",
        "",
        "## Formats",
        "",
    ]
    if "parquet" in formats:
        lines.append(
            "- `parquet/`: decimals exact; times in UTC; descriptions and units in the columns' metadata."
        )
    if "csv" in formats:
        lines += [
            "- `csv/`: UTF-8, comma, header. Decimals exact, days and times ISO 8601, `true` and `false`; an empty",
            "  cell is no value. A **text** that begins with `=`, `+`, `-`, `@`, tab, carriage return or apostrophe,",
            "  and a text of no characters, has an apostrophe (`'`) in front, so that no spreadsheet runs it. To get",
            "  the text back, take one apostrophe off every text cell that begins with one. Numbers stay numbers.",
        ]
    if "sqlite" in formats:
        lines += [
            f"- `{SQLITE_FILE}`: decimals are REAL (about 15 digits: SQLite has no decimals, and would compare them as",
            "  words if they were TEXT); days and times ISO 8601 text; booleans 0 and 1.",
            f"  `datasette {SQLITE_FILE} --metadata datasette.json` shows them with their descriptions.",
        ]
    if about["left_out"]:
        lines += ["", f"Not in this export: {', '.join(f'`{name}`' for name in about['left_out'])}."]
    return "\n".join(lines) + "\n"
