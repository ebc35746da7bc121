"""Where downloads may come from: the addresses that a source declares, and which of them may be asked.

Neither a redirect nor a name server can lead a download to a host that is not listed, nor into this machine
or its network.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fleetstats.core.errors import BadInput, what_is_wrong
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.filing import EDITION

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What name resolution takes for a number in another notation: 2130706433, 0x7f.1, 0177.0.0.1
_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*", re.IGNORECASE)


class Address(BaseModel):
    """Where one edition is, or will be; from `due` on it is expected to be there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edition: Annotated[str, BeforeValidator(str), Field(pattern=f"^{EDITION.pattern}$")]
    url: str
    due: date


class Declared(BaseModel):
    """What source.yml says of downloads; its other keys are others' to read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hosts: list[str] = []
    addresses: list[Address] = []


def declared(path: Path) -> Declared:
    """The hosts and addresses of a source.yml; `BadInput` names what is wrong in it."""
    try:
        return Declared.model_validate(load_yaml(path))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise BadInput(
            "a source.yml that cannot be used",
            file=path,
            found=what_is_wrong(error),
            expected="hosts, and addresses with edition, url and due",
            todo="fix the key that is named",
        ) from error


def check_url(url: str, hosts: list[str], *, allow_loopback: bool = False) -> None:
    """Raise `BadInput` unless `url` is https on a listed host, without user, password or a port of its own.

    An address in numbers is refused in every notation, listed or not. `allow_loopback`, for tests, lets
    http and any port of a listed loopback address pass.
    """

    def refused(problem: str, expected: str) -> BadInput:
        return BadInput(
            problem,
            found=url,
            expected=expected,
            todo="look at the address in a browser; if the publisher moved, fix hosts and addresses in source.yml",
        )

    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise refused("an address that cannot be read", "https://host/path") from error
    if any(ord(c) <= 32 or ord(c) == 127 for c in url) or parts.username is not None or "\\" in url:
        raise refused("an address that cannot be read", "no user, password, blank or control character")
    number = _literal(host)
    loopback = allow_loopback and number is not None and number.is_loopback
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise refused("an address that is not https", "https://…")
    if host not in hosts:
        raise refused("a host that is not listed", f"one of {', '.join(hosts) or 'no host at all'}")
    if (number is not None or _NUMBER.fullmatch(host)) and not loopback:
        raise refused("an address in numbers in place of a host's name", f"one of {', '.join(hosts)}")
    if port not in (None, 443) and not loopback:
        raise refused("a port of its own", "https on port 443")


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the public internet, looking through IPv4 inside IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int, *, allow_loopback: bool = False) -> list[str]:
    """The addresses of a host, all of them public; `BadInput` if one is not, `OSError` if there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = _literal(text.partition("%")[0])
        if address is None or not (is_public(address) or (allow_loopback and address.is_loopback)):
            raise BadInput(
                "a host that leads into a private network",
                found=f"{host} is {text}",
                expected="an address of the public internet",
                todo="see which name server answers here; nothing was asked of that address",
            )
    return addresses


def _literal(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
