"""Hostile inputs over readers, reviewed files, arguments, conditions, statements and settings, in one process."""

from __future__ import annotations

import io
import random
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import date
from pathlib import Path

import yaml

from fleetstats.core.errors import FleetstatsError, told
from fleetstats.core.settings import Settings
from fleetstats.core.yaml_files import load_yaml
from fleetstats.warehouse.base import Reader
from fleetstats.warehouse.registry import open_warehouse
from tests.faults.counts import Row

_LONGEST = 6_000
_SECONDS = 20
_TOKENS = [
    "", ",", "\n", "\r\n", '"', "'", ";", "\t", "\x00", "\x1b[31m", "\u202e", "é", "中", "\udcff", "-", "--", "=1+1",
    "1e999", "NaN", "-1", "0", "9" * 30, "1.5", "1,234", "2023-13-45", "DEC 9999", "2026-11-25", "[", "{", "&a", "*a",
    "!!timestamp x", "a: b", "- ", "../../x", "/etc/passwd", "waymo", "AVT001", "select", "drop table filing", "true",
    "null", "~", "%s", "$1", "(", ")", "operator", "=", " and ", "distance_km", "cast(", "not ", "in (", "like ",
]  # fmt: skip
_EDITIONS = (
    ("cadmv_mileage", "2031"), ("cadmv_disengagement", "2031"), ("robotaxi_orders", "x"), ("bjrt_mileage", "x")
)  # fmt: skip


class Fuzz:
    """The targets, and what they are given."""

    def __init__(self, settings: Settings, reader: Reader, dice: random.Random, folder: Path) -> None:
        self.settings, self.reader, self.dice, self.folder = settings, reader, dice, folder
        texts = [p for p in sorted(settings.data.rglob("*")) if p.suffix in (".csv", ".yml") and p.is_file()]
        self.texts = [p.read_text("utf-8", errors="replace") for p in texts if 0 < p.stat().st_size < 60_000]
        self.targets: dict[str, tuple[int, Callable[[], object]]] = {
            "yaml": (6, self.reads_yaml),
            "filings": (1, self.lands),
            "conditions": (6, self.conditions),
            "arguments": (1, self.arguments),
            "settings": (5, self.addresses),
            "statements": (6, self.statements),
        }

    def mutated(self, content: str) -> str:
        """A text with some of its pieces replaced."""
        dice = self.dice
        for _ in range(dice.randint(1, 4)):
            place, width = dice.randint(0, len(content)), dice.choice([0, 0, 1, 5, 50])
            piece = dice.choice(_TOKENS) * dice.choice([1, 1, 1, 2, 100])
            content = content[:place] + piece + content[place + width :]
        return content

    def reads_yaml(self) -> object:
        """A reviewed file."""
        path = self.folder / "any.yml"
        path.write_text(self.mutated(self.dice.choice(self.texts)), "utf-8", errors="surrogateescape")
        with suppress(yaml.YAMLError, ValueError):
            return load_yaml(path)
        return None

    def lands(self) -> object:
        """A publisher's file that is added."""
        from fleetstats.ingest.describe import Offer
        from fleetstats.ingest.land import add

        path = self.folder / "any.csv"
        path.write_text(self.mutated(self.dice.choice(self.texts)), "utf-8", errors="surrogateescape")
        source, edition = self.dice.choice(_EDITIONS)
        home = self.settings.model_copy(update={"home": self.folder})
        return add(home, Offer(source, path, edition, date(2032, 2, 1), date(2032, 2, 2)), dry_run=True)

    def conditions(self) -> object:
        """A condition of `trace --where`."""
        from fleetstats.core.schema.tables import TABLES
        from fleetstats.outputs.trace.where_clause import parse_condition

        return parse_condition(self.mutated("operator = 'waymo'"), TABLES["mileage_monthly"])

    def arguments(self) -> object:
        """A command line."""
        from typer.testing import CliRunner

        from fleetstats.cli.app import app

        text = self.mutated("--quarter")
        some = [
            "status",
            "sql",
            "trace",
            "add",
            "diff",
            "chart",
            "score",
            "--json",
            "-o",
            text[:40],
            text[-40:],
        ]
        words = [self.dice.choice(some) for _ in range(self.dice.randint(1, 4))]
        asks = words[0] in ("status", "diff", "chart")  # which would read the home of whoever runs this
        done = CliRunner().invoke(app, [*words, "--help"] if asks else words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return None

    def addresses(self) -> object:
        """The address of a server, whose password is never shown."""
        from fleetstats.warehouse.postgres.connection import shown

        said = shown(f"postgresql+psycopg://u:SECRETpw@{self.mutated('host:1')}/x?password=SECRETpw")
        if "SECRETpw" in said:
            raise AssertionError(f"a password was shown: {said}")
        return said

    def statements(self) -> object:
        """A statement of `fleetstats sql`."""
        return self.reader.ask(self.mutated("select operator from mileage_monthly where distance_km > 1"))


def fuzz(settings: Settings, row: Row, tries: int, dice: random.Random) -> None:
    """Every input is taken, or refused with a message that a person can read; no other way."""

    def too_long(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    counts: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory() as name,
        open_warehouse(settings).read(time_limit=5) as reader,
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        given = Fuzz(settings, reader, dice, Path(name))
        names, weights = list(given.targets), [weight for weight, _ in given.targets.values()]
        for _ in range(tries):
            [target] = dice.choices(names, weights)
            counts[target] += 1
            row.tries += 1
            signal.alarm(_SECONDS)
            try:
                given.targets[target][1]()
            except FleetstatsError as error:
                if len(told(error)) > _LONGEST:
                    row.bad("wrong", f"{target}: a message of {len(told(error)):,} characters")
            except TimeoutError:
                row.bad("hangs", target)
            except BaseException as error:  # noqa: BLE001 - that is what is counted
                place = traceback.extract_tb(error.__traceback__)[-1]
                row.bad("tracebacks", f"{target}: {error!r:.300} at {place.filename}:{place.lineno}")
            finally:
                signal.alarm(0)
    row.notes = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
