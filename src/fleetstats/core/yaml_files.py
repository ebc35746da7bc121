"""YAML as the project reads it: safe types only, by the C parser where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def load_yaml(path: Path) -> Any:
    """The content of a UTF-8 file; raises `OSError`, `yaml.YAMLError` or `ValueError`."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C
