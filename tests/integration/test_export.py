"""An export of a real publication: whole, exact, the same every time, and usable by other programs."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pandas as pd
import pyarrow as pa
import pytest

from fleetstats.core.errors import BadArgument, BadInput, ConfigurationError
from fleetstats.core.schema.model import DECIMALS
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings
from fleetstats.outputs.export.earlier import FORMATS
from fleetstats.outputs.export.export import Exported, export
from fleetstats.outputs.export.tables import read_back
from fleetstats.pipeline.build import Outcome, run
from tests.homes import PATIENCE, copy_of
from tests.integration.test_publication import command
from tests.published_file import query

Published = tuple[Settings, Outcome]
OF_OPERATIONS = ["run_event", "backfill"]
SOME = (
    "orders_quarterly,mileage_monthly,orders_monthly,poisson_limit,record_change,filing,source,operator,scope"
)
"""Enough tables where it is not the tables that are tested."""
LONG = ("lineage", "forecast", "forecast_latest")
"""Longer than all others together, and of the same types: left out where every row is looked at."""


def export_to(settings: Settings, folder: Path, *arguments: str, **options: Any) -> Exported:
    return export(settings, folder, *arguments, progress=lambda *_: None, **options)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def validated(folder: Path) -> list[tuple[str, str]]:
    """What frictionless finds wrong, as (type, note), in a process of its own: it warns where we forbid warnings."""
    code = (
        "import json, sys\nfrom frictionless import validate\n"
        "report = validate(sys.argv[1])\n"
        "print(json.dumps([report.stats['tasks'], report.flatten(['type', 'note'])]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, folder / "datapackage.json"],
        capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    tasks, errors = json.loads(done.stdout)
    assert tasks > 0
    return [(kind, note) for kind, note in errors]


@pytest.fixture(scope="module")
def exported(from_digests: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publication from digests, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("export") / "out"
    assert export_to(from_digests[0], folder).status == "written"
    return folder


@pytest.fixture
def copy(from_digests: Published, tmp_path: Path) -> Path:
    """An export of some tables in all formats, to do with as one likes."""
    export_to(from_digests[0], tmp_path / "out", wanted=SOME)
    return tmp_path / "out"


@pytest.fixture(scope="module")
def descriptor(exported: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    return found


def test_every_table_is_there_but_details_and_ledgers_of_operations(
    from_digests: Published, exported: Path, descriptor: dict[str, Any]
) -> None:
    rows = descriptor["fleetstats"]["tables"]
    names = [t.name for t in tables() if not t.optional and t.name not in OF_OPERATIONS]
    assert list(rows) == names
    assert rows.items() >= from_digests[1].rows.items()
    for form in ("csv", "parquet"):
        assert sorted(p.name for p in (exported / form).iterdir()) == sorted(f"{n}.{form}" for n in names)


def test_the_checksums_are_those_of_every_file(exported: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=exported, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(bytes_of(exported)) - 1


def test_frictionless_finds_nothing_wrong(from_digests: Published, tmp_path: Path) -> None:
    names = [t.name for t in tables() if not t.optional and t.name not in (*LONG, *OF_OPERATIONS)]
    export_to(from_digests[0], tmp_path / "out", wanted=",".join(names))
    assert validated(tmp_path / "out") == []


def test_frictionless_finds_a_cell_a_key_a_reference_and_a_byte_that_are_wrong(copy: Path) -> None:
    def changed(name: str, old: str, new: str) -> None:
        path = copy / "csv" / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    changed("poisson_limit", "\n1,", "\n0,")
    changed("mileage_monthly", "\nwaymo,", "\nwaymoo,")
    changed("orders_monthly", "-01,", "-41,")
    with (copy / "fleetstats.sqlite").open("ab") as file:
        file.write(b"x")
    found = {kind for kind, _ in validated(copy)}
    assert {"primary-key", "foreign-key", "type-error", "hash-count", "byte-count"} <= found


def test_the_descriptor_has_types_units_keys_licences_and_sources(descriptor: dict[str, Any]) -> None:
    by_name = {r["name"]: r for r in descriptor["resources"]}
    monthly = by_name["mileage_monthly"]
    fields = {f["name"]: f for f in monthly["schema"]["fields"]}
    assert (fields["distance_km"]["type"], fields["distance_km"]["unit"]) == ("number", "km")
    assert (fields["month"]["type"], fields["vehicles"]["type"]) == ("date", "integer")
    assert fields["month"]["constraints"] == {"required": True}
    assert monthly["schema"]["primaryKey"] == ["operator", "scope", "month"]
    assert {k["reference"]["resource"] for k in monthly["schema"]["foreignKeys"]} == {"operator", "scope"}
    assert [s["code"] for s in monthly["sources"]] == ["cadmv_mileage"]
    # A column without a value in it tells two rows of the same key apart, and a key has values
    assert "primaryKey" not in by_name["beijing_mileage"]["schema"]
    for name in descriptor["fleetstats"]["tables"]:
        assert all(f["description"] for f in by_name[name]["schema"]["fields"])
        assert by_name[f"{name}.parquet"]["format"] == "parquet"
    assert any("State of California" in licence["title"] for licence in descriptor["licenses"])
    assert any(
        source.get("path", "").startswith("https://www.dmv.ca.gov/") for source in descriptor["sources"]
    )


def counted(rows: Iterable[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """Rows without their order; decimals are equal by value."""
    return Counter(rows)


def tuples(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def test_duckdb_and_pandas_read_what_is_published(from_digests: Published, exported: Path) -> None:
    for name, rows in from_digests[1].rows.items():
        if name in LONG:
            continue
        spec = TABLES[name]
        there = query(from_digests[0].published, f"select {', '.join(spec.columns)} from {name}")
        expected = counted(tuples(there))
        assert expected.total() == rows
        for form in ("parquet", "csv"):
            assert counted(read_back(exported, form, name, spec.columns)) == expected, (name, form)
        csv_file, parquet_file = (exported / f / f"{name}.{f}" for f in ("csv", "parquet"))
        with duckdb.connect() as connection:
            sql = "select count(*) from read_csv(?)"
            assert connection.execute(sql, [str(csv_file)]).fetchone() == (rows,)
            read = connection.execute("select * from read_parquet(?)", [str(parquet_file)]).to_arrow_table()
            assert counted(tuples(read)) == expected
        assert len(pd.read_csv(csv_file, keep_default_na=False)) == rows
        frame = pd.read_parquet(parquet_file, dtype_backend="pyarrow")
        assert list(frame.columns) == spec.columns
        for field in spec.fields:
            if field.type in DECIMALS:
                precision, scale = DECIMALS[field.type]
                assert str(frame.dtypes[field.name]) == f"decimal128({precision}, {scale})[pyarrow]"


def test_the_sums_of_csv_are_those_of_the_warehouse_to_the_last_digit(
    from_digests: Published, exported: Path
) -> None:
    statement = "select sum(distance_km) as km from {}"
    [there] = query(from_digests[0].published, statement.format("mileage_monthly")).to_pylist()
    with duckdb.connect() as connection:
        source = f"read_csv('{exported}/csv/mileage_monthly.csv', types={{'distance_km': 'DECIMAL(28,15)'}})"
        found = connection.execute(statement.format(source)).fetchone()
    assert found == (there["km"],)
    assert there["km"] > Decimal(1_000_000)


def test_sqlite_has_the_keys_the_rows_and_the_numbers(from_digests: Published, exported: Path) -> None:
    with closing(sqlite3.connect(exported / "fleetstats.sqlite")) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        assert len(connection.execute("pragma foreign_key_list('mileage_monthly')").fetchall()) == 2
        for name, rows in from_digests[1].rows.items():
            assert connection.execute(f"select count(*) from {name}").fetchone() == (rows,)
        [[km, month]] = connection.execute(
            "select distance_km, month from mileage_monthly where operator = 'waymo' order by distance_km desc limit 1"
        ).fetchall()
        frame = pd.read_sql("select * from orders_quarterly", connection)
    [there] = query(
        from_digests[0].published,
        "select distance_km, month from mileage_monthly where operator = 'waymo' order by distance_km desc limit 1",
    ).to_pylist()
    assert (km, month) == (float(there["distance_km"]), there["month"].isoformat())
    assert len(frame) == from_digests[1].rows["orders_quarterly"]


def test_datasette_serves_the_sqlite_file(exported: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "datasette", "serve", "--immutable", exported / "fleetstats.sqlite",
         "--metadata", exported / "datasette.json", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for _ in range(200):
                try:
                    client.get("/-/versions.json")
                    break
                except httpx.ConnectError:
                    assert server.poll() is None, server.communicate()[1]
                    time.sleep(0.1)
            answer = client.get(
                "/fleetstats.json",
                params={
                    "sql": "select quarter, orders from orders_quarterly where orders > 9000 order by 1",
                    "_shape": "objects",
                },
            ).json()
            assert answer["ok"], answer
            assert len(answer["rows"]) > 10
            page = client.get("/fleetstats/mileage_monthly", params={"operator": "waymo"}).text
            assert "Distance of one operator and scope in one month" in page
            # A reference leads to the row that it names
            assert "/fleetstats/operator/waymo" in page
    finally:
        server.terminate()
        server.communicate(timeout=20)


def test_the_same_publication_gives_the_same_bytes(
    from_digests: Published, copy: Path, tmp_path: Path
) -> None:
    export_to(from_digests[0], tmp_path / "again", wanted=SOME)
    assert bytes_of(tmp_path / "again") == bytes_of(copy)


def test_nothing_in_an_export_tells_of_this_machine(from_digests: Published, exported: Path) -> None:
    for name, content in bytes_of(exported).items():
        assert str(from_digests[0].home).encode() not in content, name
        assert str(Path(__file__).parents[2]).encode() not in content, name


def test_an_export_of_the_same_publication_is_left_alone(from_digests: Published, copy: Path) -> None:
    before = copy.stat().st_ino
    assert export_to(from_digests[0], copy, wanted=SOME).status == "unchanged"
    assert copy.stat().st_ino == before
    other = export_to(from_digests[0], copy, "csv", SOME)
    assert (other.status, other.formats) == ("written", ["csv"])
    assert "table" not in "".join(other.changes[1:-1])
    assert other.changes[-1] == "every table has the same rows"
    assert not (copy / "parquet").exists()


def test_a_dry_run_writes_nothing(from_digests: Published, tmp_path: Path) -> None:
    done = export_to(from_digests[0], tmp_path / "deep" / "out", dry_run=True)
    assert (done.status, sum(done.rows.values()) > 10_000) == ("planned", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMATS)
def test_one_format_of_some_tables_is_described_as_well(
    from_digests: Published, tmp_path: Path, form: str
) -> None:
    done = export_to(from_digests[0], tmp_path / "out", form, "orders_quarterly, operator,scope")
    assert list(done.rows) == ["operator", "scope", "orders_quarterly"]
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    listed = [e for r in descriptor["resources"] for e in (r, *r.get("tables", [])) if "schema" in e]
    assert [e["name"] for e in listed] == list(done.rows)
    if form != "csv":
        assert validated(tmp_path / "out") == []
    assert "mileage_monthly" in done.left_out
    again = export_to(from_digests[0], tmp_path / "out", form, "operator,coverage")
    assert {"table new:   coverage", "table gone:  scope"} <= set(again.changes)


REFUSED: dict[str, tuple[dict[str, str], type[Exception], str]] = {
    "a format that there is not": ({"formats": "csv,xlsx"}, BadArgument, "xlsx is not a format"),
    "no format": ({"formats": ","}, BadArgument, "no format"),
    "a table that there is not": ({"wanted": "orders_quaterly"}, BadArgument, "perhaps orders_quarterly"),
    "a table of originals": (
        {"wanted": "cadmv_event"},
        BadArgument,
        "the publication has no table cadmv_event",
    ),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_is_asked_for_has_to_be_there(from_digests: Published, tmp_path: Path, case: str) -> None:
    options, kind, words = REFUSED[case]
    with pytest.raises(kind, match=words):
        export_to(from_digests[0], tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_export_is_refused(from_digests: Published, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    done = command(from_digests[0], "export", str(tmp_path))
    assert done.returncode == 5
    assert "neither empty nor an export of ours" in done.stderr
    assert "name another folder" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_of_the_user_s_own_in_an_export_is_not_lost(from_digests: Published, copy: Path) -> None:
    (copy / "csv" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"not of the export(.|\n)*csv/notes.txt(.|\n)*move them"):
        export_to(from_digests[0], copy, "csv")
    assert (copy / "csv" / "notes.txt").exists()


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_an_export_that_was_changed_is_not_compared_with(
    from_digests: Published, copy: Path, damage: str
) -> None:
    file = copy / "csv" / "scope.csv"
    if damage == "changed":
        file.write_text(file.read_text(encoding="utf-8") + "x\n", encoding="utf-8")
    else:
        file.unlink()
    with pytest.raises(BadInput, match=r"scope.csv(.|\n)*move the folder away"):
        export_to(from_digests[0], copy, "csv")


def test_the_folder_one_is_in_is_refused(
    from_digests: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="you are in it"):
        export_to(from_digests[0], Path())


def test_without_a_publication_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="fleetstats run"):
        export_to(Settings(home=tmp_path / "home", originals=None), tmp_path / "out")


KILLS = {
    "while it is written": "fleetstats.outputs.export.export.list_changes = die",
    "after it is in place": (
        "real = fleetstats.core.folders._exchange\nfleetstats.core.folders._exchange = lambda *a: (real(*a), die())"
    ),
    "between two renames": (
        "fleetstats.core.folders._exchange = lambda *a: False\n"
        "real = pathlib.Path.rename\n"
        "pathlib.Path.rename = lambda s, t: (real(s, t), die())"
    ),
}


@pytest.mark.parametrize("moment", list(KILLS))
def test_killed_at_any_moment_an_export_is_whole_and_the_next_one_succeeds(
    from_digests: Published, copy: Path, moment: str
) -> None:
    code = (
        "import os, pathlib, signal, sys\nimport fleetstats.outputs.export.export, fleetstats.core.folders\n"
        "from fleetstats.core.settings import Settings\n"
        "def die(*a, **k):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLS[moment]}\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "fleetstats.outputs.export.export.export(Settings(), folder, 'csv', 'scope', progress=lambda *a: None)\n"
    )
    done = command(from_digests[0], str(copy), code=code)
    assert done.returncode == -signal.SIGKILL, done.stderr
    whole = copy if copy.exists() else copy.with_name(".out.fleetstats-earlier")
    assert copy.exists() == (moment != "between two renames")
    assert (
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=whole, check=False).returncode == 0
    )
    after = export_to(from_digests[0], copy, "csv", "operator")
    assert after.replaces == from_digests[1].publication_id
    assert ("table gone:  mileage_monthly" in after.changes) == (moment != "after it is in place")
    assert [p.name for p in copy.parent.iterdir()] == ["out"]
    assert [p.name for p in (copy / "csv").iterdir()] == ["operator.csv"]


def test_a_disk_that_is_full_is_said_and_leaves_the_export(from_digests: Published, copy: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "sys.argv = ['fleetstats', 'export', sys.argv[1], '--format', sys.argv[2]]\n"
        "from fleetstats.__main__ import main\nmain()\n"
    )
    before = bytes_of(copy)
    for form in ("sqlite", "csv"):
        done = command(from_digests[0], str(copy), form, code=code)
        assert done.returncode == 5, done.stderr
        assert "Traceback" not in done.stderr
    assert bytes_of(copy) == before
    assert [p.name for p in copy.parent.iterdir()] == ["out"]


def test_the_changes_are_the_figures_rows_and_filings_that_changed(
    from_digests: Published, tmp_path: Path
) -> None:
    settings = copy_of(from_digests[0].home, tmp_path / "home")
    places = {form: tmp_path / form for form in FORMATS}
    for form, place in places.items():
        export_to(settings, place, form, SOME)
    packaged_file = settings.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    amended = tmp_path / "figures.csv"
    amended.write_text(
        packaged_file.read_text(encoding="utf-8").replace(",115000,", ",115001,"), encoding="utf-8"
    )
    assert command(settings, "add", "robotaxi_orders", str(amended), "--edition", "apollo-go").returncode == 0
    run(settings)
    for form, place in places.items():
        done = export_to(settings, place, form, SOME)
        assert done.replaces == from_digests[1].publication_id
        text = (place / "changes.txt").read_text(encoding="utf-8")
        assert text.splitlines() == done.changes
        assert "quarter=2021Q3: orders 115,000 → 115,001" in text
        found = json.loads((place / "changes.json").read_text(encoding="utf-8"))
        assert (found["before"], found["after"]) == (done.replaces, done.publication_id)
        assert found["exact"] == (form != "sqlite")
        assert found["filings_in_force"] == ["robotaxi_orders/apollo-go-amended-1"]
        [moved] = [r for r in found["revisions"] if r["table_name"] == "orders_quarterly"]
        assert (moved["old_value"], moved["new_value"]) == (115_000, 115_001)
        assert found["rows"]["orders_quarterly"]["keys"]["changed"] == [
            {"operator": "baidu", "scope": "public_rides", "quarter": "2021Q3"}
        ]
        assert found["rows"]["orders_quarterly"]["changed"] == 1
        assert "mileage_monthly" not in found["rows"]


def test_progress_help_and_json_are_there(from_digests: Published, tmp_path: Path) -> None:
    shown = command(from_digests[0], "export", "--help").stdout
    assert "fleetstats export release/" in shown
    done = command(
        from_digests[0], "export", str(tmp_path / "out"), "-f", "csv", "-t", "mart,filing", "--json"
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["status"] == "written"
    assert "filing" in facts["rows"]
    assert "operator" in facts["left_out"]
    told: list[tuple[str, str]] = []
    export(from_digests[0], tmp_path / "told", "csv", "scope", progress=lambda *what: told.append(what))
    assert ("export", "scope.csv") in told
