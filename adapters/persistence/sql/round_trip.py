"""Many statements in one round trip to PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from adapters.persistence.sql.failures import failure, is_failure, is_moved
from core.ports.store import StoreFailure


@dataclass(frozen=True, slots=True)
class Order:
    """A statement in the database's own words with its parameters, given for so many rows;
    `all_met`: each of them must meet a stored one."""

    text: str
    parameters: Any
    rows: int
    all_met: bool = False


SAVEPOINT = Order("SAVEPOINT addition", None, 0)
RELEASE = Order("RELEASE SAVEPOINT addition", None, 0)
_BACK = "ROLLBACK TO SAVEPOINT addition"


def execute(connection: Connection, orders: Sequence[Order]) -> list[Any]:
    """The cursor of each statement. Raises IntegrityError, and StoreFailure, also when not all
    rows were met that must be."""
    raw: Any = connection.connection.driver_connection
    with _failures(connection, raw), raw.pipeline() if len(orders) > 1 else nullcontext():
        cursors = [raw.execute(order.text, order.parameters) for order in orders]
    for order, cursor in zip(orders, cursors, strict=True):
        check_met(order, cursor.rowcount)
    return cursors


def check_met(order: Order, number: int) -> None:
    """Raise StoreFailure when the order had to meet more than this number of rows."""
    if order.all_met and number != order.rows:
        raise StoreFailure("another program changed rows that only units of work may")


def last_row(connection: Connection, script: str) -> Any:
    """The row of the last of several statements without parameters. Raises StoreFailure."""
    raw: Any = connection.connection.driver_connection
    with _failures(connection, raw):
        cursor = raw.execute(script, prepare=False)
        while cursor.nextset():
            pass
        return cursor.fetchone()


def go_back(connection: Connection) -> None:
    """Undo what was done since SAVEPOINT; nothing where that was not reached."""
    if connection.invalidated:
        return
    raw: Any = connection.connection.driver_connection
    with suppress(connection.dialect.loaded_dbapi.Error):
        raw.execute(_BACK)


@contextmanager
def _failures(connection: Connection, raw: Any) -> Iterator[None]:
    errors = connection.dialect.loaded_dbapi
    try:
        yield
    except errors.IntegrityError as error:
        raise IntegrityError("", {}, error) from error
    except errors.Error as error:
        if raw.closed or is_moved(error):
            connection.invalidate(error)
        if (
            connection.invalidated
            or is_failure(error)
            or isinstance(error, errors.OperationalError)
        ):
            raise failure(error, lost=connection.invalidated) from error
        raise
