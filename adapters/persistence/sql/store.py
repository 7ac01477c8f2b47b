"""The store in an SQL database."""

from sqlalchemy import Connection, Engine, select

from adapters.persistence.access import Access
from adapters.persistence.sql.engine import BEGIN_READ, BEGIN_WRITE, begin, connected, for_writing
from adapters.persistence.sql.failures import report_failures
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.tables import write_lock
from adapters.persistence.sql.unit_of_work import Beginning, SqlUnitOfWork
from adapters.persistence.writer_queue import Inside, WriterQueue
from core.ports.unit_of_work import UnitOfWork

_LOCK = select(write_lock.c.id).with_for_update()
_WRITE, _READ = (Order(BEGIN_WRITE, None, 0),), (Order(BEGIN_READ, None, 0),)
_WRITE_ALONE = (*_WRITE, Order(f"SELECT id FROM {write_lock.name} FOR UPDATE", None, 0))  # noqa: S608  # no values


class SqlStore:
    """A Store on one database. Safe between threads.

    Fleet units of this process go one at a time, in the order in which they came, so that
    SQLite's threads need not poll for its lock. Those of other processes wait for the
    database's own lock: SQLite's, elsewhere that of the row in ``pierhead_write_lock``. So does
    the next unit of this process while PostgreSQL commits the one before. Other write units run
    at any time, each on a connection of its own, but on SQLite, which lets one writer in at a
    time.
    """

    def __init__(self, engine: Engine) -> None:
        report_failures(engine)
        self._engine = engine
        self._writing = for_writing(engine)
        self._inside = Inside()
        self._writers = WriterQueue()

    def write(self, *, fleet: bool = True) -> UnitOfWork:
        access = Access.FLEET if fleet else Access.CHANGE
        if fleet or self._engine.dialect.name == "sqlite":
            return SqlUnitOfWork(self._begin_in_turn, self._end_turn, access)
        return SqlUnitOfWork(self._begin_beside, self._inside.leave, access)

    def read(self) -> UnitOfWork:
        return SqlUnitOfWork(self._begin_read, _nobody_waits, Access.LOOK)

    def close(self) -> None:
        """Close all connections that no unit of work uses."""
        self._engine.dispose()

    def _begin_in_turn(self) -> Beginning:
        self._inside.enter()
        try:
            self._writers.enter()
        except BaseException:
            self._inside.leave()
            raise
        try:
            return _begun(connected(self._writing), _WRITE_ALONE, alone=True)
        except BaseException:
            self._writers.leave()
            self._inside.leave()
            raise

    def _end_turn(self) -> None:
        self._writers.leave()
        self._inside.leave()

    def _begin_beside(self) -> Beginning:
        self._inside.enter()
        try:
            return _begun(connected(self._writing), _WRITE)
        except BaseException:
            self._inside.leave()
            raise

    def _begin_read(self) -> Beginning:
        return _begun(connected(self._engine), _READ)


def _nobody_waits() -> None:
    """Units that look let each other be."""


def _begun(connection: Connection, first: tuple[Order, ...], *, alone: bool = False) -> Beginning:
    """A transaction on a connection, of which there is one at a time if it is to be `alone`. In
    PostgreSQL it begins along with its first statement."""
    if connection.dialect.name == "postgresql":
        return Beginning(connection, first=first)
    try:
        begin(connection)
        if alone and connection.dialect.name != "sqlite":
            connection.execute(_LOCK)
    except BaseException:
        connection.close()
        raise
    return Beginning(connection)
