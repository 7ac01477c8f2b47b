"""Opening a database that another program keeps, without making or changing tables."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations import HEAD, VERSION_TABLE
from adapters.persistence.sql.store import SqlStore, StoreUnusable


def open_existing_store(url: str | URL) -> SqlStore:
    """The store at a SQLAlchemy URL, whose tables are there and of this version.

    Raises StoreUnusable.
    """
    try:
        address = make_url(url)
        name = f"database {address.render_as_string()}"
        if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
            raise StoreUnusable(f"{name} does not exist")
        engine = open_engine(address)
    except (ArgumentError, ImportError) as error:
        raise StoreUnusable(f"database: {_line(error)}") from error
    try:
        found = _version(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreUnusable(f"{name}: {_line(getattr(error, 'orig', None) or error)}") from error
    if found != HEAD:
        engine.dispose()
        raise StoreUnusable(_refusal(name, found))
    return SqlStore(engine)


def _version(engine: Engine) -> str | None:
    if VERSION_TABLE not in inspect(engine).get_table_names():
        return None
    with engine.connect() as connection:
        statement = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
        return connection.execute(statement).scalar()


def _refusal(name: str, found: str | None) -> str:
    if found is None:
        return f"{name} is none of Pierhead's"
    if found > HEAD:
        return f"{name} is of a newer version ({found}); this Pierhead knows {HEAD}"
    return f"{name} is of an older version ({found}); the daemon brings it up to date ({HEAD})"


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
