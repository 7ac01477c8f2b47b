"""The connection of a process's write units."""

import threading
from contextlib import suppress

from sqlalchemy import Connection, Engine, select

from adapters.persistence.sql.engine import BEGIN_WRITE, begin, connected, for_writing
from adapters.persistence.sql.round_trip import Order, execute, undo
from adapters.persistence.sql.tables import fleet_position, write_lock
from core.ports.fleet_feed import FeedPosition
from core.ports.store import StoreConflict, StoreFailure

_LOCK = select(write_lock.c.id).with_for_update()
# The position is looked up once the lock is held, by a statement that sees what was committed
# until then.
_BEGIN_POSTGRESQL = [
    Order(text, None, 0)
    for text in (
        BEGIN_WRITE,
        f"SELECT id FROM {write_lock.name} FOR UPDATE",  # noqa: S608  # no values
        f"SELECT revision, writer FROM {fleet_position.name}",  # noqa: S608  # no values
    )
]


class _ConnectionLost(StoreConflict):
    """Before anything was done, which can be begun again on another one."""


class Writer:
    """Keeps the connection from one unit to the next, of which one runs at a time.

    One that was lost meanwhile is replaced when a unit begins.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = for_writing(engine)
        self._guard = threading.Lock()
        self._kept: Connection | None = None

    def begin(self) -> tuple[Connection, FeedPosition | None]:
        """A connection inside a transaction that holds all other writers off, and where the
        feed stands, where that costs nothing. Raises StoreFailure."""
        kept = self._take()
        if kept is not None:
            with suppress(_ConnectionLost):
                return kept, _begin(kept)
        fresh = connected(self._engine)
        return fresh, _begin(fresh)

    def end(self, connection: Connection, *, committed: bool) -> None:
        """Take back a connection."""
        if not committed:
            connection.close()
            return
        with self._guard:
            self._kept = connection

    def close(self) -> None:
        """Close the connection unless a unit uses it."""
        kept = self._take()
        if kept is not None:
            kept.close()

    def _take(self) -> Connection | None:
        with self._guard:
            kept, self._kept = self._kept, None
            return kept


def _begin(connection: Connection) -> FeedPosition | None:
    try:
        if connection.dialect.name == "postgresql":
            *_, position = execute(connection, _BEGIN_POSTGRESQL)
            return FeedPosition(*position.rows[0])
        begin(connection)
        if connection.dialect.name != "sqlite":
            connection.execute(_LOCK)
    except BaseException as error:
        lost = connection.invalidated and isinstance(error, StoreFailure)
        if connection.dialect.name == "postgresql":
            undo(connection)
        connection.close()
        if lost:
            raise _ConnectionLost(str(error)) from error
        raise
    return None
