"""The store in an SQL database."""

from sqlalchemy import Connection, Engine, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from adapters.persistence.sql.engine import begin, for_reading, for_writing, open_engine
from adapters.persistence.sql.failures import report_failures
from adapters.persistence.sql.migrations import UnknownVersion, upgrade
from adapters.persistence.sql.tables import write_lock
from adapters.persistence.sql.unit_of_work import SqlUnitOfWork
from adapters.persistence.writer_queue import WriterQueue
from core.ports.unit_of_work import UnitOfWork

_LOCK = select(write_lock.c.id).with_for_update()


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
        self._writing = for_writing(engine)
        self._reading = for_reading(engine)
        self._writers = WriterQueue()

    def write(self) -> UnitOfWork:
        return SqlUnitOfWork(self._begin_write, self._end_write, writable=True)

    def read(self) -> UnitOfWork:
        return SqlUnitOfWork(self._begin_read, _end, writable=False)

    def close(self) -> None:
        """Close all connections that no unit of work uses."""
        self._engine.dispose()

    def _begin_write(self) -> Connection:
        self._writers.enter()
        try:
            connection = self._writing.connect()
            try:
                begin(connection)
                if connection.dialect.name != "sqlite":
                    connection.execute(_LOCK)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            self._writers.leave()
            raise
        return connection

    def _end_write(self, connection: Connection) -> None:
        try:
            connection.close()
        finally:
            self._writers.leave()

    def _begin_read(self) -> Connection:
        connection = self._reading.connect()
        begin(connection)
        return connection


def _end(connection: Connection) -> None:
    connection.close()


def open_sql_store(url: str | URL) -> SqlStore:
    """The store at a SQLAlchemy URL, its tables made or brought up to date first.

    Raises StoreUnusable.
    """
    engine = open_engine(url)
    name = f"database {engine.url.render_as_string()}"
    try:
        upgrade(engine)
    except DBAPIError as error:
        engine.dispose()
        raise StoreUnusable(f"{name}: {error.orig}") from error
    except UnknownVersion as error:
        engine.dispose()
        raise StoreUnusable(f"{name} {error}") from error
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)
