"""What api and conductor share: the database and the keys of what is secret in it."""

from collections.abc import Callable
from pathlib import Path

from adapters.persistence.sql import (
    SqlStore,
    StoreBehind,
    StoreUnreachable,
    StoreUnusable,
    connect_sql_store,
)
from adapters.secrets import BadKeyFile, FernetSecretStore
from core.ports.store import StoreFailure
from pierhead.errors import StartupError
from pierhead.role import Process
from pierhead.settings import Settings
from pierhead.urls import has_password, redacted
from pierhead.waiting import NotYet


def wait_for_store(process: Process) -> SqlStore:
    """The store, once the database is there and has the tables of this version. Raises Left, and
    StartupError when waiting is of no use."""
    url = process.settings.database_address()

    def attempt() -> SqlStore:
        try:
            return connect_sql_store(url)
        except StoreBehind as error:
            raise NotYet(f"it {_reason(error)}: run `pierhead db upgrade`") from error
        except StoreUnreachable as error:
            raise NotYet(_reason(error)) from error
        except StoreUnusable as error:
            raise unusable(url, error) from error

    return process.waiting.wait_for(_name(process), attempt)


def wait_until_done(process: Process, work: Callable[[], None]) -> None:
    """Do what needs the database, as often as it fails. Raises Left."""

    def attempt() -> None:
        try:
            work()
        except StoreFailure as error:
            raise NotYet(str(error)) from error

    process.waiting.wait_for(_name(process), attempt)


def unusable(url: str, error: StoreUnusable) -> StartupError:
    """Why nothing can be done with the database, for the person who started us."""
    if not has_password(url):
        return StartupError(str(error))
    return StartupError(f"database {redacted(url)}: {_reason(error)}")


def _reason(error: StoreUnusable) -> str:
    """What the error says besides the database's URL, in which there may be secrets."""
    _, _, reason = str(error).removeprefix("database ").partition(" ")
    return reason


def _name(process: Process) -> str:
    return f"the database at {redacted(process.settings.database_url)}"


def open_secrets(settings: Settings) -> FernetSecretStore:
    """The way into secret device parameters. Raises StartupError."""
    try:
        return FernetSecretStore(Path(settings.secret_key_file))
    except (OSError, BadKeyFile) as error:
        raise StartupError(f"secret_key_file: {error}") from error
