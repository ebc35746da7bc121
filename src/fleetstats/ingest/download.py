"""One download over HTTP that can be trusted: limits on time, size and redirects; resumed; nothing but bytes.

A server may be slow, cut off, endless, or lie about lengths and compression. What the network or the server
fails to deliver is `DownloadFailed`, after as many attempts as the policy has; what must not be used is
`BadInput`, at once.
"""

from __future__ import annotations

import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal
from urllib.parse import urljoin

import httpcore
import httpx

from fleetstats import __version__
from fleetstats.core.errors import BadInput, DownloadFailed, HostUnreachable, shorten
from fleetstats.ingest.addresses import check_url
from fleetstats.ingest.transport import Transport, Wire

if TYPE_CHECKING:
    import ssl

USER_AGENT = f"fleetstats/{__version__} (+fleetstats; a nightly reader of published reports)"
_MIB = 1 << 20
_PIECE = 1 << 16
_RETRIED = range(500, 600)
_REDIRECTS = (301, 302, 303, 307, 308)
_BY_HAND = "fetch again later; if it stays so, download the file with a browser and use fleetstats add"
_RANDOM = secrets.SystemRandom()


@dataclass(frozen=True)
class Policy:
    """The limits of a download. `allow_loopback` is for tests, and can be set from Python only."""

    connect_seconds: float = 15
    read_seconds: float = 60
    total_seconds: float = 900
    largest: int = 256 * _MIB
    redirects: int = 5
    attempts: int = 4
    backoff_seconds: float = 2
    longest_wait_seconds: float = 120
    allow_loopback: bool = False
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Validators:
    """What a server said of the bytes it gave, to ask next time whether they are still those."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def strong(self) -> str | None:
        """The one by which a part can be joined to another part."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


@dataclass(frozen=True)
class Answer:
    """How a download ended. With `whole` the partial file holds all bytes."""

    status: Literal["whole", "not_modified", "absent"]
    url: str
    validators: Validators = Validators()


@dataclass
class Partial:
    """A file that is being downloaded, and the server's word for which bytes it is a part of."""

    path: Path
    validators: Validators = Validators()
    remember: Callable[[Validators], None] = lambda _: None

    @property
    def size(self) -> int:
        """How many bytes are there that can be gone on from."""
        return self.path.stat().st_size if self.validators.strong and self.path.exists() else 0

    def begin(self, validators: Validators) -> None:
        """Forget what is there: what follows is a part of other bytes."""
        self.remember(Validators())
        self.path.write_bytes(b"")
        self.validators = validators
        self.remember(validators)


class _AgainError(Exception):
    """An answer after which the same request may succeed; `wait` if the server said when."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass
class Download:
    """One address to be downloaded into a partial file."""

    url: str
    hosts: list[str]
    partial: Partial
    policy: Policy
    known: Validators | None = None
    progress: Callable[[int, int | None], None] = lambda _done, _of: None
    context: ssl.SSLContext | None = None
    _deadline: float = field(default=0.0, init=False)

    def run(self) -> Answer:
        """Ask until there is an answer.

        Raises `BadInput` for what must not be used, `DownloadFailed` for what was not delivered,
        `HostUnreachable` if the last attempt made no connection.
        """
        self._deadline = time.monotonic() + self.policy.total_seconds
        said = ""
        kind: type[DownloadFailed] = DownloadFailed
        for attempt in range(self.policy.attempts):
            wait: float | None = None
            kind = DownloadFailed
            try:
                return self._ask()
            except _AgainError as error:
                said, wait = str(error), error.wait
            except (httpx.InvalidURL, ValueError) as error:
                raise BadInput(
                    "a redirect to what is no address",
                    file=self.url,
                    found=shorten(str(error)),
                    expected="the address of a file, beginning with https://",
                    todo=_BY_HAND,
                ) from error
            except (httpx.TransportError, httpcore.NetworkError, OSError) as error:
                if isinstance(error, OSError) and error.filename is not None:
                    raise  # The disk's fault
                said = _words(error)
                if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    kind = HostUnreachable
            if time.monotonic() >= self._deadline:
                said = f"not done within {self.policy.total_seconds:g} s; at the end: {said}"
                break
            if "CERTIFICATE_VERIFY_FAILED" in said:
                break
            if wait is not None and wait > self.policy.longest_wait_seconds:
                said += f", and to wait for {wait:,.0f} s"
                break
            if attempt + 1 < self.policy.attempts:
                self.policy.sleep(self._pause(attempt) if wait is None else wait)
        else:
            said += f" ({self.policy.attempts} attempts)"
        raise kind(
            f"the download failed\n  where:    {shorten(self.url, 400)}\n  found:    {shorten(said, 400)}\n"
            "  to do:    nothing was landed; fetch again later"
        )

    def _pause(self, attempt: int) -> float:
        return self.policy.backoff_seconds * 2.0**attempt * float(_RANDOM.uniform(0.5, 1.0))

    def _ask(self) -> Answer:
        """One attempt: follow redirects to an answer, and its bytes into the file."""
        url = self.url
        for _ in range(self.policy.redirects + 1):
            check_url(url, self.hosts, allow_loopback=self.policy.allow_loopback)
            wire = Wire(self._deadline)
            with httpx.Client(
                transport=Transport(wire, self.policy.allow_loopback, self.context),
                timeout=httpx.Timeout(self.policy.read_seconds, connect=self.policy.connect_seconds),
                trust_env=False,
            ) as client:
                request = client.build_request("GET", url, headers=self._headers())
                response = client.send(request, stream=True)
                try:
                    location = response.headers.get("location")
                    if response.status_code in _REDIRECTS and location:
                        url = urljoin(url, location)
                        continue
                    return self._receive(response, wire, url)
                finally:
                    response.close()
        raise BadInput(
            "too many redirects",
            file=self.url,
            found=f"{self.policy.redirects + 1}, the last one to {shorten(url)}",
            expected=f"at most {self.policy.redirects}",
            todo="look at the address in a browser",
        )

    def _headers(self) -> dict[str, str]:
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "text/csv, */*;q=0.5",
            # Bytes as they lie on the server: only those can be gone on from
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if self.known is not None:
            if self.known.etag:
                headers["If-None-Match"] = self.known.etag
            if self.known.last_modified:
                headers["If-Modified-Since"] = self.known.last_modified
        if self.partial.size:
            headers["Range"] = f"bytes={self.partial.size}-"
            headers["If-Range"] = self.partial.validators.strong or ""
        return headers

    def _receive(self, response: httpx.Response, wire: Wire, url: str) -> Answer:
        status = response.status_code
        if status in (404, 410):
            return Answer("absent", url)
        if status == 304 and self.known is not None:
            return Answer("not_modified", url)
        said = f"the server answered {status} {response.reason_phrase}".rstrip()
        if status == 429 or status in _RETRIED:
            wait = _retry_after(response.headers.get("retry-after")) if status in (429, 503) else None
            raise _AgainError(said, wait)
        if status == 416 and self.partial.size:
            self.partial.begin(Validators())
            raise _AgainError(said)
        if status not in (200, 206):
            raise DownloadFailed(
                f"the download failed\n  where:    {shorten(url, 400)}\n  found:    {shorten(said)}\n"
                "  to do:    look at the address in a browser; nothing was landed"
            )
        validators = Validators(response.headers.get("etag"), response.headers.get("last-modified"))
        start = self._start(response, validators)
        self._write(response, wire, start)
        return Answer("whole", url, validators)

    def _start(self, response: httpx.Response, validators: Validators) -> int:
        """From which byte on the answer goes; anything but a clean continuation begins anew."""
        if response.status_code == 206:
            start = self.partial.size
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
            if (
                start
                and match
                and int(match[1]) == start
                and not response.headers.get("content-encoding")
                # Without the server's word for which bytes these are, two parts may be of two files
                and validators.strong == self.partial.validators.strong
            ):
                return start
            self.partial.begin(Validators())
            raise _AgainError("the server answered with another part than was asked for")
        coded = response.headers.get("content-encoding", "identity") != "identity"
        self.partial.begin(Validators() if coded else validators)
        return 0

    def _write(self, response: httpx.Response, wire: Wire, start: int) -> None:
        length = _length(response, self.url)
        self._refuse_larger(start + (length or 0), "declared")
        done = start
        total = None if length is None else start + length
        with self.partial.path.open("ab") as file:
            for piece in _decoded(self._on_the_wire(response), response.headers, self.url):
                done += len(piece)
                self._refuse_larger(done, "unpacked so far")
                _put(file, piece)
                self.progress(done, total)
        if length is not None and wire.more_than(length):
            raise BadInput(
                "more bytes than the server declared",
                file=self.url,
                found=f"more than {length:,} bytes",
                expected=f"Content-Length: {length}",
                todo=_BY_HAND,
            )

    def _on_the_wire(self, response: httpx.Response) -> Iterator[bytes]:
        received = 0
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError(f"not a stream to be read here: {type(stream).__name__}")
        for piece in stream:
            received += len(piece)
            self._refuse_larger(received, "received so far")
            yield piece

    def _refuse_larger(self, size: int, what: str) -> None:
        if size > self.policy.largest:
            raise BadInput(
                "a file larger than any report",
                file=self.url,
                found=f"{size:,} bytes {what}",
                expected=f"at most {self.policy.largest:,} bytes",
                todo="look at the address in a browser; a file that is right can be landed with fleetstats add",
            )


def _length(response: httpx.Response, url: str) -> int | None:
    """The declared length of the body; of a chunked one there is none."""
    text = response.headers.get("content-length")
    if text is None or "transfer-encoding" in response.headers:
        return None
    if not re.fullmatch(r"\d{1,15}", text):
        raise BadInput(
            "a length that is no number", file=url, column="Content-Length", found=text, todo=_BY_HAND
        )
    return int(text)


def _decoded(pieces: Iterable[bytes], headers: httpx.Headers, url: str) -> Iterator[bytes]:
    """Bytes as they were before compression, in pieces of bounded size however much they were compressed."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        yield from pieces
        return
    if coding not in ("gzip", "x-gzip"):
        raise BadInput(
            "a compression that was not asked for",
            file=url,
            column="Content-Encoding",
            found=coding,
            expected="none, or gzip",
            todo=_BY_HAND,
        )
    inflater = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            rest = piece
            while rest and not inflater.eof:
                yield inflater.decompress(rest, _PIECE)
                rest = inflater.unconsumed_tail
        while not inflater.eof and (piece := inflater.decompress(inflater.unconsumed_tail, _PIECE)):
            yield piece
    except zlib.error as error:
        raise BadInput(
            "compressed bytes that cannot be unpacked",
            file=url,
            found=str(error),
            expected="gzip, as Content-Encoding says, or no compression",
            todo=_BY_HAND,
        ) from error
    if inflater.unused_data:
        raise BadInput(
            "bytes after the end of the compressed ones",
            file=url,
            found=f"{len(inflater.unused_data):,} bytes or more",
            expected="one gzip member",
            todo=_BY_HAND,
        )
    if not inflater.eof:
        raise _AgainError("the compressed bytes end too early")


def _put(file: BinaryIO, piece: bytes) -> None:
    """Write; an error of the disk names the file, so that it is not taken for one of the network."""
    try:
        file.write(piece)
        file.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, file.name) from error


def _retry_after(text: str | None) -> float | None:
    """Seconds to wait, from either form of Retry-After; None if it says nothing."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _words(error: Exception) -> str:
    """What went wrong on the network, for a person."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{kind}: {error}" if str(error) else kind
