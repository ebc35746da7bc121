"""A source that the package does not have: registered while the program runs, and added to the repository.

`toy_source/` is laid out as the repository is, with all that a source is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

import fleetstats
from fleetstats.charts import CHARTS, Chart
from fleetstats.charts.page import source_notes
from fleetstats.cli.app import app
from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged, packaged_folders
from fleetstats.core.words import message, words_in
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import Landed, add
from fleetstats.outputs.draw_charts import open_charts
from fleetstats.outputs.export.export import export
from fleetstats.outputs.trace.tracer import trace
from fleetstats.pipeline.build import run
from fleetstats.pipeline.diff import differences
from fleetstats.sources import registry
from fleetstats.sources.source import Source
from fleetstats.warehouse.lineage import load_lineage
from fleetstats.warehouse.marts import load_statements
from tests.homes import PATIENCE
from tests.integration.toy_source.src.fleetstats.core.schema.tables.toy_trips import TABLES as TOY_TABLES
from tests.integration.toy_source.src.fleetstats.sources import toy_trips
from tests.published_file import query

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).parent / "toy_source"
SOURCE = Source(
    "toy_trips",
    read=toy_trips.read,
    parse_edition=toy_trips.parse_edition,
    printed={"toy_month": toy_trips.printed},
)
LATER = "Firm,Month,Trips,Remark\nWaymo LLC,2024-01,20\nBaidu,2024-01,9,a strike\n"
AMENDED = "Firm,Month,Trips (paid)\nWaymo LLC,2023-01,11\nWaymo LLC,2023-02,12\nBaidu,2023-01,7\n"


@dataclass
class Toy:
    """A home with two publications: the packaged edition and a later one, then an amendment as well."""

    settings: Settings
    landed: list[Landed]

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Rows of what is published."""
        rows: list[dict[str, Any]] = query(self.settings.published, sql).to_pylist()
        return rows

    def add(self, folder: Path, edition: str, text: str, issued: date) -> None:
        """Land a file of this text."""
        path = folder / f"{edition}.csv"
        path.write_text(text, encoding="utf-8")
        self.landed.append(add(self.settings, Offer("toy_trips", path, edition, issued, date(2025, 4, 1))))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    folder = tmp_path_factory.mktemp("toy")
    registry.register(SOURCE, tables=TOY_TABLES, folder=TOY)
    try:
        made = Toy(Settings(home=folder / "home", originals=None), [])
        made.add(folder, "2024", LATER.replace(",20\n", ",20,\n"), date(2025, 2, 1))
        run(made.settings)
        made.add(folder, "2023", AMENDED, date(2025, 3, 1))
        run(made.settings)
        yield made
    finally:
        registry.unregister("toy_trips")


def test_after_it_is_taken_away_nothing_of_it_is_left() -> None:
    before = (
        registry.codes(),
        list(TABLES),
        packaged_folders("sql"),
        load_statements(*packaged_folders("sql")),
    )
    registry.register(SOURCE, tables=TOY_TABLES, folder=TOY)
    try:
        assert registry.source("toy_trips").folder == TOY
        assert registry.codes()[-1] == "toy_trips"
        assert {t.name for t in tables("mart")} - set(before[1]) == {"toy_monthly"}
        assert "toy_monthly" in load_statements(*packaged_folders("sql"))
        assert "toy_monthly" in load_lineage(*packaged_folders("sql"))
        assert "'toy_trips' as source" in load_statements(*packaged_folders("sql"))["coverage"]
    finally:
        registry.unregister("toy_trips")
    after = (
        registry.codes(),
        list(TABLES),
        packaged_folders("sql"),
        load_statements(*packaged_folders("sql")),
    )
    assert after == before
    with pytest.raises(BadInput, match="an unknown source"):
        registry.source("toy_trips")


def test_a_file_is_added_as_of_any_source(toy: Toy, tmp_path: Path) -> None:
    first, second = toy.landed
    assert (first.filing, first.compared_with) == ("toy_trips/2024", "toy_trips/2023")
    assert {"columns new: Remark, Trips", "columns gone: Trips (paid)"} <= set(first.found)
    assert (second.filing, second.supersedes) == ("toy_trips/2023-amended-1", "toy_trips/2023")
    assert (toy.settings.landed / "toy_trips" / "2024" / "2024.csv").is_file()
    with pytest.raises(BadInput, match="a column is missing") as caught:
        toy.add(tmp_path, "2025", "Firm,Month,Trips\nWaymo LLC,2025-01,1\n", date(2026, 2, 1))
    assert caught.value.column == "Remark"
    with pytest.raises(BadInput, match="not an edition of this source"):
        toy.add(tmp_path, "summer", LATER, date(2026, 2, 1))


def test_its_tables_and_its_mart_are_built_and_checked(toy: Toy) -> None:
    found = toy.ask("select operator, month, orders from toy_monthly order by operator, month")
    assert [(r["operator"], str(r["month"]), int(r["orders"])) for r in found] == [
        ("baidu", "2023-01-01", 7), ("baidu", "2024-01-01", 9),
        ("waymo", "2023-01-01", 11), ("waymo", "2023-02-01", 12), ("waymo", "2024-01-01", 20),
    ]  # fmt: skip
    assert toy.ask("select note from toy_month where note is not null") == [{"note": "a strike"}]
    [checked] = toy.ask(
        "select count(*) as checks, count(*) filter (success) as met from check_result "
        "where table_name in ('toy_month', 'toy_monthly')"
    )
    assert checked["checks"] == checked["met"] >= 12  # six or more of each of the two runs
    assert toy.ask("select title_en from source where source = 'toy_trips'") == [
        {"title_en": "Trips of a toy city"}
    ]


def test_what_is_held_of_it_and_what_is_missing_is_in_coverage(toy: Toy) -> None:
    found = toy.ask(
        "select operator, period, status, filing from coverage where source = 'toy_trips' order by period, operator"
    )
    assert [tuple(row.values()) for row in found] == [
        ("all", "2022", "missing", None),
        ("baidu", "2023", "held", "toy_trips/2023-amended-1"),
        ("waymo", "2023", "held", "toy_trips/2023-amended-1"),
        ("baidu", "2024", "held", "toy_trips/2024"),
        ("waymo", "2024", "held", "toy_trips/2024"),
    ]


def test_a_figure_of_it_is_traced_to_the_record_that_prints_it(toy: Toy) -> None:
    found = trace(toy.settings, "toy_monthly", "operator = 'waymo' and month = date '2023-01-01'")
    assert found.wrong == []
    [cell] = found.cells
    [part] = cell.parts
    [printed] = part.records
    assert (cell.value, cell.reconciles, part.reconciles) == (11, True, True)
    assert (printed.record, printed.column, printed.text) == (2, "Trips (paid)", "11")
    assert part.ends_at == "Read again from the publisher's own file, 2023.csv"


def test_what_moved_is_in_the_difference_of_two_publications(toy: Toy) -> None:
    answer = differences(toy.settings, None, None, lambda *_: None)
    assert answer.facts["filings_in_force"] == ["toy_trips/2023-amended-1"]
    [moved] = answer.facts["revisions"]
    assert (moved["table_name"], moved["change"], moved["old_value"], moved["new_value"]) == (
        "toy_monthly", "changed", 10, 11,
    )  # fmt: skip
    assert moved["filings"] == "in: toy_trips/2023-amended-1; out: toy_trips/2023"


def test_it_is_exported_with_its_source(toy: Toy, tmp_path: Path) -> None:
    export(toy.settings, tmp_path / "out", "csv", progress=lambda *_: None)
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    by_name = {resource["name"]: resource for resource in package["resources"]}
    assert [s["title"] for s in by_name["toy_monthly"]["sources"]] == [
        "Department of Toys: Trips of a toy city"
    ]
    assert (tmp_path / "out" / "csv" / "toy_monthly.csv").read_text(encoding="utf-8").count("\n") == 6
    assert "toy_monthly" in (tmp_path / "out" / "data-dictionary.md").read_text(encoding="utf-8")


def test_a_chart_of_it_names_it_as_its_source_and_no_other_chart_does(toy: Toy) -> None:
    def draw(*_: object, **__: object) -> Figure:
        return Figure()

    chart = Chart(
        "toy", message("Toys"), "select month, orders from toy_monthly", "month", ("month", "orders"), draw,
        lambda *_: "",
    )  # fmt: skip
    with open_charts(toy.settings) as reader:
        data = reader.read(chart)
        title = "Department of Toys: Trips of a toy city"
        naming = {
            name
            for name, other in CHARTS.items()
            if title in map(words_in("en").of, reader.read(other).provenance.sources)
        }
    assert len(data.frame) == 5
    assert (
        source_notes(data.provenance, words_in("en"))[0] == "Source: Department of Toys: Trips of a toy city."
    )
    assert source_notes(data.provenance, words_in("zh"))[0] == "来源：玩具局：玩具城行程。"
    assert naming == {"coverage"}


def test_the_command_line_knows_it(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETSTATS_HOME", str(toy.settings.home))
    monkeypatch.delenv("FLEETSTATS_ORIGINALS", raising=False)
    done = CliRunner().invoke(app, ["freshness", "--json"])
    assert "toy_trips" in {row["source"] for row in json.loads(done.stdout)}
    done = CliRunner().invoke(app, ["run"])
    assert "pub-" in done.stdout
    done = CliRunner().invoke(app, ["verify"])
    assert done.exit_code == 0, done.output


def test_a_source_that_is_there_already_is_not_registered_again(toy: Toy) -> None:
    with pytest.raises(ValueError, match="toy_trips, toy_month, toy_monthly"):
        registry.register(SOURCE, tables=TOY_TABLES)
    with pytest.raises(KeyError):
        registry.unregister("cadmv_mileage")
    assert toy.settings.home.is_dir()


# The same source as a patch of the repository


ALLOWED = {"sources", "core/schema", "data", "sql", "expectations", "tests", "docs"}
EDITS = {
    "src/fleetstats/core/schema/tables/__init__.py": [
        ("    shared,\n)", "    shared,\n    toy_trips,\n)"),
        ("nhtsa_sgo, shared,", "nhtsa_sgo, toy_trips, shared,"),
    ],
    "src/fleetstats/sources/registry.py": [
        (
            "_ENTRIES: dict",
            "def _toy_trips() -> Source:\n    from fleetstats.sources import toy_trips\n\n"
            '    return Source(\n        "toy_trips", read=toy_trips.read, parse_edition=toy_trips.parse_edition,\n'
            '        printed={"toy_month": toy_trips.printed},\n    )\n\n\n_ENTRIES: dict',
        ),
        ('    "robotaxi_orders": _tr', '    "toy_trips": _toy_trips,\n    "robotaxi_orders": _tr'),
    ],
}
"""Where a source of its own enters what is there; everything else of it is new files."""


def room(path: str) -> str:
    """The room of the house that a file belongs to."""
    parts = Path(path).parts
    if parts[:2] != ("src", "fleetstats"):
        return parts[0]
    return "core/schema" if parts[2:4] == ("core", "schema") else parts[2]


def test_as_a_patch_it_touches_no_room_but_its_own(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "_packaged")
    shutil.copytree(Path(fleetstats.__file__).parent, checkout / "src" / "fleetstats", ignore=ignored)
    for name in ("data", "sql", "expectations"):
        shutil.copytree(packaged(name), checkout / name)

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
            cwd=checkout, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "before")
    shutil.copytree(TOY, checkout, dirs_exist_ok=True, ignore=ignored)
    for path, edits in EDITS.items():
        text = (checkout / path).read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, (path, old)
            text = text.replace(old, new)
        (checkout / path).write_text(text, encoding="utf-8")
    git("add", "--all")
    touched = git("diff", "--cached", "--name-only").splitlines()
    rooms = Counter(room(path) for path in touched)
    assert set(rooms) <= ALLOWED
    assert (rooms["sources"], rooms["core/schema"], len(touched)) == (2, 2, 15)

    home = tmp_path / "home"
    environment = {
        **{k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"},
        "FLEETSTATS_HOME": str(home), "PYTHONPATH": str(checkout / "src"),
    }  # fmt: skip

    def command(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "fleetstats", *arguments],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=PATIENCE,
        ).stdout  # fmt: skip

    assert command("run").startswith("Published pub-")
    rows = query(
        home / "warehouse" / "fleetstats.duckdb", "select orders from toy_monthly order by 1"
    ).to_pylist()
    assert [int(row["orders"]) for row in rows] == [7, 10, 12]
    assert "Trips (paid)" in command("trace", "toy_monthly", "--where", "operator = 'baidu'")
