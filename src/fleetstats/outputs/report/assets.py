"""Files of the page: the font that it carries, its tables, the PDF, and the folder put in place in one step."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PDF_SECONDS = 120


def font_with(characters: str) -> str:
    """The packaged font with only these characters, as a `data:` address: Chinese shows on any machine."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    from fleetstats.charts.style import font_file

    options = subset.Options(
        hinting=False, layout_features=["kern"], name_IDs=[0, 1, 2, 13, 14], notdef_outline=True
    )
    options.flavor = "woff"
    with TTFont(font_file(), lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(set(characters))))
        cutter.subset(font)
        font.flavor = "woff"
        out = io.BytesIO()
        font.save(out, reorderTables=False)
    return "data:font/woff;base64," + base64.b64encode(out.getvalue()).decode()


def wide(text: str) -> str:
    """The characters of a text that a font without Chinese does not have."""
    return "".join(sorted({c for c in text if ord(c) > 0x2E7F}))


def png_size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    with path.open("rb") as file:
        head = file.read(24)
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)


def write_tables(folder: Path, name: str, data: pa.Table) -> list[Path]:
    """A table as CSV (safe in a spreadsheet) and Parquet."""
    from fleetstats.core.formats import write_table

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.csv", folder / f"{name}.parquet"]
    write_table(data, "csv", paths[0])
    write_table(data, "parquet", paths[1])
    return paths


def chromium() -> str | None:
    """The browser that prints the PDF, if there is one."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)


def print_pdf(browser: str, page: Path, pdf: Path, language: str) -> str | None:
    """Print a page in one language; returns what went wrong, if anything did."""
    with tempfile.TemporaryDirectory(prefix="fleetstats-pdf-") as profile:
        command = [
            browser, "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}",
            f"{page.as_uri()}?lang={language}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium does not start as root with it
        try:
            done = subprocess.run(command, capture_output=True, timeout=PDF_SECONDS, check=False)  # noqa: S603 - our own command
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no PDF ({language}): {error}"
    if not pdf.exists() or pdf.stat().st_size < 1000:
        return f"no PDF ({language}): {done.stderr.decode(errors='replace').strip()[-300:]}"
    return None


def reports_in(folder: Path) -> list[dict[str, Any]]:
    """What every report of a folder says of itself, the latest quarter first."""
    found = []
    for path in sorted(folder.glob("[!.]*/report.json")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict) and "quarter" in facts:
            found.append({**facts, "folder": path.parent.name})
    return sorted(found, key=lambda f: (str(f["quarter"]), str(f.get("as_of") or "~")), reverse=True)


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
