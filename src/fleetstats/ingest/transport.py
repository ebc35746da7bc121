"""Connections that go only where they may, and end when they must."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from fleetstats.ingest.addresses import resolve

if TYPE_CHECKING:
    import ssl


class Wire:
    """What came through one connection: when it has to end, and how long the body really was."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.stream: httpcore.NetworkStream | None = None
        self.head = b""
        self.body: int | None = None

    def limit(self, timeout: float | None, late: type[Exception]) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise late("the time for the whole download is over")
        return left if timeout is None else min(timeout, left)

    def saw(self, data: bytes) -> None:
        if self.body is not None:
            self.body += len(data)
            return
        self.head += data
        head, end, rest = self.head.partition(b"\r\n\r\n")
        while end and re.match(rb"HTTP/1\.\d 1\d\d", head):
            self.head = rest
            head, end, rest = self.head.partition(b"\r\n\r\n")
        if end:
            self.body, self.head = len(rest), b""

    def more_than(self, length: int) -> bool:
        """Whether bytes follow a body of this length; a server that is done closes, as it was asked to."""
        if self.stream is not None:
            with suppress(httpcore.TimeoutException, httpcore.NetworkError):
                self.saw(self.stream.read(1, 0.25))
        return self.body is not None and self.body > length


class _Stream(httpcore.NetworkStream):
    """A connection of which no step lasts longer than the whole may."""

    def __init__(self, inner: httpcore.NetworkStream, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire
        wire.stream = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._wire.limit(timeout, httpcore.ReadTimeout))
        self._wire.saw(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wire.limit(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = self._wire.limit(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, limit), self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the very addresses that were checked: a name is not resolved a second time."""

    def __init__(self, wire: Wire, allow_loopback: bool) -> None:
        self._wire = wire
        self._allow_loopback = allow_loopback
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = resolve(host, port, allow_loopback=self._allow_loopback)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not known: {error}") from error
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            limit = self._wire.limit(timeout, httpcore.ConnectTimeout)
            try:
                inner = self._inner.connect_tcp(address, port, limit, local_address, socket_options)
                return _Stream(inner, self._wire)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class Transport(httpx.HTTPTransport):
    """httpx's own transport over connections of ours; no proxy, no second use of a connection."""

    def __init__(self, wire: Wire, allow_loopback: bool, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context or httpx.create_ssl_context(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_Backend(wire, allow_loopback),
        )
