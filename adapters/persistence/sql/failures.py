"""What a database says of itself rather than of what it was asked, in the ports' terms."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, OperationalError

from core.ports.store import StoreConflict, StoreFailure

_MOVED: frozenset[object] = frozenset(
    {
        # PostgreSQL: the server shuts down, or became a standby, or ended an idle transaction.
        *("57P01", "57P02", "57P03", "25006", "25P03"),
        # MariaDB: the same, and a connection that was killed.
        *(1053, 1290, 1792, 1836, 1927, 1928),
    }
)
"""After these the connection is of no use any more."""
_CONFLICTS: frozenset[object] = frozenset(
    {
        *_MOVED,
        # PostgreSQL: a deadlock, a state that cannot be, waiting for too long.
        *("40P01", "40001", "55P03"),
        # PostgreSQL: a prepared statement that somebody had the server forget.
        "26000",
        # MariaDB: the same.
        *(1213, 1020, 1205),
        "SQLITE_BUSY",
    }
)


def report_failures(engine: Engine) -> None:
    """Have the engine's connections raise StoreFailure when the database is out of order."""
    # The dialect's events, unlike the engine's, do not slow down every statement.
    event.listen(engine.dialect, "handle_error", _reported)


def failure(error: BaseException, *, lost: bool) -> StoreFailure:
    """What a driver's error means for a unit of work, whose commit was not sent yet; `lost`: its
    connection is gone."""
    lines = str(error).splitlines()
    said = lines[0] if lines else type(error).__name__
    return StoreConflict(said) if lost or _code(error) in _CONFLICTS else StoreFailure(said)


def is_moved(error: BaseException) -> bool:
    """Whether the connection is of no use any more, although it still stands."""
    return _code(error) in _MOVED


def is_failure(error: BaseException) -> bool:
    """Whether a driver's error, of whatever class, is one of those with a meaning here."""
    return _code(error) in _CONFLICTS


def _code(error: Any) -> object:
    """MariaDB's number of an error, or PostgreSQL's or SQLite's name for it."""
    if error.args and isinstance(error.args[0], int):
        return error.args[0]
    return getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)


def _reported(context: ExceptionContext) -> StoreFailure | None:
    error, cause = context.sqlalchemy_exception, context.original_exception
    if is_moved(cause) and context.connection is not None:
        context.is_disconnect = True
    # A damaged file is a DatabaseError of no narrower class.
    mine = isinstance(error, OperationalError) or type(error) is DatabaseError
    if not (mine or context.is_disconnect or is_failure(cause)):
        return None
    if context.connection is None:
        # To begin at once would not help: there is no connection to be had.
        return StoreFailure(str(failure(cause, lost=False)))
    return failure(cause, lost=context.is_disconnect)
