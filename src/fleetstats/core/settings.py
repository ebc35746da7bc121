"""Where things are. Nothing else in the package reads the environment."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE = Path(__file__).resolve().parents[1]


def packaged(name: str) -> Path:
    """A folder that ships with fleetstats (`data`, `sql`, `expectations`): inside the installed package,
    or at the root of the checkout that is being worked in."""
    installed = _PACKAGE / "_packaged" / name
    return installed if installed.exists() else _PACKAGE.parents[1] / name


_ADDED: list[Path] = []


def add_folder(root: Path) -> None:
    """Add a folder laid out as the repository is, for a source that is registered at run time."""
    _ADDED.append(root)


def remove_folder(root: Path) -> None:
    """Take away a folder that was added."""
    _ADDED.remove(root)


def added_folders(name: str) -> tuple[Path, ...]:
    """The folders of this name that came with sources registered at run time."""
    return tuple(root / name for root in _ADDED if (root / name).is_dir())


def packaged_folders(name: str) -> tuple[Path, ...]:
    """All folders of this name: the packaged one, and those that came with sources registered at run time."""
    return (packaged(name), *added_folders(name))


class Settings(BaseSettings):
    """The settings of one run, from `FLEETSTATS_*`.

    - `FLEETSTATS_HOME`: what a user has: landed filings, cache, warehouse, ledgers, reports
      (default: the current folder);
    - `FLEETSTATS_ORIGINALS`: a folder of publishers' files; wherever one of them is, by its sha256, the
      original of a digest, it is read in the digest's place (default: none);
    - `FLEETSTATS_WAREHOUSE_URL`: a PostgreSQL server to publish to, `postgresql+psycopg://…` (default: none,
      which is a DuckDB file in the home);
    - `FLEETSTATS_WAREHOUSE_CONN_ID`: the Airflow connection of that server, for scheduled runs; with it no
      other variable has to hold the password (default: none);
    - `FLEETSTATS_NOTIFY_URL`: where runs that failed, are late or recovered, and overdue sources are told, as a JSON
      POST with a `text` that Slack and its like show (default: nowhere but the ledger);
    - `FLEETSTATS_WRITERS_POOL`: the Airflow pool, of one slot, in which tasks wait for their turn to publish
      (default: none of its own; tasks wait for the lock);
    - `FLEETSTATS_FETCH_SCHEDULE`, `FLEETSTATS_NIGHTLY_SCHEDULE`: when Airflow asks the publishers and builds,
      as cron lines in UTC (default: `0 2 * * *` and `0 3 * * *`).
    """

    model_config = SettingsConfigDict(env_prefix="FLEETSTATS_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(default_factory=Path.cwd)
    originals: Path | None = None
    warehouse_url: SecretStr | None = None
    warehouse_conn_id: str | None = None
    notify_url: SecretStr | None = None
    writers_pool: str = "default_pool"
    fetch_schedule: str = "0 2 * * *"
    nightly_schedule: str = "0 3 * * *"

    @field_validator("home", "originals", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        try:
            return None if value is None else value.expanduser().resolve()
        except RuntimeError as error:  # a user who has no home
            raise ValueError(f"a folder that cannot be found: {value}") from error

    @cached_property
    def data(self) -> Path:
        """Reviewed tables and packaged filings; read-only."""
        return packaged("data")

    @property
    def raw(self) -> Path:
        """Packaged filings; read-only."""
        return self.data / "raw"

    @property
    def landed(self) -> Path:
        """Filings that the user added, and reviewed lines of the user's own beside them."""
        return self.home / "landed"

    @property
    def cache(self) -> Path:
        """Staged filings and hashes; may be deleted at any time."""
        return self.home / "cache"

    @property
    def warehouse(self) -> Path:
        """The published warehouse and its vintages."""
        return self.home / "warehouse"

    @property
    def published(self) -> Path:
        """The known name of the published DuckDB file: a link to that of the current publication."""
        return self.warehouse / "fleetstats.duckdb"

    def vintage(self, as_of: date | None) -> Path:
        """The file of the warehouse of a past day; the published one where no day is given."""
        if as_of is None:
            return self.published
        return self.warehouse / "as-of" / f"{as_of.isoformat()}.duckdb"

    def publications(self, as_of: date | None) -> Path:
        """The folder of the files that `vintage` leads to, one for each publication, and of those being built."""
        if as_of is None:
            return self.warehouse / "publications"
        return self.warehouse / "as-of" / "publications" / as_of.isoformat()

    @property
    def ledger(self) -> Path:
        """Append-only records of runs, checks and publications; never deleted."""
        return self.home / "ledger"

    def ledger_of(self, as_of: date | None) -> Path:
        """Where forecasts and scores are kept: those of a past day's warehouse in a folder of its own."""
        return self.ledger if as_of is None else self.ledger / "as-of" / as_of.isoformat()

    @property
    def reports(self) -> Path:
        """What is written to be read by people."""
        return self.home / "reports"
