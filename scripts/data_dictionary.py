#!/usr/bin/env python3
"""Writes the data dictionary of `fleetstats.core.schema` as Markdown.

    scripts/data_dictionary.py            print it
    scripts/data_dictionary.py --write    write docs/data-dictionary.md
    scripts/data_dictionary.py --check    exit code 1 if that file is stale

Needs nothing but the standard library: it runs with any Python 3.11, installed or not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "data-dictionary.md"
sys.path.insert(0, str(ROOT / "src"))

from fleetstats.core.schema.dictionary import page  # noqa: E402 - after the path


def main() -> int:
    """Print, write or check the page; returns the exit code."""
    parser = argparse.ArgumentParser(description="The data dictionary, from core/schema.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="write docs/data-dictionary.md")
    what.add_argument("--check", action="store_true", help="exit code 1 if docs/data-dictionary.md is stale")
    options = parser.parse_args()
    text = page()
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    elif options.check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.stderr.write(
                "docs/data-dictionary.md is not what core/schema says\n"
                "  to do:    scripts/data_dictionary.py --write\n"
            )
            return 1
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
