"""Which addresses a download may go to."""

from __future__ import annotations

import ipaddress
from datetime import date, timedelta
from pathlib import Path

import pytest

from fleetstats.core.errors import BadInput
from fleetstats.core.settings import packaged
from fleetstats.filings.catalogue import filing_folders
from fleetstats.filings.filing import read_filing
from fleetstats.ingest.addresses import check_url, declared, is_public, resolve
from fleetstats.sources.registry import codes

HOSTS = ["www.dmv.ca.gov"]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.dmv.ca.gov/portal/file/2024-autonomous-mileage-reports-csv/",
        "https://WWW.DMV.CA.GOV/a.csv",
        "https://www.dmv.ca.gov:443/a.csv",
        "https://www.dmv.ca.gov./a.csv",
    ],
)
def test_https_on_a_listed_host_may_be_asked(url: str) -> None:
    check_url(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.dmv.ca.gov/a.csv",
        "file:///etc/passwd",
        "ftp://www.dmv.ca.gov/a.csv",
        "//www.dmv.ca.gov/a.csv",
        "https:///a.csv",
        "https://dmv.ca.gov/a.csv",
        "https://www.dmv.ca.gov.example.org/a.csv",
        "https://example.org/www.dmv.ca.gov",
        "https://www.dmv.ca.gov@10.0.0.1/a.csv",
        "https://user:word@www.dmv.ca.gov/a.csv",
        "https://example.org\\@www.dmv.ca.gov/a.csv",
        "https://www.dmv.ca.gov:8443/a.csv",
        "https://www.dmv.ca.gov:x/a.csv",
        "https://[::1/a.csv",
        "https://www.dmv.ca.gov/a\r\nHost: b",
    ],
)
def test_other_addresses_may_not(url: str) -> None:
    with pytest.raises(BadInput):
        check_url(url, HOSTS)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "8.8.8.8", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "::1"]
)
def test_a_number_is_no_host_even_if_it_is_listed(host: str) -> None:
    url = f"https://[{host}]/a.csv" if ":" in host else f"https://{host}/a.csv"
    with pytest.raises(BadInput, match="in numbers"):
        check_url(url, [host])


def test_the_loopback_of_a_test_has_to_be_listed_and_allowed() -> None:
    check_url("http://127.0.0.1:8080/a.csv", ["127.0.0.1"], allow_loopback=True)
    for hosts, allow in ((["127.0.0.1"], False), ([], True)):
        with pytest.raises(BadInput):
            check_url("http://127.0.0.1:8080/a.csv", hosts, allow_loopback=allow)
    with pytest.raises(BadInput):
        check_url("http://10.0.0.1/a.csv", ["10.0.0.1"], allow_loopback=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_connected_to(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "::1", "0"])
def test_a_name_that_leads_into_this_machine_is_refused(host: str) -> None:
    with pytest.raises(BadInput, match="private network"):
        resolve(host, 443)


def test_a_source_yml_that_is_wrong_says_where(tmp_path: Path) -> None:
    path = tmp_path / "source.yml"
    path.write_text('addresses:\n  - edition: "2024"\n    url: https://a.example/\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"addresses\.0\.due"):
        declared(path)


@pytest.mark.parametrize("source", codes())
def test_what_is_declared_can_be_asked_and_is_what_the_filings_say(source: str) -> None:
    raw = packaged("data") / "raw"
    found = declared(raw / source / "source.yml")
    editions = [address.edition for address in found.addresses]
    assert len(set(editions)) == len(editions)
    assert bool(found.hosts) is bool(found.addresses) is source.startswith("cadmv_")
    filings = {f.edition: f for f in map(read_filing, filing_folders(raw)) if f.source == source}
    for address in found.addresses:
        check_url(address.url, found.hosts)
        assert address.due == date(int(address.edition[:4]) + 1, 2, 1) + timedelta(days=60)
        if address.edition in filings:
            assert filings[address.edition].url == address.url
    direct = {e for e, f in filings.items() if "/portal/file/" in (f.url or "")}
    assert direct <= set(editions)
