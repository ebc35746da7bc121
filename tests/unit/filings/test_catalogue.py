"""Filings on disk: their hashes, their catalogue, and which of them a vintage reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetstats.core import files, hash_cache
from fleetstats.core.errors import BadInput, ConfigurationError
from fleetstats.core.files import hash_file, write_atomically
from fleetstats.core.hash_cache import HashCache
from fleetstats.core.sealed import read_sealed
from fleetstats.filings.catalogue import filing_folders, index_originals, load_catalogue
from fleetstats.filings.chains import in_vintage, next_amendment, superseded
from fleetstats.filings.filing import FILING_FILE, Filing, read_filing, write_filing

LINES = st.lists(st.text(alphabet='ab,"é', max_size=5), max_size=12)
CHUNKS = st.integers(1, 7)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw") / "file.csv"


def hashes(path: Path, content: bytes, chunk: int) -> files.FileHashes:
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_CHUNK", chunk)
        return hash_file(path)


@given(LINES, CHUNKS, CHUNKS, st.sampled_from(["", "\n", "\r\n"]), st.data())
def test_record_ends_and_the_final_newline_do_not_change_the_folded_hash(
    path: Path, lines: list[str], chunk: int, other: int, final: str, data: st.DataObject
) -> None:
    ends = st.sampled_from(["\n", "\r\n"])
    mixed = "".join(line + data.draw(ends) for line in lines[:-1]) + (lines[-1] if lines else "") + final
    plain = "\n".join(lines).rstrip("\n")
    found = hashes(path, mixed.encode(), chunk)
    assert found.sha256_lf == hashlib.sha256(plain.encode()).hexdigest()
    assert found.sha256_lf == hashes(path, "\r\n".join(lines).encode(), other).sha256_lf


@given(st.binary(max_size=40), CHUNKS)
def test_the_exact_hash_and_the_size_are_those_of_the_bytes(path: Path, content: bytes, chunk: int) -> None:
    found = hashes(path, content, chunk)
    assert (found.sha256, found.size) == (hashlib.sha256(content).hexdigest(), len(content))


@given(LINES, LINES, CHUNKS)
def test_other_text_has_another_folded_hash(path: Path, one: list[str], two: list[str], chunk: int) -> None:
    first, second = ("\n".join(lines).rstrip("\n") for lines in (one, two))
    equal = hashes(path, first.encode(), chunk).sha256_lf == hashes(path, second.encode(), chunk).sha256_lf
    assert equal == (first == second)


# Once: bytes held back are folded once when they are held and again when they are used, so a chunk's end inside
# CR CR LF decides whether one CR or none is left
@given(st.text(alphabet="a\r\n", max_size=8), CHUNKS)
@example("a\r\r\na", 4)
def test_the_folded_hash_does_not_depend_on_where_a_chunk_ends(path: Path, text: str, chunk: int) -> None:
    assert hashes(path, text.encode(), chunk) == hashes(path, text.encode(), 1 << 20)


def test_a_file_is_hashed_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = tmp_path / "a.csv", tmp_path / "cache" / "hashes.json"
    path.write_bytes(b"one\r\n")
    cache = HashCache(store)
    first = cache.hashes(path)
    assert first == hash_file(path)
    cache.save()
    monkeypatch.setattr(hash_cache, "hash_file", lambda _: pytest.fail("hashed again"))
    assert HashCache(store).hashes(path) == first
    monkeypatch.undo()
    path.write_bytes(b"two\r\n")
    os.utime(path, ns=(1, 1))
    assert HashCache(store).hashes(path) == hash_file(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 50_000])
def test_a_damaged_cache_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hashes.json").write_bytes(content)
    (tmp_path / "a.csv").write_bytes(b"a")
    cache = HashCache(tmp_path / "hashes.json")
    assert cache.hashes(tmp_path / "a.csv").size == 1
    cache.save()
    assert read_sealed(tmp_path / "hashes.json")
    assert HashCache(tmp_path / "hashes.json").hashes(tmp_path / "a.csv").size == 1


def test_a_cache_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a")
    cache = HashCache(tmp_path / "file" / "hashes.json")
    cache.hashes(tmp_path / "file")
    cache.save()


def test_an_atomic_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "a"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert [p.name for p in path.parent.iterdir()] == ["a"]
    assert path.read_bytes() == b"old"


# Filings


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Lands a filing below `root` with this content; returns its folder."""

    def land(root: str, edition: str, content: bytes = b"a,b\n1,2\n", **changes: Any) -> Path:
        values: dict[str, Any] = {
            "source": "cadmv_mileage",
            "edition": edition,
            "file": "file.csv",
            "publisher": "P",
            "title": "T 标题",
            "url": None,
            "licence": "L",
            "period_start": date(2022, 12, 1),
            "period_end": date(2023, 11, 30),
            "issued_on": date(2024, 2, 2),
            "retrieved_on": date(2024, 2, 3),
            "status": "original",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        filing = Filing(**(values | changes))
        folder = tmp_path / root / filing.source / filing.edition
        folder.mkdir(parents=True)
        (folder / filing.file).write_bytes(content)
        write_filing(folder, filing)
        return folder

    return land


@pytest.fixture
def cache(tmp_path: Path) -> HashCache:
    return HashCache(tmp_path / "hashes.json")


def original_of(content: bytes) -> dict[str, Any]:
    folded = content.replace(b"\r\n", b"\n").rstrip(b"\n")
    return {
        "file": "o.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha256_lf": hashlib.sha256(folded).hexdigest(),
        "size": len(content),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"edition": "2023-amended-1", "supersedes": "2023", "status": "amended"},
        {"issued_on": "by_row", "status": "transcribed", "compiled_by": "somebody", "notes": ["a: b", "“c”"]},
        {"status": "digest", "original": original_of(b"x\r\n"), "corrections_sha256": "0" * 64},
        {"columns": ["a", "b"], "url": "https://example.org/?a=b#c", "issued_on_estimated": True},
    ],
)
def test_a_filing_reads_back_as_it_was_written(make: Callable[..., Path], changes: dict[str, Any]) -> None:
    edition = changes.pop("edition", "2023")
    folder = make("landed", edition, **changes)
    filing = read_filing(folder)
    assert filing.id == f"cadmv_mileage/{edition}"
    for key, value in changes.items():
        found = getattr(filing, key)
        assert (found.model_dump(exclude={"columns"}) if key == "original" else found) == value
    write_filing(folder, filing)
    assert read_filing(folder) == filing


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sha256: ", "sha256: x", "sha256"),
        ("status: original", "status: digest", "a digest names its original"),
        ("period_end: '2023-11-30'", "period_end: '2021-11-30'", "period_end lies before period_start"),
        ("publisher: P\n", "", "publisher"),
        ("publisher: P", "publisher: P\ncolour: red", "colour"),
        ("edition: '2023'", "edition: ../2023", "edition"),
        ("file: file.csv", "file: ../file.csv", "file"),
        ("issued_on: '2024-02-02'", "issued_on: soon", "issued_on"),
        ("size: 8", "size: 0", "size"),
        ("source: cadmv_mileage", "source: [", "a filing.yml that cannot be used"),
        ("edition: '2023'", "edition: '2022'", "a filing in the wrong folder"),
    ],
)
def test_a_filing_yml_that_is_wrong_names_the_file_and_the_key(
    make: Callable[..., Path], old: str, new: str, says: str
) -> None:
    folder = make("landed", "2023")
    text = (folder / FILING_FILE).read_text(encoding="utf-8")
    assert old in text
    (folder / FILING_FILE).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_filing(folder)
    assert says in str(caught.value)
    assert str(folder / FILING_FILE) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"- a\n", b"text"])
def test_a_filing_yml_of_another_kind_is_refused(make: Callable[..., Path], content: bytes) -> None:
    folder = make("landed", "2023")
    (folder / FILING_FILE).write_bytes(content)
    with pytest.raises(BadInput, match="cannot be used"):
        read_filing(folder)


def test_a_filing_yml_that_is_no_text_is_refused(make: Callable[..., Path]) -> None:
    folder = make("landed", "2023")
    (folder / FILING_FILE).write_bytes(b"publisher: \xff\xfe\n")
    with pytest.raises(BadInput):
        read_filing(folder)


def test_a_folder_without_filing_yml_says_how_to_add_it(make: Callable[..., Path]) -> None:
    folder = make("landed", "2023")
    (folder / FILING_FILE).unlink()
    with pytest.raises(BadInput, match="fleetstats add"):
        read_filing(folder)


def test_folders_are_listed_in_order_and_hidden_ones_are_not(
    tmp_path: Path, make: Callable[..., Path]
) -> None:
    first, second = make("landed", "2022"), make("raw", "2021")
    (tmp_path / "landed" / "cadmv_mileage" / ".2023.partial").mkdir()
    (tmp_path / "landed" / "cadmv_mileage" / "gaps.csv").write_text("x", encoding="utf-8")
    assert filing_folders(tmp_path / "raw", tmp_path / "landed", tmp_path / "none") == [second, first]


def test_the_catalogue_verifies_every_file(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    folder = make("raw", "2023")
    [held] = load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    assert (held.path, held.read_as, held.status) == (folder / "file.csv", "original", "original")
    assert held.original_sha256 == held.sha256 == held.filing.sha256
    assert set(held.hashes) == {hash_file(held.path).sha256, hash_file(held.path).sha256_lf}


def test_a_wrong_checksum_stops_with_the_files_name(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    folder = make("raw", "2023")
    (folder / "file.csv").write_bytes(b"a,b\n1,3\n")
    with pytest.raises(BadInput, match="a wrong checksum") as caught:
        load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    assert str(folder / "file.csv") in str(caught.value)


def test_a_file_that_is_gone_stops_with_its_name(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    (make("raw", "2023") / "file.csv").unlink()
    with pytest.raises(BadInput, match=r"the file of a filing is missing\n.*file\.csv"):
        load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)


def test_an_amendment_of_nothing_stops(tmp_path: Path, make: Callable[..., Path], cache: HashCache) -> None:
    make("landed", "2023-amended-1", supersedes="2023", status="amended")
    with pytest.raises(BadInput, match="supersedes one that does not exist"):
        load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)


@pytest.mark.parametrize("served", [b"p,q\r\n1,2\r\n", b"p,q\r\n1,2", b"p,q\n1,2\n"])
def test_an_original_anywhere_takes_its_digests_place(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache, served: bytes
) -> None:
    make("raw", "2023", status="digest", original=original_of(b"p,q\r\n1,2\r\n"))
    copy = tmp_path / "originals" / "deep" / "copy of report.csv"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(served)
    [held] = load_catalogue(tmp_path / "raw", tmp_path / "landed", tmp_path / "originals", cache)
    assert (held.path, held.read_as, held.status) == (copy, "original", "original")
    assert held.original_sha256 == original_of(b"p,q\r\n1,2\r\n")["sha256"]


def test_a_digest_is_read_where_its_original_is_not(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    folder = make("raw", "2023", status="digest", original=original_of(b"p,q\r\n1,2\r\n"))
    (tmp_path / "originals").mkdir()
    (tmp_path / "originals" / "other.csv").write_bytes(b"p,q\r\n1,3\r\n")
    [held] = load_catalogue(tmp_path / "raw", tmp_path / "landed", tmp_path / "originals", cache)
    assert (held.path, held.read_as, held.status) == (folder / "file.csv", "digest", "digest")
    assert held.hashes == tuple(original_of(b"p,q\r\n1,2\r\n")[key] for key in ("sha256", "sha256_lf"))


def test_a_landed_edition_takes_the_packaged_ones_place(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    make("raw", "2023", status="digest", original=original_of(b"x"))
    landed = make("landed", "2023", b"p,q\n1,2\n")
    [held] = load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    assert held.folder == landed


def test_a_folder_of_originals_that_is_none_is_a_wrong_setting(tmp_path: Path, cache: HashCache) -> None:
    with pytest.raises(ConfigurationError, match="FLEETSTATS_ORIGINALS is not a folder"):
        index_originals(tmp_path / "none", cache, 1)


def test_a_vintage_has_what_was_issued_by_its_day(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    make("raw", "2022", issued_on=date(2023, 2, 17))
    make("raw", "2023", issued_on=date(2024, 2, 2))
    make("raw", "2023-amended-1", issued_on=date(2024, 5, 1), supersedes="2023", status="amended")
    make("raw", "figures", issued_on="by_row", status="transcribed")
    held = load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)

    def editions(day: date | None) -> list[str]:
        return [h.filing.edition for h in in_vintage(held, day)]

    assert editions(date(2023, 2, 16)) == ["figures"]
    assert editions(date(2023, 2, 17)) == ["2022", "figures"]
    assert editions(date(2024, 4, 30)) == ["2022", "2023", "figures"]
    assert editions(None) == ["2022", "2023", "2023-amended-1", "figures"]
    # What an amendment replaces is in force until it is issued
    assert superseded(in_vintage(held, date(2024, 4, 30))) == set()
    assert superseded(held) == {"cadmv_mileage/2023"}


def test_an_amendment_that_waits_is_held_but_neither_read_nor_in_force(
    tmp_path: Path, make: Callable[..., Path], cache: HashCache
) -> None:
    make("raw", "2023")
    folder = make("raw", "2023-amended-1", supersedes="2023", status="amended", accepted=False)
    filing = read_filing(folder)
    held = load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    assert [h.filing.edition for h in held] == ["2023", "2023-amended-1"]
    assert [h.filing.edition for h in in_vintage(held, None)] == ["2023"]
    assert superseded(in_vintage(held, None)) == set()
    write_filing(folder, filing)
    assert read_filing(folder) == filing
    make("raw", "2023-amended-2", supersedes="2023-amended-1", status="amended")
    with pytest.raises(BadInput, match="fleetstats accept cadmv_mileage 2023-amended-1"):
        load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    write_filing(folder, filing.model_copy(update={"accepted": True}))
    assert "accepted" not in (folder / "filing.yml").read_text(encoding="utf-8")
    held = load_catalogue(tmp_path / "raw", tmp_path / "landed", None, cache)
    assert superseded(in_vintage(held, None)) == {"cadmv_mileage/2023", "cadmv_mileage/2023-amended-1"}


@pytest.mark.parametrize(
    ("edition", "there", "name", "supersedes"),
    [
        ("2023", ["2022", "2023"], "2023-amended-1", "2023"),
        ("2023", ["2023", "2023-amended-1"], "2023-amended-2", "2023-amended-1"),
        ("2023-amended-1", ["2023", "2023-amended-1"], "2023-amended-2", "2023-amended-1"),
        ("2023", ["2023-amended-2", "2023-amended-10", "2023"], "2023-amended-11", "2023-amended-10"),
        (
            "2023-driverless",
            ["2023-amended-4", "2023-driverless"],
            "2023-driverless-amended-1",
            "2023-driverless",
        ),
    ],
)
def test_an_amendment_follows_the_last_of_its_chain(
    edition: str, there: list[str], name: str, supersedes: str
) -> None:
    assert next_amendment(edition, there) == (name, supersedes)
