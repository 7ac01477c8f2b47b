"""What a database says of itself rather than of what it was asked, in the ports' terms."""

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, OperationalError

from core.ports.store import StoreFailure


def report_failures(engine: Engine) -> None:
    """Have the engine's connections raise StoreFailure when the database is out of order."""
    # The dialect's events, unlike the engine's, do not slow down every statement.
    event.listen(engine.dialect, "handle_error", _reported)


def _reported(context: ExceptionContext) -> StoreFailure | None:
    error = context.sqlalchemy_exception
    # A damaged file is a DatabaseError of no narrower class.
    mine = isinstance(error, OperationalError) or type(error) is DatabaseError
    mine = mine or context.is_disconnect
    if context.is_pre_ping or not mine:
        return None
    lines = str(context.original_exception).splitlines()
    return StoreFailure(lines[0] if lines else type(context.original_exception).__name__)
