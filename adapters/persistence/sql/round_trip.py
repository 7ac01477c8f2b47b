"""Many statements in one round trip to PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from adapters.persistence.sql.failures import failure, is_failure, is_moved
from core.ports.store import StoreConflict, StoreFailure

if TYPE_CHECKING:
    from adapters.persistence.sql.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Order:
    """A statement in the database's own words with its parameters, given for so many rows;
    `all_met`: each of them must meet a stored one."""

    text: str
    parameters: Any
    rows: int
    all_met: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that a statement gave, and how many it gave or met."""

    rows: Sequence[Any]
    number: int


SAVEPOINT = Order("SAVEPOINT addition", None, 0)
RELEASE = Order("RELEASE SAVEPOINT addition", None, 0)
_COMMIT = Order("COMMIT", None, 0)
_DIVISION_BY_ZERO = "22012"
_PIPELINE = "pierhead_pipeline"
_BACK = Order("ROLLBACK TO SAVEPOINT addition", None, 0)


def execute(connection: Connection, orders: Sequence[Order]) -> list[Answer]:
    """`send` and `answers`."""
    send(connection, orders)
    return answers(connection, orders)


def send(connection: Connection, orders: Sequence[Order]) -> None:
    """Have the server begin with these statements. Raises StoreFailure."""
    with _failures(connection):
        _pipeline(connection).send(orders)


def answers(connection: Connection, orders: Sequence[Order]) -> list[Answer]:
    """The answer to each statement that was sent. Raises IntegrityError, and StoreFailure; a
    StoreConflict when not all rows were met that must be."""
    with _failures(connection):
        found = _pipeline(connection).answers()
    for order, answer in zip(orders, found, strict=True):
        check_met(order, answer.number)
    return found


def send_commit(connection: Connection, orders: Sequence[Order]) -> None:
    """Have the server execute these statements and commit, or neither; either way its locks are
    released without anything else being asked of it. Raises StoreFailure: nobody knows how far
    that came."""
    pipeline = _pipeline(connection)
    if pipeline.is_broken:
        raise StoreFailure("a statement failed before, and nothing is committed")
    try:
        with _failures(connection):
            # A server that has given up the transaction takes COMMIT for ROLLBACK.
            pipeline.send([*map(_guarded, orders)], at_last=_COMMIT)
    except StoreConflict as conflict:
        raise StoreFailure(str(conflict)) from conflict


def await_commit(connection: Connection, orders: Sequence[Order]) -> None:
    """What came of `send_commit` with these statements. Raises IntegrityError, and StoreFailure;
    a StoreConflict, as when not all rows were met that must be, only when nothing was done."""
    pipeline = _pipeline(connection)
    try:
        with _failures(connection):
            pipeline.answers()
    except StoreConflict as conflict:
        # What the server says of a statement before the COMMIT is that this was not executed.
        told = getattr(conflict.__cause__, "sqlstate", None) is not None
        if connection.invalidated and not (told and pipeline.answered < len(orders)):
            raise StoreFailure(str(conflict)) from conflict
        raise
    except connection.dialect.loaded_dbapi.DataError as error:
        if error.sqlstate == _DIVISION_BY_ZERO:
            raise unmet() from error
        raise


def _guarded(order: Order) -> Order:
    """The same, which fails unless it meets all rows that it must."""
    if not order.all_met:
        return order
    return Order(_guard_of(order.text), (*order.parameters, order.rows), order.rows)


@lru_cache(maxsize=1024)
def _guard_of(text: str) -> str:
    return f"WITH met AS ({text} RETURNING 1) SELECT 1 / (count(*) = %s)::int FROM met"  # noqa: S608  # no values


def undo(connection: Connection) -> None:
    """Undo the transaction, and forget what was sent and not answered.

    Not as SQLAlchemy does: psycopg has the server forget all prepared statements when it sees
    that something is undone.
    """
    if connection.invalidated:
        return
    pipeline = _pipeline(connection)
    pipeline.undo()
    if connection.in_transaction():
        # It was used by SQLAlchemy, who will have psycopg look whether there is one to undo.
        pipeline.settle()


def settle(info: Mapping[str, Any]) -> None:
    """Wait until what is under way on a connection with this info is done."""
    found = info.get(_PIPELINE)
    if found is not None:
        found.settle()


def _pipeline(connection: Connection) -> "Pipeline":
    # Other databases need no psycopg.
    from adapters.persistence.sql.pipeline import Pipeline  # noqa: PLC0415

    found = connection.info.get(_PIPELINE)
    if not isinstance(found, Pipeline):
        raw: Any = connection.connection.driver_connection
        found = connection.info[_PIPELINE] = Pipeline(raw)
    return found


def check_met(order: Order, number: int) -> None:
    """Raise StoreConflict when the order had to meet more than this number of rows."""
    if order.all_met and number != order.rows:
        raise unmet()


def unmet() -> StoreConflict:
    """What is raised when a unit of work met other rows than it goes by."""
    return StoreConflict("what is stored is not what this unit of work goes by")


def go_back(connection: Connection) -> None:
    """Undo what was done since SAVEPOINT; nothing where that was not reached."""
    if connection.invalidated:
        return
    with suppress(connection.dialect.loaded_dbapi.Error):
        _pipeline(connection).execute([_BACK, RELEASE])


@contextmanager
def _failures(connection: Connection) -> Iterator[None]:
    errors = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
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
