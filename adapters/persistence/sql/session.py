"""The connection of one unit of work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable

from adapters.persistence.access import Access
from adapters.persistence.misuse import NotOpen
from adapters.persistence.sql import round_trip
from adapters.persistence.sql.failures import failure
from adapters.persistence.sql.round_trip import Answer, Order
from adapters.persistence.sql.spelling import order_of
from adapters.persistence.sql.violations import translated
from core.ports.store import StoreConflict, StoreFailure

_MANY = 50
"""Of so many things the database begins to store what is deferred before it is waited for."""

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Question:
    """A query whose rows may come later."""

    __slots__ = ("_session", "answered")

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.answered: Sequence[Any] | None = None

    def rows(self) -> Sequence[Any]:
        """Its rows, which are waited for if need be."""
        if self.answered is None:
            self._session.look_together([])
        if self.answered is None:
            raise NotOpen("the unit of work ended before this was answered")
        return self.answered


class Session:
    """Statements inside a transaction that has begun, or begins with the first of them; `access`
    says what they may change."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._connection: Connection | None = None
        self._deferred: list[Order] = []
        self._sent: list[Order] = []
        self._asked: dict[int, Question] = {}
        """Whose orders were sent or are deferred: by their places there."""
        self._gathered: list[Order] | None = None

    def open(self, connection: Connection, first: "Sequence[Order]" = ()) -> None:
        """Use a connection from now on; `first` goes along with what is done first."""
        self._connection = connection
        self._deferred = [*first]
        self._sent = []

    def close(self) -> None:
        """Undo everything, and give the connection back; what is deferred is not done."""
        connection = self._opened
        self._forget()
        try:
            if connection.dialect.name == "postgresql":
                round_trip.undo(connection)
        finally:
            connection.close()

    def _forget(self) -> None:
        self._connection = None
        self._deferred, self._sent, self._asked = [], [], {}

    def check_open(self) -> None:
        """Raise NotOpen unless there is a connection."""
        _ = self._opened

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    @property
    def defers(self) -> bool:
        """Whether there are changes that are not made yet."""
        return bool(self._deferred)

    @property
    def connection(self) -> Connection:
        """The connection, with all changes made that were deferred."""
        if self._deferred or self._sent:
            list(self._execute_together([]))
        return self._opened

    @property
    def _opened(self) -> Connection:
        if self._connection is None:
            raise NotOpen("the unit of work is not open")
        return self._connection

    @property
    def dialect(self) -> Dialect:
        return self._opened.dialect

    def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Any]:
        """All rows of a query, as the database's driver gives them.

        SQLAlchemy's own rows would cost a fifth of the time of a request, and convert only
        booleans, which RowMapping does as well.
        """
        if self.dialect.name == "postgresql":
            order = order_of(statement, parameters)
            if order is not None:
                return self.look_together([order])[0]
        connection = self.connection
        result = connection.execute(statement, parameters)
        try:
            rows: Sequence[Any] = result.cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise failure(error, lost=False) from error
        finally:
            result.close()
        return rows

    def look_together(self, orders: "Sequence[Order]") -> list[Sequence[Any]]:
        """The rows of each query, in one round trip where the database can."""
        try:
            return [answer.rows for answer in self._execute_together(orders)]
        except self.dialect.loaded_dbapi.Error as error:
            raise failure(error, lost=False) from error

    def ask(self, order: Order) -> "Question":
        """Execute a query in one round trip with whatever is asked or done next, where the
        database can."""
        question = Question(self)
        if self.dialect.name == "postgresql":
            self._asked[len(self._sent) + len(self._deferred)] = question
            self._deferred.append(order)
        else:
            question.answered = self.look_together([order])[0]
        return question

    def ask_rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> "Question":
        """As `rows`, in one round trip with whatever is asked or done next."""
        if self.dialect.name == "postgresql":
            order = order_of(statement, parameters)
            if order is not None:
                return self.ask(order)
        question = Question(self)
        question.answered = self.rows(statement, parameters)
        return question

    def change_together(self, orders: "Sequence[Order]") -> list[int]:
        """Execute each INSERT, UPDATE or DELETE, in one round trip where the database can; how
        many rows each met. Raises Duplicate, after which nothing but the end of an `atomic`
        block helps, and StoreConflict when rows were not met that must be."""
        self.access.check_writable()
        return [answer.number for answer in self._execute_together(orders)]

    def defer(self, orders: "Sequence[Order]") -> None:
        """Make changes that are not refused, in one round trip with whatever is asked or done
        next, or committed, where the database can. That also raises what fails."""
        self.access.check_writable()
        if self.dialect.name == "postgresql":
            self._deferred += orders
        else:
            self.change_together(orders)

    def begin_commit(self) -> Callable[[], None]:
        """Make everything durable, in one round trip with what is deferred where the database
        can, and give the connection back. What is returned waits for that, where the database
        can do it meanwhile, and raises what it comes to."""
        connection = self.connection if self._sent else self._opened
        if connection.dialect.name == "postgresql":
            deferred = self._deferred
            round_trip.send_commit(connection, deferred)
            self._forget()
            return partial(_end_commit, connection, deferred)
        _commit(connection)
        connection.close()
        self._forget()
        return _nothing_left

    def send(self, things: int) -> None:
        """Have the database begin with what is deferred while this process goes on, if it is
        about so many things that this is worth a round trip."""
        if things >= _MANY:
            self.send_now()

    def send_now(self) -> None:
        """Have the database begin with what is deferred, if anything is, while this process goes
        on."""
        if self._deferred:
            self._send()

    def _send(self) -> None:
        deferred, self._deferred = self._deferred, []
        round_trip.send(self._opened, deferred)
        self._sent += deferred

    @contextmanager
    def together(self) -> Iterator[None]:
        """Gather what `change_all` is given in the block, where the database can do it in one
        round trip, and make the changes along with what is asked or done next, or committed."""
        if self.dialect.name != "postgresql" or self._gathered is not None:
            yield
            return
        gathered: list[Order] = []
        self._gathered = gathered
        try:
            yield
        finally:
            self._gathered = None
        self._deferred += gathered

    @property
    def gathers(self) -> bool:
        """Whether changes are made later than they are asked for."""
        return self._gathered is not None

    def change_all(self, orders: "Sequence[Order]") -> int:
        """Make all of these changes, or none; how many rows they met. Raises Duplicate."""
        self.access.check_writable()
        if not orders:
            return 0
        if self._gathered is not None:
            self._gathered += orders
            return sum(order.rows for order in orders)
        if self.dialect.name == "postgresql":
            return self._change_all_in_one_trip(orders)
        if sum(order.rows for order in orders) == 1:
            return sum(self.change_together(orders))
        with self.atomic():
            return sum(self.change_together(orders))

    def _change_all_in_one_trip(self, orders: "Sequence[Order]") -> int:
        try:
            done = self.change_together([round_trip.SAVEPOINT, *orders, round_trip.RELEASE])
        except Exception:
            round_trip.go_back(self._opened)
            raise
        return sum(done[1:-1])

    def _execute_together(self, orders: "Sequence[Order]") -> Iterator[Answer]:
        connection = self._opened
        with self._translating():
            if connection.dialect.name != "postgresql":
                yield from _execute_in_turn(connection, orders)
                return
            self._deferred += orders
            if self._deferred:
                self._send()
            (sent, self._sent), (asked, self._asked) = (self._sent, []), (self._asked, {})
            if sent:
                answers = round_trip.answers(connection, sent)
                for at, question in asked.items():
                    question.answered = answers[at].rows
                yield from answers[len(sent) - len(orders) :]

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise translated(error, self.dialect.name) from error

    def change(
        self, statement: Executable, parameters: Parameters, *, may_clash: bool = True
    ) -> int:
        """Execute an INSERT, UPDATE or DELETE; how many rows it met. Raises Duplicate, unless
        it may not clash with what is stored."""
        self.access.check_writable()
        connection = self.connection
        # PostgreSQL gives up the whole transaction after an error, unless there is a savepoint.
        fragile = may_clash and connection.dialect.name == "postgresql"
        with self._translating(), self.atomic() if fragile else nullcontext():
            return connection.execute(statement, parameters).rowcount

    def change_each(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]], what: str
    ) -> None:
        """Execute an UPDATE for each row, of which every one must meet its own. Raises
        LookupError, having changed nothing, and Duplicate."""
        if len(rows) == 1:
            if not self.change(statement, rows[0]):
                raise LookupError(f"no {what} {rows[0]['key_']}")
        elif rows:
            with self.atomic():
                if self.change(statement, rows) != len(rows):
                    raise LookupError(f"not all {what} are stored")

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Undo all statements of the block when one fails."""
        connection = self.connection
        if connection.dialect.name == "postgresql":
            with self._atomic_in_postgresql():
                yield
        else:
            with connection.begin_nested():
                yield

    @contextmanager
    def _atomic_in_postgresql(self) -> Iterator[None]:
        self.change_together([round_trip.SAVEPOINT])
        try:
            yield
        except Exception:
            round_trip.go_back(self._opened)
            raise
        self.change_together([round_trip.RELEASE])


def _end_commit(connection: Connection, orders: "Sequence[Order]") -> None:
    done = False
    try:
        round_trip.await_commit(connection, orders)
        _commit(connection)
        done = True
    except IntegrityError as error:
        raise translated(error, connection.dialect.name) from error
    finally:
        if not done:
            round_trip.undo(connection)
        connection.close()


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except StoreConflict as error:
        # Nobody knows whether it was done.
        raise StoreFailure(str(error)) from error


def _nothing_left() -> None:
    """It is done already."""


def _execute_in_turn(connection: Connection, orders: "Sequence[Order]") -> Iterator[Answer]:
    for order in orders:
        result = connection.exec_driver_sql(order.text, order.parameters)
        round_trip.check_met(order, result.rowcount)
        yield Answer(result.cursor.fetchall() if result.returns_rows else (), result.rowcount)
        result.close()
