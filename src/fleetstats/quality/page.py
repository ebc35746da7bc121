"""The page of the checks: one self-contained HTML file that a person can read without a network."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import without_directions
from fleetstats.core.files import write_atomically

if TYPE_CHECKING:
    from fleetstats.quality.expectations import Result


def write_page(path: Path, plan: Any, built: Any, results: list[Result]) -> Path:
    """Write the page of one run's checks; returns its path."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fleetstats.quality", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=without_directions,
    )
    ordered = sorted(results, key=lambda r: r.table_name)
    by_table = [(name, list(rows)) for name, rows in groupby(ordered, key=lambda r: r.table_name)]
    failed = [r for r in results if not r.success]
    html = environment.get_template("checks.html.j2").render(
        publication_id=built.publication_id,
        run_id=plan.run_id,
        as_of=plan.as_of,
        rows=built.rows,
        accounts=built.accounts,
        warnings=built.warnings,
        rejected=built.rejected,
        critical=[r for r in failed if r.severity == "critical"],
        warned=[r for r in failed if r.severity == "warning"],
        by_table=by_table,
        total=len(results),
    )
    write_atomically(path, html.encode())
    return path
