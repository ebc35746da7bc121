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


def test_every_mart_is_explained_to_analysts() -> None:
    text = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    assert [t.name for t in tables("mart") if f"`{t.name}`" not in text] == []


@pytest.mark.parametrize(
    "path", sorted([ROOT / "README.md", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
)
def test_links_within_the_documentation_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [t for t in targets if "://" not in t]
    assert [t for t in local if not (path.parent / t).exists()] == []
