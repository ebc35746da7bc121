"""Published means audited: what something else did to files, cache or ledgers is noticed, and never read."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fleetstats.core.errors import BadArgument, BadInput, ChecksFailed, FleetstatsError
from fleetstats.core.settings import Settings
from fleetstats.forecast.ledger import candidate
from fleetstats.ingest.stage import _load
from fleetstats.outputs.draw_charts import Looks, draw
from fleetstats.outputs.report import page
from fleetstats.pipeline.build import run
from fleetstats.pipeline.forecasts import forecast_published
from fleetstats.pipeline.plan import plan
from fleetstats.pipeline.rollback import rollback
from fleetstats.pipeline.status import state as status
from fleetstats.pipeline.status import verify
from fleetstats.pipeline.steps import plan_run
from fleetstats.warehouse.base import Altered, new_run_id
from fleetstats.warehouse.duckdb.warehouse import DuckdbWarehouse
from fleetstats.warehouse.registry import open_warehouse
from tests.homes import copy_of, noted_anew

FIGURES = "select * from mileage_monthly order by all"


def quiet(*_: str) -> None:
    """Say nothing."""


def figures(settings: Settings, sql: str = FIGURES) -> list[dict[str, object]]:
    with open_warehouse(settings).read() as reader:
        rows: list[dict[str, object]] = reader.ask(sql).to_pylist()
    return rows


def by_another_program(settings: Settings, sql: str, ending: str) -> None:
    """What a tool does that opens the known name for writing, as root may although the file is read-only."""
    code = (
        f"import duckdb, os\nc = duckdb.connect({str(settings.published)!r})\nc.execute({sql!r})\n{ending}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)


KILLED = "os.kill(os.getpid(), 9)"
CLOSED = "c.close()"


def test_a_log_of_a_program_that_was_killed_is_refused_removed_and_never_applied(
    copied_home: Settings,
) -> None:
    before = figures(copied_home)
    by_another_program(copied_home, "update mileage_monthly set distance_km = -1", KILLED)
    assert "a log beside the file" in "\n".join(status(copied_home).words)
    for refuse in (lambda: figures(copied_home), lambda: verify(copied_home, quiet)):
        with pytest.raises(FleetstatsError, match=r"\.wal"):
            refuse()
    outcome = run(copied_home)
    assert outcome.status == "published"
    assert any("a log of another program" in warning for warning in outcome.warnings)
    assert figures(copied_home) == before
    assert not list(copied_home.warehouse.rglob("*.wal"))
    # Nor does it fit what is published later
    assert run(copied_home, force=True).status == "published"
    assert figures(copied_home) == before


def test_a_log_forged_beside_the_known_name_is_refused(copied_home: Settings) -> None:
    forged = copied_home.published.with_name(f"{copied_home.published.name}.wal")
    forged.write_bytes(b"anything")
    with pytest.raises(Altered, match=r"fleetstats\.duckdb\.wal"):
        figures(copied_home)
    run(copied_home)
    assert not forged.exists()


@pytest.mark.parametrize(
    "change",
    [
        "delete from mileage_monthly where rowid = 3",
        "update mileage_monthly set distance_km = distance_km + 0.000000000000001 where rowid = 3",
        "drop table orders_quarterly",
        "delete from run_event; insert into source select * from source limit 1",
        "update check_result set success = false where rowid = 1",
    ],
)
def test_a_change_that_was_written_into_the_file_is_found_and_refused(
    copied_home: Settings, change: str
) -> None:
    by_another_program(copied_home, change, CLOSED)
    with pytest.raises(Altered, match="not what was published"):
        figures(copied_home)
    with pytest.raises(FleetstatsError, match="what was published"):
        verify(copied_home, quiet)
    assert not plan_run(copied_home)["current"]


def test_a_file_that_was_changed_is_built_over(copied_home: Settings) -> None:
    before = figures(copied_home)
    by_another_program(copied_home, "drop table orders_quarterly; delete from mileage_monthly", CLOSED)
    assert run(copied_home).status == "published"
    assert figures(copied_home) == before
    assert "with the content" in "\n".join(verify(copied_home, quiet).words)


def test_what_has_the_size_and_time_of_the_published_file_is_proved_by_its_content(
    copied_home: Settings,
) -> None:
    """As a disk that gives back other bits, or a tool that sets the time back."""
    by_another_program(copied_home, "update mileage_monthly set distance_km = 7 where rowid = 3", CLOSED)
    file = copied_home.published.resolve()
    note = DuckdbWarehouse(copied_home, None)._files
    claimed = note.claimed(note.current())
    assert claimed is not None
    noted_anew(file)
    assert run(copied_home).status == "unchanged"  # that it costs nothing is what a night relies on
    planned = plan_run(copied_home)  # and why the nightly DAG proves it
    assert not planned["current"]
    assert "mileage_monthly" in str(planned["damaged"])
    with pytest.raises(BadInput, match="mileage_monthly"):
        verify(copied_home, quiet)
    assert run(copied_home).status == "published"  # verify has not forgotten


def test_a_block_that_was_damaged_is_said_and_built_over(copied_home: Settings) -> None:
    """Bits in the middle of the file, where DuckDB's own checksums find them, with the time and size that it had."""
    before = figures(copied_home)
    file = copied_home.published.resolve()
    content = bytearray(file.read_bytes())
    for place in range(1 << 20, len(content), 1 << 20):
        content[place] ^= 4
    file.chmod(0o644)
    file.write_bytes(content)
    noted_anew(file)
    with pytest.raises(FleetstatsError):
        verify(copied_home, quiet)
    assert run(copied_home, force=True).status == "published"
    assert figures(copied_home) == before


def test_a_publication_is_kept_though_its_ledger_was_lost(copied_home: Settings) -> None:
    first = open_warehouse(copied_home).state()
    assert first is not None
    run(copied_home, force=True)
    for path in (copied_home.ledger / "publication").glob(f"{first.run_id}.*"):
        path.unlink()
    run(copied_home, force=True)
    assert (copied_home.warehouse / "publications" / f"{first.run_id}.duckdb").exists()


def test_a_home_that_was_copied_is_read_once_it_is_proved(copied_home: Settings, tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", str(copied_home.home), str(tmp_path / "other")], check=True)
    other = Settings(home=tmp_path / "other", originals=None)
    assert open_warehouse(other).state() is None
    assert figures(other) == figures(copied_home)
    assert "as it was published" in "\n".join(verify(other, quiet).words)


def test_a_candidate_that_is_changed_after_its_audit_is_not_published(
    copied_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = DuckdbWarehouse.publish

    def tampered(self: DuckdbWarehouse, publication: dict[str, object], *args: object) -> object:
        with duckdb.connect(str(self._candidate(str(publication["run_id"])))) as connection:
            connection.execute("update mileage_monthly set distance_km = 1 where rowid = 1")
        return real(self, publication, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(DuckdbWarehouse, "publish", tampered)
    before = open_warehouse(copied_home).state()
    with pytest.raises(ChecksFailed, match="not what was audited") as caught:
        run(copied_home, force=True)
    assert "mileage_monthly" in str(caught.value)
    assert open_warehouse(copied_home).state() == before


def test_what_a_killed_run_left_is_swept_by_a_night_on_which_nothing_changed(copied_home: Settings) -> None:
    left = [
        copied_home.warehouse / "publications" / ".candidate-20200101T000000000000Z-aaaaaa.duckdb",
        copied_home.landed / "cadmv_mileage" / ".2024.1" / "file.csv",
        copied_home.ledger / "check_result" / ".x.parquet.77.partial",
        copied_home.reports / ".checks.html.0123456789ab.partial",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    assert run(copied_home).status == "unchanged"
    assert [path for path in left if path.exists()] == []
    assert not (copied_home.landed / "cadmv_mileage" / ".2024.1").exists()


def test_a_vintage_that_was_changed_is_found(copied_home: Settings) -> None:
    day = date(2019, 4, 30)
    run(copied_home, as_of=day)
    assert "vintage 2019-04-30" in "\n".join(verify(copied_home, quiet).words)
    file = copied_home.vintage(day).resolve()
    with duckdb.connect(str(file)) as connection:
        connection.execute("update source set licence = 'mine'")
    with pytest.raises(FleetstatsError, match="source"):
        verify(copied_home, quiet)
    noted_anew(file)
    with pytest.raises(FleetstatsError, match="source"):
        verify(copied_home, quiet)


def test_a_kept_publication_that_was_changed_is_not_compared(copied_home: Settings) -> None:
    first = open_warehouse(copied_home).state()
    assert first is not None
    run(copied_home, force=True)
    kept = copied_home.warehouse / "publications" / f"{first.run_id}.duckdb"
    code = f"import duckdb; duckdb.connect({str(kept)!r}).execute('update source set licence = 1')"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(Altered, match="source"), open_warehouse(copied_home).read(first):
        pass


def test_a_kept_publication_that_was_changed_is_not_returned_to(copied_home: Settings) -> None:
    first = open_warehouse(copied_home).state()
    assert first is not None
    run(copied_home, force=True)
    kept = copied_home.warehouse / "publications" / f"{first.run_id}.duckdb"
    code = (
        f"import duckdb; duckdb.connect({str(kept)!r}).execute('delete from mileage_monthly where rowid = 1')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    noted_anew(kept)
    with pytest.raises(Altered, match="mileage_monthly"):
        open_warehouse(copied_home).rollback(first, new_run_id(), datetime.now(UTC))


def test_a_publication_of_the_version_before_is_returned_to(copied_home: Settings) -> None:
    """Its ledgers have other columns, its note has no checksums, and it lay under the known name itself."""
    first = open_warehouse(copied_home).state()
    assert first is not None
    kept = copied_home.warehouse / "publications" / f"{first.run_id}.duckdb"
    kept.chmod(0o644)
    with duckdb.connect(str(kept)) as connection:
        connection.execute("alter table run_event drop column delivery; drop table audited_table")
        connection.execute("update publication set fingerprint = 'of the version before'")
    known = {k: v for k, v in first.as_dict().items() if k not in ("checksums", "columns")}
    known["fingerprint"] = "of the version before"
    stat = kept.stat()
    copied_home.published.unlink()
    os.link(kept, copied_home.published)
    kept.with_suffix(".json").write_text(json.dumps(known), encoding="utf-8")
    note = {**known, "file": [stat.st_size, stat.st_mtime_ns, stat.st_ino]}
    copied_home.published.with_suffix(".json").write_text(json.dumps(note), encoding="utf-8")
    state = open_warehouse(copied_home).state()
    assert state is not None
    assert state.run_id == first.run_id
    assert figures(copied_home)

    assert run(copied_home).status == "published"
    assert copied_home.published.is_symlink()
    assert not copied_home.published.with_suffix(".json").exists()
    back = rollback(copied_home)
    assert back.fingerprint == "of the version before"
    assert "with the content" in "\n".join(verify(copied_home, quiet).words)
    assert run(copied_home).status == "unchanged"


def test_ledgers_that_cannot_be_written_stop_a_publication_before_it_is_one(copied_home: Settings) -> None:
    before = open_warehouse(copied_home).state()
    folder = copied_home.ledger / "publication"
    folder.chmod(0o555)
    try:
        done = as_nobody(copied_home, "run", "--force")
    finally:
        folder.chmod(0o755)
    assert done.returncode == 5, done.stdout
    assert "the last publication is as it was" in done.stderr
    assert open_warehouse(copied_home).state() == before


def test_a_ledger_that_fails_after_the_step_is_not_told_as_nothing_published(
    copied_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_warehouse(copied_home).state()
    assert before is not None

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "ledger")

    with monkeypatch.context() as patched:
        patched.setattr(DuckdbWarehouse, "_append_chained", full)
        with pytest.raises(FleetstatsError, match="is published, but could not be recorded") as caught:
            run(copied_home, force=True)
    assert "as it was" not in str(caught.value)
    state = open_warehouse(copied_home).state()
    assert state is not None
    assert state.run_id != before.run_id
    run(copied_home, force=True)
    runs = [row["run_id"] for row in figures(copied_home, "select run_id from publication order by 1")]
    assert runs[-2] == state.run_id  # what was not recorded then is now


def test_a_program_that_holds_the_file_is_told_of_before_the_build(
    copied_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "fleetstats.pipeline.build.Build.stage", lambda *_: pytest.fail("it has begun to build")
    )
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(copied_home.published)!r}); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(FleetstatsError, match="close programs that have it open"):
            run(copied_home, force=True)
        holder.kill()


def test_a_vintage_is_built_while_the_published_warehouse_is(copied_home: Settings) -> None:
    with open_warehouse(copied_home).lock():
        assert run(copied_home, as_of=date(2019, 4, 30)).status == "published"
    assert not list(copied_home.warehouse.rglob(".candidate-*"))


def test_forecasts_are_computed_before_the_lock_is_taken(
    copied_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[int] = []

    def computed(*args: Any) -> list[dict[str, Any]]:
        with open_warehouse(copied_home).lock():
            free.append(len(args[0]))
        return real(*args)

    real = candidate.new_forecasts
    monkeypatch.setattr(candidate, "new_forecasts", computed)
    done = forecast_published(copied_home, ["deliveries/tesla"])
    assert (done.status, free) == ("published", [1])
    assert forecast_published(copied_home, ["deliveries/tesla"]).status == "unchanged"


@pytest.mark.parametrize("module", ["pickle", "multiprocessing", "pandas", "statsmodels"])
def test_python_files_of_the_current_folder_are_not_run(
    copied_home: Settings, tmp_path: Path, module: str
) -> None:
    """Neither by a command nor by the processes that it starts."""
    here = tmp_path / "here"
    here.mkdir()
    hostile = f"open({str(here / 'RAN')!r}, 'w').write(__file__); raise SystemExit(3)\n"
    (here / f"{module}.py").write_text(hostile, encoding="utf-8")
    series = "".join(f"s{n},2024-{m:02},{n + m}\n" for n in range(30) for m in range(1, 7))
    (here / "series.csv").write_text(f"series_id,period,value\n{series}", encoding="utf-8")
    command = Path(sys.executable).with_name("fleetstats")
    environment = {k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"}
    done = subprocess.run(
        [command, "forecast", "--input", "series.csv", "--frequency", "M", "--horizon", "1", "--models", "drift",
         "--output", "out.csv"],
        cwd=here, env=environment | {"FLEETSTATS_HOME": str(copied_home.home)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (here / "RAN").exists()


MAY_READ = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
"""That Python itself may be found below a home of root's."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")
def test_a_user_without_a_name_or_a_home_can_run_and_backfill(from_digests: tuple[Settings, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:  # a place that everybody can get to
        settings = copy_of(from_digests[0].home, Path(folder, "home"))
        for path in (Path(folder), settings.home, *settings.home.rglob("*")):
            os.chown(path, 54321, 54321, follow_symlinks=False)
        for arguments in (
            ["run", "--force"],
            ["backfill", "--as-of", "2019-04-30", "--reason", "a container"],
        ):
            done = subprocess.run(
                ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups", *MAY_READ, "env", "-i",
                 f"FLEETSTATS_HOME={settings.home}", sys.executable, "-m", "fleetstats", *arguments],
                capture_output=True, text=True, check=False, cwd="/",
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-600:]


@pytest.mark.parametrize("quarter", ["2031Q3", "1999Q1", "2099Q4"])
def test_a_quarter_without_a_day_in_it_is_refused_everywhere(
    copied_home: Settings, tmp_path: Path, quarter: str
) -> None:
    with pytest.raises(BadArgument, match="no day that is published"):
        page.build(copied_home, quarter, output=tmp_path, pdf=False)
    with pytest.raises(BadArgument, match="no day that is published"):
        draw(copied_home, ["orders"], tmp_path, Looks(), quarter=quarter)
    assert list(tmp_path.glob("*/index.html")) == []


def as_nobody(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command without the right of root to write anywhere."""
    without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    environment = {k: v for k, v in os.environ.items() if k != "FLEETSTATS_ORIGINALS"}
    return subprocess.run(
        [*without, sys.executable, "-m", "fleetstats", *arguments],
        env=environment | {"FLEETSTATS_HOME": str(settings.home)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def flipped(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content))
    changed = bytearray(content)
    changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


DAMAGE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a bit": flipped,
    "its end": lambda content, _: content[: len(content) // 2],
    "everything": lambda _, __: b"",
    "a list": lambda _, __: b"[]",
    "null": lambda _, __: b"null",
    "brackets": lambda _, __: b"[" * 50_000,
    "bytes": lambda content, dice: dice.randbytes(len(content)),
}


def test_a_damaged_cache_costs_a_reading_and_never_a_figure(
    copied_home: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Every file of the cache is damaged, each in another way than its neighbour; then again, with the ways turned."""
    dice = random.Random(1)
    before = open_warehouse(copied_home).state()
    assert before is not None
    ledgers = {"publication", "check_result", "audited_table", "filing_account", "lineage"}
    for turn in range(2):
        for number, path in enumerate(sorted(p for p in copied_home.cache.rglob("*") if p.is_file())):
            damage = list(DAMAGE.values())[(number + 4 * turn) % len(DAMAGE)]
            path.write_bytes(damage(path.read_bytes(), dice))
        run(copied_home, force=True)
        after = open_warehouse(copied_home).state()
        assert after is not None
        assert {n: c for n, c in after.checksums.items() if n not in ledgers} == {
            n: c for n, c in before.checksums.items() if n not in ledgers
        }
        assert after.publication_id == before.publication_id
        assert "the cache was damaged" in caplog.text
        caplog.clear()
    run(copied_home, force=True)
    assert caplog.text == ""


def test_any_damage_to_any_kind_of_cached_file_is_known(copied_home: Settings) -> None:
    """The files one by one: what is damaged is not loaded, however it was damaged."""
    dice = random.Random(2)
    the_plan = plan(copied_home)
    files = sorted(p for p in copied_home.cache.rglob("*") if p.is_file())
    known = 0
    for number, (path, damage) in enumerate((p, d) for p in dice.sample(files, 12) for d in DAMAGE.values()):
        content = path.read_bytes()
        path.write_bytes(damage(content, dice))
        held = [h for h in the_plan.held if path.parent.name.startswith(h.filing.id.replace("/", "."))][:1]
        for one in held:
            folder = path.parent
            assert _load(folder, the_plan.reviewed.operators) is None, (number, one.filing.id, path.name)
            known += 1
        path.write_bytes(content)
    assert known > 50


def test_a_damaged_ledger_file_is_named_and_not_read(copied_home: Settings) -> None:
    (path,) = (copied_home.ledger / "forecast").glob("*.parquet")
    path.write_bytes(flipped(path.read_bytes(), random.Random(1)))
    with pytest.raises(FleetstatsError, match=path.name):
        run(copied_home, force=True)


def test_a_note_that_was_damaged_is_none(copied_home: Settings, tmp_path: Path) -> None:
    for number, content in enumerate((b"[]", b"null", b'"x"', b"[" * 50_000, b"{}", b"\xff", b"")):
        settings = copy_of(copied_home.home, tmp_path / str(number))
        settings.published.resolve().with_suffix(".json").write_bytes(content)
        assert open_warehouse(settings).state() is None
        assert "copied or changed" in json.dumps(status(settings).words)
