"""The connection of one unit of work."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable

from adapters.persistence.misuse import NotOpen, ReadOnly
from adapters.persistence.sql.violations import translated
from core.ports.store import StoreFailure

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Session:
    """Statements inside a transaction that has begun; `writable` says whether they may change
    anything."""

    def __init__(self, *, writable: bool) -> None:
        self._writable = writable
        self._connection: Connection | None = None

    def open(self, connection: Connection) -> None:
        """Use a connection from now on."""
        self._connection = connection

    def close(self) -> None:
        """Use it no more."""
        self._connection = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise NotOpen("the unit of work is not open")
        return self._connection

    def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Any]:
        """All rows of a query, as the database's driver gives them.

        SQLAlchemy's own rows would cost a fifth of the time of a request, and convert only
        booleans, which RowMapping does as well.
        """
        connection = self.connection
        result = connection.execute(statement, parameters)
        try:
            rows: Sequence[Any] = result.cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise StoreFailure(str(error)) from error
        finally:
            result.close()
        return rows

    def change(self, statement: Executable, parameters: Parameters) -> int:
        """Execute an INSERT, UPDATE or DELETE; how many rows it met. Raises Duplicate."""
        if not self._writable:
            raise ReadOnly("nothing can be changed in a read unit of work")
        connection = self.connection
        # PostgreSQL gives up the whole transaction after an error, unless there is a savepoint.
        fragile = connection.dialect.name == "postgresql"
        try:
            if fragile:
                with connection.begin_nested():
                    return connection.execute(statement, parameters).rowcount
            return connection.execute(statement, parameters).rowcount
        except IntegrityError as error:
            raise translated(error, connection.dialect.name) from error

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Undo all statements of the block when one fails."""
        with self.connection.begin_nested():
            yield
