"""Downloads from a server that lies: on real sockets, and nothing that is refused touches the filings.

With FLEETSTATS_SHOW=FILE what each case printed is appended to that file.
"""

from __future__ import annotations

import fcntl
import gzip
import ipaddress
import json
import os
import re
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

import fleetstats.cli.app
import fleetstats.ingest.fetch
from fleetstats.core.errors import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_DOWNLOAD_FAILED,
    BadInput,
    ConfigurationError,
)
from fleetstats.core.hash_cache import HashCache
from fleetstats.core.settings import Settings, packaged
from fleetstats.filings.catalogue import load_catalogue
from fleetstats.filings.chains import in_vintage
from fleetstats.filings.filing import read_filing
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.download import USER_AGENT, Policy
from fleetstats.ingest.fetch import Fetched, exit_code, fetch, summary
from fleetstats.ingest.land import accept, add
from fleetstats.pipeline.build import run
from tests.integration.test_bad_input import csv_bytes, listing, mileage, miles_of, without

DUE = date(2025, 4, 2)
TODAY = date(2025, 3, 1)
CONTENT = csv_bytes(mileage())
OTHER = csv_bytes(mileage(first_miles="2,000.00"))
THIRD = csv_bytes(mileage(first_miles="3,000.00"))
HTML = b"<!DOCTYPE html>\r\n<html><body>We moved!</body></html>\r\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


class Elsewhere(Settings):
    """Settings with packaged data of the test's own."""

    packaged_data: Path

    @property
    def data(self) -> Path:
        return self.packaged_data


@dataclass
class Liar:
    """A server on loopback, what it answers, and what it was asked."""

    server: ThreadingHTTPServer
    settings: Settings
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/2024.csv"

    @property
    def policy(self) -> Policy:
        return Policy(
            connect_seconds=2, read_seconds=2, total_seconds=20, largest=1 << 20, allow_loopback=True,
            sleep=self.slept.append,
        )  # fmt: skip

    def tree(self) -> dict[str, str]:
        return listing(self.settings.landed)

    def fetch(self, *answers: Answer, today: date = TODAY, edition: str = "2024", **limits: Any) -> Fetched:
        """Fetch once; the last answer is given as often as it is asked for."""
        self.answers[:] = answers
        self.asked.clear()
        self.slept.clear()
        (one,) = fetch(
            self.settings, "cadmv_mileage", edition, today=today, policy=replace(self.policy, **limits)
        )
        return one


def declare(liar: Liar, hosts: list[str], url: str, edition: str = "2024") -> None:
    """Say in source.yml where an edition is to be had."""
    path = liar.settings.raw / "cadmv_mileage" / "source.yml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values |= {"hosts": hosts, "addresses": [{"edition": edition, "url": url, "due": DUE}]}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")


def certify(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def liar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """A server that answers what a test gives it, and a home in which 2024 is to be had from it."""
    # Three filers, as of these tests, would not follow the twenty of the year before
    monkeypatch.setattr("fleetstats.ingest.land.implausible", lambda *_: None)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            it.asked.append({k.lower(): v for k, v in self.headers.items()})
            self.close_connection = True
            answer = it.answers.pop(0) if len(it.answers) > 1 else it.answers[0]
            with suppress(OSError):
                answer(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    data = tmp_path / "data"
    shutil.copytree(packaged("data"), data)
    settings = Elsewhere(home=tmp_path / "home", originals=None, packaged_data=data)
    it = Liar(server, settings)
    declare(it, ["127.0.0.1"], it.url)
    yield it
    server.shutdown()
    server.server_close()
    thread.join()


def give(
    content: bytes = b"",
    status: int = 200,
    *,
    length: int | None = None,
    cut: int | None = None,
    **headers: str,
) -> Answer:
    """An answer: status, headers, and the content or its beginning, under this length or the true one."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content[:cut])

    return answer


def go_to(place: str) -> Answer:
    return give(status=302, Location=place)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    for byte in CONTENT:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def drip_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(1000):
        handler.wfile.write(b"a")
        time.sleep(0.05)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(CONTENT)


def endless_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(CONTENT), CONTENT))


def ranges(content: bytes, etag: str) -> Answer:
    """A server that can go on, where If-Range is still right."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        if match is None or handler.headers.get("If-Range") != etag:
            return give(content, ETag=etag)(handler)
        start = int(match[1])
        part = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return give(content[start:], 206, ETag=etag, Content_Range=part)(handler)

    return answer


BOMB = gzip.compress(b"0" * (64 << 20))


@dataclass(frozen=True)
class Lie:
    """What a server answers, and what has to come of it."""

    case: str
    answer: Answer
    status: str
    says: tuple[str, ...]
    requests: int = 1
    limits: dict[str, Any] = field(default_factory=dict)


SHORT = {"total_seconds": 0.8}
LIES = [
    Lie("slow, a byte at a time", drip, "failed", ("not done within 0.8 s",), limits=SHORT),
    Lie("slow in its head", drip_head, "failed", ("not done within 0.8 s",), limits=SHORT),
    Lie("silent", silent, "failed", ("read timeout", "2 attempts"), 2, {"read_seconds": 0.3, "attempts": 2}),
    Lie("truncated", give(CONTENT, cut=500), "failed", ("4 attempts",), 4),
    Lie("shorter than declared", give(CONTENT, length=len(CONTENT) + 10), "failed", ("4 attempts",), 4),
    Lie("longer than declared", give(CONTENT, length=len(CONTENT) - 10), "refused", ("more bytes than",)),
    Lie("longer than declared, at a record's end", give(CONTENT, length=CONTENT.rindex(b'\r\n"Nuro') + 2),
        "refused", ("more bytes than",)),
    Lie("a length that is none", give(CONTENT, length=-1), "failed", ("remote protocol error",), 4),
    Lie("declared too large", give(b"", length=2 << 20), "refused", ("larger than any report", "declared")),
    Lie("endless", endless, "refused", ("larger than any report",)),
    Lie("endless in chunks", endless_chunks, "refused", ("larger than any report",)),
    Lie("gzip bomb", give(BOMB, Content_Encoding="gzip"), "refused", ("larger than any", "unpacked so far")),
    Lie("gzip that is none", give(CONTENT, Content_Encoding="gzip"), "refused", ("cannot be unpacked",)),
    Lie("gzip with more behind it", give(gzip.compress(CONTENT) + b"more", Content_Encoding="gzip"), "refused",
        ("after the end",)),
    Lie("gzip cut off", give(gzip.compress(CONTENT)[:-20], Content_Encoding="gzip"), "failed",
        ("end too early",), 4),
    Lie("another compression", give(CONTENT, Content_Encoding="br"), "refused", ("not asked for", "br")),
    Lie("redirect into a private network", go_to("http://10.0.0.1/a.csv"), "refused", ("not https",)),
    Lie("redirect to cloud metadata", go_to("https://169.254.169.254/latest"), "refused", ("not listed",)),
    Lie("redirect to a file", go_to("file:///etc/passwd"), "refused", ("not https", "file:///etc/passwd")),
    Lie("redirect to an unlisted host", go_to("https://example.org/a.csv"), "refused", ("not listed",)),
    Lie("redirect to another loopback", go_to("http://127.0.0.2/a.csv"), "refused", ("not listed",)),
    Lie("redirect with a user", go_to("http://127.0.0.1@10.0.0.1/"), "refused", ("cannot be read",)),
    Lie("redirect loop", go_to("/2024.csv"), "refused", ("too many redirects",), 6),
    Lie("HTML with status 200", give(HTML, Content_Type="text/csv"), "refused", ("HTML, not a CSV file",)),
    Lie("empty with status 200", give(b""), "refused", ("an empty file",)),
    Lie("a column gone", give(csv_bytes(without(mileage(), 16))), "refused", ("a column is missing",)),
    Lie("the report of another year", give(csv_bytes(mileage(2022))), "refused", ("month columns",)),
    Lie("too many requests", give(status=429, Retry_After="7"), "failed", ("429", "4 attempts"), 4),
    Lie("too many requests, for a day", give(status=429, Retry_After="86400"), "failed",
        ("429", "86,400 s")),
    Lie("unavailable for long", give(status=503, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT"), "failed",
        ("503", "to wait for")),
    Lie("broken", give(status=500), "failed", ("500", "4 attempts"), 4),
    Lie("forbidden", give(status=403), "failed", ("403",)),
    Lie("not modified, unasked", give(status=304), "failed", ("304",)),
    Lie("a part, unasked", give(CONTENT[100:], 206, Content_Range="bytes 100-200/300"), "failed",
        ("another part",), 4),
]  # fmt: skip


def show(case: str, results: list[Fetched]) -> None:
    path = os.environ.get("FLEETSTATS_SHOW")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            text = "\n".join(summary(results))
            file.write(f"### {case}\n{text}\nexit {exit_code(results)}\n\n")


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.case)
def test_nothing_lands_of_what_a_liar_gives(liar: Liar, lie: Lie) -> None:
    (liar.settings.landed / "cadmv_mileage").mkdir(parents=True)
    (liar.settings.landed / "cadmv_mileage" / "gaps.csv").write_text(
        "company,scope,measure,period,status,reason\n"
    )
    before = liar.tree()
    started = time.monotonic()
    found = liar.fetch(lie.answer, **lie.limits)
    seconds = time.monotonic() - started
    show(lie.case, [found])
    assert (found.status, found.filing) == (lie.status, None), found
    for words in lie.says:
        assert words in (found.message or ""), found.message
    assert "to do:" in (found.message or "")
    assert "Traceback" not in (found.message or "")
    assert len(liar.asked) == lie.requests
    assert exit_code([found]) == (EXIT_BAD_INPUT if lie.status == "refused" else EXIT_DOWNLOAD_FAILED)
    assert liar.tree() == before
    assert seconds < 4
    # The next one is honest
    found = liar.fetch(give(CONTENT))
    assert found.status == "landed", found.message
    assert (liar.settings.landed / "cadmv_mileage" / "2024" / "2024.csv").read_bytes() == CONTENT


def test_a_new_edition_lands_and_is_asked_for_only_if_it_changed(liar: Liar) -> None:
    found = liar.fetch(give(CONTENT, ETag='"one"', Last_Modified="Sat, 01 Feb 2025 00:00:00 GMT"))
    show("a new edition", [found])
    assert (found.status, found.filing, found.accepted) == ("landed", "cadmv_mileage/2024", True)
    assert found.compared_with == "cadmv_mileage/2023"
    assert any("another size: 12 rows" in text for text in found.warnings)
    assert liar.asked[0]["user-agent"] == USER_AGENT
    assert not {"cookie", "authorization", "referer", "from"} & set(liar.asked[0])
    filing = read_filing(liar.settings.landed / "cadmv_mileage" / "2024")
    assert (filing.issued_on, filing.retrieved_on, filing.issued_on_estimated) == (TODAY, TODAY, True)
    assert (filing.url, filing.status, filing.accepted) == (liar.url, "original", True)
    before = liar.tree()
    found = liar.fetch(give(status=304))
    show("304 with ETag", [found])
    assert (found.status, found.filing, exit_code([found])) == ("unchanged", "cadmv_mileage/2024", EXIT_DONE)
    assert liar.asked[0]["if-none-match"] == '"one"'
    assert liar.asked[0]["if-modified-since"] == "Sat, 01 Feb 2025 00:00:00 GMT"
    for same in (CONTENT, CONTENT.replace(b"\r\n", b"\n"), CONTENT.rstrip()):
        assert liar.fetch(give(same)).status == "unchanged"
    assert liar.tree() == before
    # Where the filing has gone, its validators have too
    shutil.rmtree(liar.settings.landed)
    found = liar.fetch(give(CONTENT))
    assert "if-none-match" not in liar.asked[0]
    assert found.status == "landed"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_not_yet_issued_or_missing(liar: Liar, status: int) -> None:
    found = liar.fetch(give(status=status), today=date(2025, 4, 1))
    show(f"{status} before it is due", [found])
    assert (found.status, found.warnings, exit_code([found])) == ("not_yet_issued", [], EXIT_DONE)
    found = liar.fetch(give(status=status), today=DUE)
    show(f"{status} after it was due", [found])
    assert (found.status, exit_code([found])) == ("missing", EXIT_DONE)
    assert "due by 2025-04-02" in found.warnings[0]
    assert not liar.settings.landed.exists()
    assert len(liar.asked) == 1


def test_waits_as_it_is_told_and_longer_each_time(liar: Liar) -> None:
    wait = give(status=429, Retry_After="7")
    found = liar.fetch(wait, give(status=500), give(status=503), give(CONTENT))
    show("429 with Retry-After, 500, 503, then 200", [found])
    assert (found.status, len(liar.asked)) == ("landed", 4)
    told, second, third = liar.slept
    assert told == 7
    assert 2 <= second <= 4 <= third <= 8


def test_a_download_that_was_cut_is_gone_on_with(liar: Liar) -> None:
    found = liar.fetch(give(CONTENT, cut=700, ETag='"one"'), ranges(CONTENT, '"one"'))
    show("cut, then gone on with", [found])
    assert (found.status, liar.asked[1]["range"], liar.asked[1]["if-range"]) == (
        "landed",
        "bytes=700-",
        '"one"',
    )
    assert (liar.settings.landed / "cadmv_mileage" / "2024" / "2024.csv").read_bytes() == CONTENT


def test_a_download_is_gone_on_with_another_night_but_never_with_other_bytes(liar: Liar) -> None:
    found = liar.fetch(give(CONTENT, cut=700, ETag='"one"'), attempts=1)
    assert (found.status, liar.tree()) == ("failed", {})
    found = liar.fetch(ranges(OTHER, '"two"'))
    assert liar.asked[0]["if-range"] == '"one"'
    assert (found.status, len(liar.asked)) == ("landed", 1)
    assert (liar.settings.landed / "cadmv_mileage" / "2024" / "2024.csv").read_bytes() == OTHER
    downloads = liar.settings.cache / "downloads"
    assert [p.name for p in downloads.iterdir()] == ["cadmv_mileage.2024.lock"]


def test_an_etag_that_is_weak_joins_nothing(liar: Liar) -> None:
    liar.fetch(give(CONTENT, cut=700, ETag='W/"one"'), give(CONTENT))
    assert "range" not in liar.asked[1]


def test_compressed_bytes_that_can_be_unpacked_are_taken(liar: Liar) -> None:
    found = liar.fetch(give(gzip.compress(CONTENT), Content_Encoding="gzip"))
    assert (found.status, found.size) == ("landed", len(CONTENT))
    assert liar.asked[0]["accept-encoding"] == "identity"


def test_a_redirect_on_the_same_host_is_followed(liar: Liar) -> None:
    found = liar.fetch(go_to("/files/2024-Autonomous-Mileage-Reports-CSV.csv"), give(CONTENT))
    assert found.status == "landed"
    filing = read_filing(liar.settings.landed / "cadmv_mileage" / "2024")
    assert (filing.file, filing.url) == ("2024-Autonomous-Mileage-Reports-CSV.csv", liar.url)


@pytest.mark.parametrize(
    "to",
    [
        "data:text/plain,hi",
        "javascript:1",
        "http://[",
        "https://a b/",
        "file:///etc/passwd",
        "http://x:99999/",
    ],
)
def test_a_redirect_to_what_is_no_address_is_refused_and_no_more(liar: Liar, to: str) -> None:
    found = liar.fetch(go_to(to), give(CONTENT))
    assert found.status in ("refused", "failed")
    assert liar.tree() == {}


def test_a_part_without_a_word_for_which_bytes_it_is_of_is_not_joined(liar: Liar) -> None:
    """The first answer is cut off; the second is a part of other bytes, and has no validator."""
    part = f"bytes 700-{len(OTHER) - 1}/{len(OTHER)}"
    found = liar.fetch(
        give(CONTENT, cut=700, ETag='"one"'), give(OTHER[700:], 206, Content_Range=part), give(CONTENT)
    )
    assert found.status == "landed"
    assert (liar.settings.landed / "cadmv_mileage" / "2024" / "2024.csv").read_bytes() == CONTENT


def test_a_name_in_an_address_leads_out_of_no_folder(liar: Liar) -> None:
    found = liar.fetch(go_to("/%2e%2e%2f%2e%2e%2fevil.csv"), give(CONTENT))
    assert found.status == "landed"
    filing = read_filing(liar.settings.landed / "cadmv_mileage" / "2024")
    assert filing.file in ("evil.csv", "cadmv_mileage-2024.csv")


def test_loopback_is_refused_unless_a_test_allows_it(liar: Liar) -> None:
    found = liar.fetch(give(CONTENT), allow_loopback=False)
    assert (found.status, liar.asked) == ("refused", [])


def test_a_listed_name_that_leads_into_this_machine_is_refused(liar: Liar) -> None:
    declare(liar, ["localhost"], "https://localhost/2024.csv")
    found = liar.fetch(give(CONTENT), allow_loopback=False)
    show("a listed name that leads into this machine", [found])
    assert (found.status, liar.asked, liar.slept) == ("refused", [], [])
    assert "a host that leads into a private network" in (found.message or "")


def test_certificates_are_verified(liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, tmp_path / "key.pem")
    liar.server.socket = context.wrap_socket(liar.server.socket, server_side=True)
    declare(liar, ["127.0.0.1"], liar.url.replace("http:", "https:"))
    found = liar.fetch(give(CONTENT))
    show("a certificate of nobody", [found])
    assert (found.status, liar.asked, liar.slept) == ("failed", [], [])
    assert "CERTIFICATE_VERIFY_FAILED" in (found.message or "")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert liar.fetch(give(CONTENT, length=len(CONTENT) - 10)).status == "refused"
    assert liar.fetch(give(CONTENT)).status == "landed"


def test_one_address_that_fails_does_not_stop_the_others(liar: Liar) -> None:
    path = liar.settings.raw / "cadmv_mileage" / "source.yml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    first = values["addresses"][0]
    values["addresses"] = [
        {**first, "edition": "2025", "url": f"http://127.0.0.1:{liar.port}/2025"},
        {**first, "edition": "2026", "url": "https://example.org/2026"},
        first,
    ]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    liar.answers[:] = [give(status=403), give(CONTENT)]
    results = fetch(liar.settings, "cadmv_mileage", today=TODAY, policy=liar.policy)
    assert [r.status for r in results] == ["failed", "refused", "landed"]
    assert exit_code(results) == EXIT_BAD_INPUT
    assert exit_code([results[0], results[2]]) == EXIT_DOWNLOAD_FAILED


def test_what_is_not_declared_is_refused_and_transcriptions_are_not_fetched(liar: Liar) -> None:
    with pytest.raises(BadInput, match="unknown source"):
        fetch(liar.settings, "cadmv", today=TODAY)
    with pytest.raises(BadInput, match="no address is declared"):
        fetch(liar.settings, "cadmv_mileage", "1999", today=TODAY)
    assert fetch(liar.settings, "bjrt_mileage", today=TODAY) == []


# Changed bytes under the same address


def figure(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.published), read_only=True) as connection:
        return connection.execute(
            "select distance_mi_reported, filing from mileage_report_year "
            "where report_year = 2024 and operator = 'waymo'"
        ).fetchall()


def test_changed_bytes_wait_for_a_person_and_are_read_only_then(liar: Liar) -> None:
    settings = liar.settings
    liar.fetch(give(CONTENT))
    first = run(settings)
    assert figure(settings) == [(miles_of(mileage(), "AVT003"), "cadmv_mileage/2024")]

    found = liar.fetch(give(OTHER), today=date(2025, 5, 1))
    show("changed bytes under the same address", [found])
    assert (found.status, found.filing) == ("landed", "cadmv_mileage/2024-amended-1")
    assert (found.supersedes, found.accepted) == ("cadmv_mileage/2024", False)
    assert "fleetstats accept cadmv_mileage 2024-amended-1" in (found.message or "")
    filing = read_filing(settings.landed / "cadmv_mileage" / "2024-amended-1")
    assert (filing.status, filing.issued_on, filing.accepted) == ("amended", date(2025, 5, 1), False)
    again = liar.fetch(give(OTHER))
    show("changed bytes, the night after", [again])
    assert (again.status, again.accepted) == ("unchanged", False)
    assert "waits to be accepted" in (again.message or "")
    assert run(settings).status == "unchanged"

    found = liar.fetch(give(THIRD), today=date(2025, 6, 1))
    assert (found.filing, found.supersedes) == (
        "cadmv_mileage/2024-amended-2",
        "cadmv_mileage/2024-amended-1",
    )
    why = ("the filer sent December again", date(2025, 6, 2))
    assert accept(settings, "cadmv_mileage", "2024-amended-1", why) == ["cadmv_mileage/2024-amended-1"]
    assert accept(settings, "cadmv_mileage", "2024-amended-1") == []
    second = run(settings)
    assert (second.status, second.publication_id != first.publication_id) == ("published", True)
    total = miles_of(mileage(first_miles="2,000.00"), "AVT003")
    assert figure(settings) == [(total, "cadmv_mileage/2024-amended-1")]

    back = liar.fetch(give(CONTENT))
    assert (back.status, back.filing) == ("unchanged", "cadmv_mileage/2024")
    assert "has been superseded" in back.warnings[0]


def test_an_amendment_is_accepted_with_those_it_supersedes(liar: Liar, tmp_path: Path) -> None:
    settings = liar.settings
    for content in (CONTENT, OTHER, THIRD):
        assert liar.fetch(give(content)).status == "landed"
    path = tmp_path / "2024.csv"
    path.write_bytes(csv_bytes(mileage(first_miles="4,000.00")))
    with pytest.raises(BadInput, match="waits to be accepted"):
        add(settings, Offer("cadmv_mileage", path, "2024", TODAY, TODAY))

    def in_force() -> list[str]:
        catalogue = load_catalogue(settings.raw, settings.landed, None, HashCache(None))
        return [h.filing.edition for h in in_vintage(catalogue, None) if h.filing.edition[:4] == "2024"]

    assert in_force() == ["2024"]
    with pytest.raises(BadInput, match="2024-amended-1, 2024-amended-2"):
        accept(settings, "cadmv_mileage", "2024-amended-3")
    assert accept(settings, "cadmv_mileage", "2024-amended-2") == [
        "cadmv_mileage/2024-amended-1",
        "cadmv_mileage/2024-amended-2",
    ]
    assert in_force() == ["2024", "2024-amended-1", "2024-amended-2"]


def test_the_original_of_a_digest_is_the_edition_and_other_bytes_are_not(liar: Liar, originals: Path) -> None:
    declare(liar, ["127.0.0.1"], liar.url, "2023")
    (path,) = originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv")
    content = path.read_bytes()
    copy = liar.fetch(give(content.replace(b"Waymo LLC", b"WAYMO LLC")), edition="2023")
    assert (copy.status, copy.filing) == ("landed", "cadmv_mileage/2023")
    assert "no figure differs" in copy.found[-1]
    assert not (liar.settings.landed / "cadmv_mileage").exists()
    first = content.index(b"Waymo LLC")
    changed = content[:first] + content[first:].replace(b",0,", b",1,", 1)
    waiting = liar.fetch(give(changed), edition="2023")
    assert (waiting.filing, waiting.accepted) == ("cadmv_mileage/2023-amended-1", False), waiting.message
    assert waiting.warnings == []
    found = liar.fetch(give(content), edition="2023")
    assert (found.status, found.filing, found.accepted) == ("landed", "cadmv_mileage/2023", True)
    filing = read_filing(liar.settings.landed / "cadmv_mileage" / "2023")
    assert (filing.issued_on, filing.status, filing.issued_on_estimated) == (
        date(2024, 2, 2),
        "original",
        False,
    )
    assert liar.fetch(give(content), edition="2023").status == "unchanged"


def test_an_edition_is_downloaded_by_one_process_at_a_time(liar: Liar) -> None:
    folder = liar.settings.cache / "downloads"
    folder.mkdir(parents=True)
    with (folder / "cadmv_mileage.2024.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = liar.fetch(give(CONTENT))
        assert (found.status, liar.asked) == ("failed", [])
        assert "another fetch is downloading" in (found.message or "")
    assert liar.fetch(give(CONTENT)).status == "landed"


def test_a_folder_that_cannot_be_written_is_a_setting_to_mend(liar: Liar) -> None:
    liar.settings.home.mkdir()
    liar.settings.cache.write_text("a file where a folder has to be")
    with pytest.raises(ConfigurationError, match="could not be written"):
        liar.fetch(give(CONTENT))


# The command line


@pytest.fixture
def command(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command line in this process, with the server's settings and limits."""

    def with_policy(*arguments: Any, **options: Any) -> list[Fetched]:
        return fetch(*arguments, **options, policy=liar.policy)

    monkeypatch.setattr(fleetstats.cli.filings, "settings", lambda: liar.settings)
    monkeypatch.setattr(fleetstats.ingest.fetch, "fetch", with_policy)
    return lambda *words: CliRunner().invoke(fleetstats.cli.app.app, list(words))


def test_the_command_line_says_what_was_fetched(liar: Liar, command: Callable[..., Any]) -> None:
    liar.answers[:] = [give(status=500)]
    done = command("fetch", "cadmv_mileage")
    assert (done.exit_code, "failed: cadmv_mileage/2024" in done.output) == (EXIT_DOWNLOAD_FAILED, True)
    liar.answers[:] = [give(HTML)]
    done = command("fetch", "cadmv_mileage")
    assert (done.exit_code, "HTML, not a CSV file" in done.output) == (EXIT_BAD_INPUT, True)
    liar.asked.clear()
    done = command("fetch", "cadmv_mileage", "--dry-run")
    assert (done.exit_code, liar.asked, liar.tree()) == (EXIT_DONE, [], {})
    assert f"planned: cadmv_mileage/2024  {liar.url}" in done.output
    liar.answers[:] = [give(CONTENT)]
    done = command("fetch", "--edition", "2024", "cadmv_mileage", "--json")
    (found,) = json.loads(done.output)
    assert (done.exit_code, found["status"], found["filing"]) == (0, "landed", "cadmv_mileage/2024")
    liar.answers[:] = [give(OTHER)]
    assert "fleetstats accept cadmv_mileage 2024-amended-1" in command("fetch", "cadmv_mileage").output
    done = command("add", "cadmv_mileage", "--edition", "2024-amended-1", "--accept")
    assert done.output.startswith("accepted: cadmv_mileage/2024-amended-1\n")
    done = command("accept", "cadmv_mileage", "2024-amended-1")
    assert done.output == "already accepted: cadmv_mileage/2024-amended-1\n"
    assert "Nothing is fetched" in command("fetch", "market_figures").output
    assert command("add", "cadmv_mileage", "--edition", "2024").exit_code == 2


def test_a_server_that_cannot_be_reached_is_not_asked_for_every_edition(liar: Liar) -> None:
    liar.server.server_close()  # nobody listens there any more
    path = liar.settings.raw / "cadmv_mileage" / "source.yml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["addresses"] = [
        {"edition": edition, "url": f"http://127.0.0.1:{liar.port}/{edition}.csv", "due": DUE}
        for edition in ("2024", "2025", "2026")
    ]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    before = liar.tree()
    found = fetch(liar.settings, "cadmv_mileage", today=TODAY, policy=liar.policy)
    assert [one.status for one in found] == ["failed"] * 3
    assert "(4 attempts)" in str(found[0].message)
    assert all("not asked" in str(one.message) for one in found[1:])
    assert len(liar.slept) == 3  # between the four attempts of the first
    assert liar.tree() == before
