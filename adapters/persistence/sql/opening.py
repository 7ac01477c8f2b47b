"""Opening databases: making and changing their tables, or only looking that they are right."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from adapters.persistence.sql import migrations
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations import HEAD, Migration, UnknownVersion
from adapters.persistence.sql.migrations.making import ForeignTables, has_foreign_tables
from adapters.persistence.sql.store import SqlStore
from adapters.persistence.sql.unusable import (
    StoreAhead,
    StoreBehind,
    StoreUnreachable,
    StoreUnusable,
)
from core.ports.store import StoreFailure


def open_sql_store(url: str | URL) -> SqlStore:
    """The store at a SQLAlchemy URL, its tables made or brought up to date first.

    Raises StoreUnusable.
    """
    with _opened(url) as (engine, name):
        _upgrade(engine, name)
        return SqlStore(engine)


def connect_sql_store(url: str | URL) -> SqlStore:
    """The store at a SQLAlchemy URL, whose tables are there and of this version.

    Raises StoreUnreachable, StoreBehind, StoreAhead, or another StoreUnusable.
    """
    with _opened(url, must_exist=True) as (engine, name):
        found = migrations.current(engine)
        if found is None and has_foreign_tables(engine):
            raise StoreUnusable(f"{name} is none of Pierhead's")
        if found is None:
            raise StoreBehind(f"{name} has no tables yet")
        if found < HEAD:
            raise StoreBehind(
                f"{name} is of an older version ({found}); this Pierhead needs {HEAD}"
            )
        if found > HEAD:
            raise StoreAhead(f"{name} {_newer(found)}")
        return SqlStore(engine)


def status(url: str | URL) -> migrations.SchemaStatus:
    """Of which version the tables at a SQLAlchemy URL are, and what an upgrade would do.

    Raises StoreUnreachable, or another StoreUnusable.
    """
    with _opened(url, must_exist=True) as (engine, _):
        found = migrations.status(engine)
        engine.dispose()
        return found


def upgrade(url: str | URL) -> tuple[Migration, ...]:
    """Bring the tables at a SQLAlchemy URL up to date, which any number of processes may do at
    once; what was done by this one, in order.

    Raises StoreUnreachable, StoreAhead, or another StoreUnusable.
    """
    with _opened(url) as (engine, name):
        done = _upgrade(engine, name)
        engine.dispose()
        return done


@contextmanager
def _opened(url: str | URL, *, must_exist: bool = False) -> Iterator[tuple[Engine, str]]:
    """An engine, closed when the block raises, and the database's name without a password."""
    try:
        address = make_url(url)
        name = f"database {address.render_as_string()}"
        if must_exist and _is_missing_file(address):
            raise StoreUnreachable(f"{name} does not exist")
        engine = open_engine(address)
    except ModuleNotFoundError as error:
        kind = make_url(url).get_backend_name()
        raise StoreUnusable(
            f"{kind} needs the Python package {error.name}: install pierhead[{kind}]"
        ) from error
    except (ArgumentError, ImportError) as error:
        raise StoreUnusable(f"database: {_line(error)}") from error
    try:
        yield engine, name
    except DBAPIError as error:
        engine.dispose()
        raise StoreUnreachable(f"{name}: {_line(error.orig or error)}") from error
    except StoreFailure as error:
        engine.dispose()
        raise StoreUnreachable(f"{name}: {error}") from error
    except BaseException:
        engine.dispose()
        raise


def _upgrade(engine: Engine, name: str) -> tuple[Migration, ...]:
    try:
        return migrations.upgrade(engine)
    except UnknownVersion as error:
        raise StoreAhead(f"{name} {_newer(error.version)}") from error
    except ForeignTables as error:
        raise StoreUnusable(f"{name} {error}") from error


def _is_missing_file(address: URL) -> bool:
    return address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file()


def _newer(found: str) -> str:
    return f"is of a newer version ({found}); this Pierhead knows {HEAD}"


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
