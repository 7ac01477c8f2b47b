"""The store in an SQL database."""

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from adapters.persistence.sql.engine import begin, for_reading, open_engine
from adapters.persistence.sql.failures import report_failures
from adapters.persistence.sql.migrations import ForeignTables, UnknownVersion, upgrade
from adapters.persistence.sql.unit_of_work import SqlUnitOfWork
from adapters.persistence.sql.writer import Writer
from adapters.persistence.writer_queue import WriterQueue
from core.ports.fleet_feed import FeedPosition
from core.ports.unit_of_work import UnitOfWork


class StoreUnusable(Exception):
    """The database cannot be reached, is not one of ours, or of a newer version. One line for
    the operator."""


class SqlStore:
    """A Store on one database. Safe between threads.

    Write units of this process go one at a time, in the order in which they came, so that
    SQLite's threads need not poll for its lock. Those of other processes wait for the
    database's own lock: SQLite's, elsewhere that of the row in ``write_lock``.
    """

    def __init__(self, engine: Engine) -> None:
        report_failures(engine)
        self._engine = engine
        self._writer = Writer(engine)
        self._reading = for_reading(engine)
        self._writers = WriterQueue()

    def write(self) -> UnitOfWork:
        return SqlUnitOfWork(self._begin_write, self._end_write, writable=True)

    def read(self) -> UnitOfWork:
        return SqlUnitOfWork(self._begin_read, _end, writable=False)

    def close(self) -> None:
        """Close all connections that no unit of work uses."""
        self._writer.close()
        self._engine.dispose()

    def _begin_write(self) -> tuple[Connection, FeedPosition | None]:
        self._writers.enter()
        try:
            return self._writer.begin()
        except BaseException:
            self._writers.leave()
            raise

    def _end_write(self, connection: Connection, *, committed: bool) -> None:
        try:
            self._writer.end(connection, committed=committed)
        finally:
            self._writers.leave()

    def _begin_read(self) -> tuple[Connection, None]:
        connection = self._reading.connect()
        begin(connection)
        return connection, None


def _end(connection: Connection, *, committed: bool) -> None:  # noqa: ARG001  # writers' care
    connection.close()


def open_sql_store(url: str | URL) -> SqlStore:
    """The store at a SQLAlchemy URL, its tables made or brought up to date first.

    Raises StoreUnusable.
    """
    try:
        engine = open_engine(url)
    except ModuleNotFoundError as error:
        kind = make_url(url).get_backend_name()
        raise StoreUnusable(
            f"{kind} needs the Python package {error.name}: install pierhead[{kind}]"
        ) from error
    name = f"database {engine.url.render_as_string()}"
    try:
        upgrade(engine)
    except DBAPIError as error:
        engine.dispose()
        raise StoreUnusable(f"{name}: {error.orig}") from error
    except (UnknownVersion, ForeignTables) as error:
        engine.dispose()
        raise StoreUnusable(f"{name} {error}") from error
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)
