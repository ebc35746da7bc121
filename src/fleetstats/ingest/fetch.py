"""Downloads: ask each declared address whether there is something new, and land what can be used.

An edition that is not held is landed and in force. Other bytes for an edition that is held are landed as
its amendment and wait until a person accepts them. What is refused stays under cache/downloads/, to be
looked at; the filings on disk are as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx

from fleetstats.core.errors import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_DOWNLOAD_FAILED,
    BadInput,
    ConfigurationError,
    DownloadFailed,
    HostUnreachable,
)
from fleetstats.core.files import FileHashes, hash_file
from fleetstats.core.locks import exclusive, lock_file
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import superseded, without_amendment
from fleetstats.filings.filing import Held
from fleetstats.ingest.addresses import Address, declared
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.download import Answer, Download, Partial, Policy, Validators
from fleetstats.ingest.land import add
from fleetstats.ingest.memory import Memory
from fleetstats.sources import registry

if TYPE_CHECKING:
    import ssl

Status = Literal["landed", "unchanged", "not_yet_issued", "missing", "refused", "failed", "planned"]

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.csv", re.IGNORECASE)


@dataclass
class Fetched:
    """What became of one address. `message` is for a person, where something has to be said.

    `filing` is the one that holds the bytes; `accepted` is false while it waits for a person.
    """

    source: str
    edition: str
    url: str
    status: Status
    filing: str | None = None
    sha256: str | None = None
    size: int | None = None
    supersedes: str | None = None
    compared_with: str | None = None
    accepted: bool | None = None
    found: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    message: str | None = None


def exit_code(fetched: list[Fetched]) -> int:
    """What the shell is told: bad input before failed downloads, since only the former needs a person."""
    statuses = {one.status for one in fetched}
    if "refused" in statuses:
        return EXIT_BAD_INPUT
    return EXIT_DOWNLOAD_FAILED if "failed" in statuses else EXIT_DONE


def summary(fetched: list[Fetched]) -> list[str]:
    """What is printed: one line for each address, what is to be known of it below."""
    if not fetched:
        return ["Nothing is fetched: no address is declared; transcribed sources are added by people."]
    words = []
    for one in fetched:
        size = f" ({one.size:,} bytes)" if one.size is not None and one.status == "landed" else ""
        filing = f"{one.source}/{one.edition}"
        as_what = f" as {one.filing}" if one.filing and one.filing != filing else ""
        words.append(f"{one.status.replace('_', ' ')}: {filing}{as_what}{size}  {one.url}")
        words += [f"  compared with {one.compared_with}"] if one.compared_with else []
        words += [f"  {text}" for text in one.found]
        words += [f"  warning: {text}" for text in one.warnings]
        words += [f"  {line}" for line in (one.message or "").splitlines()]
    if any(one.status == "landed" and one.accepted for one in fetched):
        words.append("Next: fleetstats run")
    return words


def fetch(
    settings: Settings,
    source: str | None = None,
    edition: str | None = None,
    *,
    today: date,
    accept: bool = False,
    dry_run: bool = False,
    progress: Progress = silent,
    policy: Policy | None = None,
) -> list[Fetched]:
    """Ask every declared address (of a source, of an edition) and land what is new; `today` dates it.

    One address that fails does not keep the others from being asked; each has its result. `accept` puts
    amendments into force at once; `dry_run` asks nobody and says which addresses would be asked. Raises
    `BadInput` for a source or edition that is not declared, and where the catalogue itself is damaged;
    `ConfigurationError` where the cache or landed/ cannot be written.
    """
    if source is not None:
        registry.source(source)
    wanted = [
        (code, hosts, address)
        for code, hosts, address in _declared(settings)
        if source in (None, code) and edition in (None, address.edition)
    ]
    if edition is not None and not wanted:
        raise BadInput(
            "no address is declared for this edition",
            column="--edition",
            found=edition,
            expected="one of the editions that fleetstats fetch --dry-run lists",
            todo="download the file with a browser and use fleetstats add",
        )
    fetcher = _Fetcher(settings, today, accept, policy or Policy(), progress)
    if dry_run:
        return [fetcher.planned(code, address) for code, _, address in wanted]
    try:
        return [fetcher.fetch(code, hosts, address) for code, hosts, address in wanted]
    except OSError as error:
        raise ConfigurationError(
            f"what was downloaded could not be written: {error.strerror or error}\n"
            f"  where:    {error.filename or settings.home}\n"
            "  to do:    make room or fix the folder's rights, and fetch again"
        ) from error


def fetch_source(settings: Settings, source: str, *, today: date, progress: Progress) -> list[dict[str, Any]]:
    """Fetch one source and tell the progress what was found; returns what became of each address, as JSON.

    Raises `DownloadFailed` where another time may help, `BadInput` where what was delivered cannot be used.
    What could be landed has been landed by then.
    """
    fetched = fetch(settings, source, today=today, progress=progress)
    words = summary(fetched)
    for line in words:
        progress("found", line)
    problems = "\n".join(["not everything was fetched", *words])
    if any(one.status == "failed" for one in fetched):
        raise DownloadFailed(problems)
    if any(one.status == "refused" for one in fetched):
        raise BadInput(problems)
    return [vars(one) for one in fetched]


def newly_landed(settings: Settings) -> list[dict[str, Any]]:
    """The filings under landed/ that this has not named before: filing, sha256, size, and whether in force.

    Each is named once, whoever landed it, so that a scheduler may announce it; what was named is remembered
    in the cache.
    """
    memory = Memory(settings.cache / "announced.json")
    new = []
    for held in Catalogue.open(settings):
        known = memory.get(held.filing.id)
        said = {"sha256": held.sha256, "accepted": held.filing.accepted}
        if not held.folder.is_relative_to(settings.landed) or known == said:
            continue
        memory.put(held.filing.id, said)
        new.append({"filing": held.filing.id, "size": held.path.stat().st_size, **said})
    return new


def _declared(settings: Settings) -> Iterator[tuple[str, list[str], Address]]:
    for source in registry.codes():
        found = declared(registry.packaged_folder(source, settings.raw) / "source.yml")
        for address in found.addresses:
            yield source, found.hosts, address


class _Fetcher:
    """The state of one fetch: the catalogue, what servers said last time, one TLS context."""

    def __init__(
        self, settings: Settings, today: date, accept: bool, policy: Policy, progress: Progress
    ) -> None:
        self._settings = settings
        self._today = today
        self._accept = accept
        self._policy = policy
        self._progress = progress
        self._context: ssl.SSLContext | None = None
        self._memory = Memory(settings.cache / "fetch.json")
        self._unreachable: set[str] = set()
        self._load()

    def _load(self) -> None:
        self._catalogue = Catalogue.open(self._settings)

    def planned(self, source: str, address: Address) -> Fetched:
        """What a dry run says of an address."""
        held = {h.filing.edition for h in self._catalogue if h.filing.source == source}
        found = "held; asked whether it changed" if address.edition in held else "not held"
        return Fetched(source, address.edition, address.url, "planned", found=[found])

    def fetch(self, source: str, hosts: list[str], address: Address) -> Fetched:
        """One address, from the request to the filing on disk."""
        self._progress("fetch", f"{source}/{address.edition}")
        result = Fetched(source, address.edition, address.url, "failed")
        try:
            with self._partial(result) as partial:
                answer = self._download(result, hosts, partial)
                if answer.status == "absent":
                    return self._absent(result, address)
                if answer.status == "not_modified":
                    result.status = "unchanged"
                    self._say_what_is_held(result, self._last_seen(result))
                    return result
                self._keep(result, answer, partial)
        except BadInput as error:
            result.status, result.message = "refused", str(error)
        except DownloadFailed as error:
            result.status, result.message = "failed", str(error)
        return result

    def _download(self, result: Fetched, hosts: list[str], partial: Partial) -> Answer:
        if self._context is None and result.url.startswith("https:"):
            self._context = httpx.create_ssl_context()
        key = f"{result.source}/{result.edition}"
        known = self._memory.get(key)
        held = self._last_seen(result)
        download = Download(
            result.url,
            hosts,
            partial,
            self._policy,
            known=_validators(known) if held is not None else None,
            progress=lambda done, of: self._progress(
                "fetch", f"{key} {done / 2**20:,.1f} MiB" + (f" of {of / 2**20:,.1f}" if of else "")
            ),
            context=self._context,
        )
        server = httpx.URL(result.url).netloc.decode()
        if server in self._unreachable:
            raise DownloadFailed(
                f"not asked: no connection to {server} could be made a moment ago\n"
                f"  where:    {result.url}\n  to do:    nothing was landed; fetch again later"
            )
        try:
            return download.run()
        except BadInput:
            partial.begin(Validators())
            raise
        except HostUnreachable:
            self._unreachable.add(server)
            raise

    @contextmanager
    def _partial(self, result: Fetched) -> Iterator[Partial]:
        """The partial file of an edition, for one process at a time; an empty one is not left behind."""
        folder = self._settings.cache / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{result.source}.{result.edition}.partial"
        key = f"{result.source}/{result.edition}#partial"
        busy = f"another fetch is downloading this edition\n  where:    {path}\n  to do:    wait until it is done"
        with exclusive(lock_file(path.with_suffix(".lock")), lambda: DownloadFailed(busy)):
            known = self._memory.get(key)
            same = known.get("url") == result.url
            try:
                yield Partial(
                    path,
                    _validators(known) if same else Validators(),
                    lambda validators: self._memory.put(key, {"url": result.url, **asdict(validators)}),
                )
            finally:
                if path.exists() and path.stat().st_size == 0:
                    path.unlink()

    def _last_seen(self, result: Fetched) -> Held | None:
        """The filing that holds the bytes that this address gave last time, if it is still there."""
        known = self._memory.get(f"{result.source}/{result.edition}")
        if known.get("url") != result.url:
            return None
        return next(
            (
                h
                for h in self._catalogue
                if h.filing.source == result.source
                and h.read_as == "original"
                and known.get("sha256") in (h.sha256, *h.hashes)
            ),
            None,
        )

    def _absent(self, result: Fetched, address: Address) -> Fetched:
        result.status = "not_yet_issued" if self._today < address.due else "missing"
        if result.status == "missing":
            result.warnings.append(
                f"not found, though it was due by {address.due}: look at the publisher's page for its address"
            )
        return result

    def _keep(self, result: Fetched, answer: Answer, partial: Partial) -> None:
        """Land the bytes unless they are held, and remember what the server called them."""
        path = partial.path.with_suffix("") / self._file_name(result, answer)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.path.replace(path)
        partial.remember(Validators())
        hashes = hash_file(path)
        result.sha256, result.size = hashes.sha256, hashes.size
        holder = self._holder(result, hashes)
        if holder is not None and holder.read_as == "original":
            result.status = "unchanged"
            self._say_what_is_held(result, holder)
        else:
            self._land(result, path, holder)
        memory = {"url": result.url, "sha256": result.sha256, **asdict(answer.validators)}
        self._memory.put(f"{result.source}/{result.edition}", memory)
        path.unlink()
        path.parent.rmdir()

    def _holder(self, result: Fetched, hashes: FileHashes) -> Held | None:
        """The edition, or the amendment of it, that has these bytes but for record ends."""
        alike = {hashes.sha256, hashes.sha256_lf}
        return next(
            (
                h
                for h in self._catalogue
                if h.filing.source == result.source
                and without_amendment(h.filing.edition) == result.edition
                and alike & {h.sha256, *h.hashes}
            ),
            None,
        )

    def _land(self, result: Fetched, path: Path, digest: Held | None) -> None:
        held = any(
            h.filing.source == result.source and h.filing.edition == result.edition for h in self._catalogue
        )
        filing = None if digest is None else digest.filing
        issued_on = filing.issued_on if filing is not None else self._today
        landed = add(
            self._settings,
            Offer(
                result.source,
                path,
                result.edition if filing is None else filing.edition,
                issued_on if isinstance(issued_on, date) else self._today,
                self._today,
                result.url,
                issued_on_estimated=not held if filing is None else filing.issued_on_estimated,
                accept_amendment=self._accept,
            ),
        )
        result.status = "landed"
        result.filing, result.supersedes = landed.filing, landed.supersedes
        result.compared_with, result.accepted = landed.compared_with, landed.accepted
        result.found += landed.found
        result.warnings += landed.warnings
        if filing is not None:
            result.found.append("the original of a digest that is held: its figures are the same")
        if not landed.accepted:
            result.message = (
                f"other bytes for an edition that is held; not in force until: fleetstats accept "
                f"{result.source} {landed.filing.partition('/')[2]}"
            )
        self._load()

    def _say_what_is_held(self, result: Fetched, holder: Held | None) -> None:
        if holder is None:
            return
        result.filing, result.accepted = holder.filing.id, holder.filing.accepted
        result.sha256, result.size = holder.sha256, holder.path.stat().st_size
        if not holder.filing.accepted:
            result.message = (
                f"waits to be accepted: fleetstats accept {result.source} {holder.filing.edition}"
            )
        elif holder.filing.id in superseded(h for h in self._catalogue if h.filing.accepted):
            result.warnings.append(
                f"the address gives the bytes of {holder.filing.id} again, which has been superseded"
            )

    def _file_name(self, result: Fetched, answer: Answer) -> str:
        last = httpx.URL(answer.url).path.rpartition("/")[2]
        return last if _FILE_NAME.fullmatch(last) else f"{result.source}-{result.edition}.csv"


def _validators(known: dict[str, Any]) -> Validators:
    return Validators(known.get("etag"), known.get("last_modified"))
