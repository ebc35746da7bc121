"""Documentation that is made from the code, or that names what the code has, is as the code is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from fleetstats.cli.app import app
from fleetstats.core.errors import EXIT_CODES
from fleetstats.core.schema.tables import tables
from fleetstats.core.settings import Settings
from fleetstats.core.statistics import (
    CONFIDENCE_PERCENT,
    EARLY,
    INNER_INTERVAL,
    INTERVALS,
    JUDGED_INTERVAL,
    LATE,
    OUTER_INTERVAL,
)
from fleetstats.forecast.evaluation.scores import COVERAGES
from fleetstats.ingest.download import Policy
from fleetstats.outputs.trace.text import RECORDS
from fleetstats.warehouse.base import KEPT

WORDS = {4: "four", 5: "five", 8: "eight", 10: "ten", 12: "twelve", 20: "twenty"}
ROOT = Path(__file__).parents[2]


def test_the_data_dictionary_is_made_from_today_s_schema() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "data_dictionary.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr or done.stdout


def test_the_readme_names_every_command_exit_code_and_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"`{name}" not in readme] == []
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in readme
    for setting in Settings.model_fields:
        assert f"`FLEETSTATS_{setting.upper()}`" in readme


def test_pages_that_count_the_tasks_of_a_night_count_right() -> None:
    dag = (ROOT / "dags" / "fleetstats_nightly.py").read_text(encoding="utf-8")
    sources = {path.parent.parent.name for path in (ROOT / "data" / "raw").glob("*/*/filing.yml")}
    tasks = len(re.findall(r"^    @task\b", dag, re.MULTILINE)) - 1 + len(sources)
    for page in ("docs/airflow.md", "deploy/README.md", "CHANGELOG.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        said = re.findall(r"(\d+) of \d+ tasks done|The run has (\d+) tasks|: (\d+) tasks for 37", text)
        assert said, page
        assert {number for found in said for number in found if number} == {str(tasks)}, page


def test_every_mart_is_explained_to_analysts() -> None:
    text = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    assert [t.name for t in tables("mart") if f"`{t.name}`" not in text] == []


NUMBERS = (
    # What is said around a number that has a name in the code; how often at least; the number
    (r"(\d+) % Poisson", 2, CONFIDENCE_PERCENT),
    (r"central (\d+, \d+ and \d+) % intervals", 1, "{}, {} and {}".format(*INTERVALS)),
    (r"it has been with (\d+, 50 and \d+) %", 1, f"{EARLY}, 50 and {LATE}"),
    (r"to any of the last (\w+)|the last (\w+) (?:are kept\)|stay\.)", 3, WORDS[KEPT]),
    (r"at most (\w+) redirects", 1, WORDS[Policy().redirects]),
    (r"the first (\w+) of each row", 1, WORDS[RECORDS]),
)


@pytest.mark.parametrize(("around", "times", "number"), NUMBERS)
def test_a_number_of_the_code_is_the_same_in_the_documentation(around: str, times: int, number: str) -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in pages)
    said = [next(filter(None, found.groups())) for found in re.finditer(around, text)]
    assert len(said) >= times
    assert set(said) == {number}


def test_what_is_said_twice_in_code_is_said_alike() -> None:
    """Where a room may not import another, and in SQL, which has no names for numbers."""
    assert COVERAGES == INTERVALS
    assert JUDGED_INTERVAL in INTERVALS
    assert {INNER_INTERVAL, OUTER_INTERVAL} <= set(INTERVALS)
    marts = ROOT / "sql" / "marts"
    threshold = (marts / "threshold_forecast.sql").read_text(encoding="utf-8")
    for share, column in ((EARLY, "passing_early"), (LATE, "passing_late")):
        assert re.search(rf">= {share / 100:g} then target_period end\) over one as {column}", threshold)
    forecast = (marts / "order_forecast.sql").read_text(encoding="utf-8")
    for interval in INTERVALS:
        low, high = (f"{(100 + side * interval) / 200:g}" for side in (-1, 1))
        assert re.search(rf"level = {low} then forecast_value end\) as low_{interval}\b", forecast)
        assert re.search(rf"level = {high} then forecast_value end\) as high_{interval}\b", forecast)
    trace = get_command(app).commands["trace"]  # type: ignore[attr-defined]
    assert next(option.default for option in trace.params if option.name == "records") == RECORDS


@pytest.mark.parametrize(
    "path", sorted([ROOT / "README.md", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
)
def test_links_within_the_documentation_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [t for t in targets if "://" not in t]
    assert [t for t in local if not (path.parent / t).exists()] == []
