"""Statements about many rows at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Dialect, Table

from adapters.persistence.sql import given
from adapters.persistence.sql.given import Row
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.session import Session

_LOCKS = {
    ("postgresql", False): " FOR NO KEY UPDATE",
    ("postgresql", True): " FOR SHARE",
    ("mysql", False): " FOR UPDATE",
    ("mysql", True): " LOCK IN SHARE MODE",
    ("mariadb", False): " FOR UPDATE",
    ("mariadb", True): " LOCK IN SHARE MODE",
}


def mark_of(dialect: Dialect) -> str:
    """How a parameter is written."""
    return "?" if dialect.name == "sqlite" else "%s"


@dataclass(eq=False)
class _Statement:
    """A statement that is spelled once for each dialect."""

    _spelled: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def text(self, dialect: Dialect) -> str:
        """The statement in a dialect's words."""
        found = self._spelled.get(dialect.name)
        if found is None:
            found = self._spelled[dialect.name] = self._spell(dialect)
        return found

    def _spell(self, dialect: Dialect) -> str:
        raise NotImplementedError

    def orders(
        self, dialect: Dialect, rows: Iterable[Row], *, all_met: bool = False
    ) -> list[Order]:
        """What to execute for these rows; `all_met`: each must meet a stored one."""
        text = self.text(dialect)
        return [
            Order(text, given.parameters(dialect.name, part), len(part), all_met)
            for part in given.parts(rows)
        ]

    def change(self, session: Session, rows: Iterable[Row]) -> int:
        """Execute the statement for these rows; how many stored ones it met. Raises Duplicate."""
        return sum(session.change_together(self.orders(session.dialect, rows)))


@dataclass(eq=False)
class Insertion(_Statement):
    """An INSERT of rows with these columns, all of one table."""

    columns: "Sequence[Column[Any]]"
    _of_one: str | None = field(default=None, init=False, repr=False)

    def orders(
        self, dialect: Dialect, rows: Iterable[Row], *, all_met: bool = False
    ) -> list[Order]:
        values = [tuple(row) for row in rows]
        if dialect.name != "postgresql":
            return [Order(self.text(dialect), values, len(values), all_met)] if values else []
        if len(values) == 1:
            return [self.order(dialect, values[0], all_met=all_met)]
        return super().orders(dialect, values, all_met=all_met)

    def order(self, dialect: Dialect, row: Row, *, all_met: bool = False) -> Order:
        """What to execute for a single row in PostgreSQL, which is cheaper than for any number."""
        if self._of_one is None:
            self._of_one = self._with_marks(dialect)
        return Order(self._of_one, tuple(row), 1, all_met)

    def _spell(self, dialect: Dialect) -> str:
        if dialect.name != "postgresql":
            return self._with_marks(dialect)
        kinds = (column.type.python_type for column in self.columns)
        rows = f"SELECT * FROM {given.arrays(kinds)}"  # noqa: S608  # no values
        return f"{self._into(dialect)} {rows}{self._end(dialect)}"

    def _with_marks(self, dialect: Dialect) -> str:
        marks = ", ".join(mark_of(dialect) for _ in self.columns)
        return f"{self._into(dialect)} VALUES ({marks}){self._end(dialect)}"

    def _into(self, dialect: Dialect) -> str:
        quote = dialect.identifier_preparer.quote
        names = ", ".join(quote(column.name) for column in self.columns)
        return f"INSERT INTO {self.columns[0].table.name} ({names})"

    def _end(self, dialect: Dialect) -> str:  # noqa: ARG002  # subclasses mind it
        """What follows the rows."""
        return ""


@dataclass(eq=False)
class Addition(Insertion):
    """An INSERT that passes over rows that are stored already, for PostgreSQL. It needs no
    savepoint."""

    def _end(self, dialect: Dialect) -> str:  # noqa: ARG002  # only one has it
        return " ON CONFLICT DO NOTHING"


@dataclass(eq=False)
class Setting(Insertion):
    """An INSERT of rows that replaces the last column of those whose `key` is stored already."""

    key: str = ""

    def _end(self, dialect: Dialect) -> str:
        name = self.columns[-1].name
        if dialect.name in ("postgresql", "sqlite"):
            return f" ON CONFLICT ({self.key}) DO UPDATE SET {name} = excluded.{name}"
        return f" ON DUPLICATE KEY UPDATE {name} = VALUES({name})"


@dataclass(eq=False)
class Increase(Insertion):
    """An INSERT of rows that adds the last column to that of those whose `keys` are stored
    already, and passes over those of them, ``{t}``, that are not as `where` says. For
    PostgreSQL."""

    keys: Sequence[str] = ()
    where: str = ""

    def _end(self, dialect: Dialect) -> str:  # noqa: ARG002  # only one has it
        name, table = self.columns[-1].name, self.columns[-1].table.name
        where = self.where.format(t=table)
        return (
            f" ON CONFLICT ({', '.join(self.keys)}) DO UPDATE"
            f" SET {name} = {table}.{name} + excluded.{name} WHERE {where}"
        )


@dataclass(eq=False)
class Saving(_Statement):
    """An UPDATE of one row's `columns`, the `key` among them; cheaper than a Replacement."""

    columns: "Sequence[Column[Any]]"
    key: str

    def order(self, dialect: Dialect, row: Row) -> Order:
        """What to execute for this row."""
        at = self._at_key
        return Order(self.text(dialect), (*row[:at], *row[at + 1 :], row[at]), 1)

    def _spell(self, dialect: Dialect) -> str:
        quote = dialect.identifier_preparer.quote
        mark = mark_of(dialect)
        names = [column.name for column in self.columns if column.name != self.key]
        values = ", ".join(f"{quote(name)} = {mark}" for name in names)
        return f"UPDATE {self.columns[0].table.name} SET {values} WHERE {self.key} = {mark}"  # noqa: S608  # no values

    @property
    def _at_key(self) -> int:
        return next(at for at, column in enumerate(self.columns) if column.name == self.key)


@dataclass(eq=False)
class Holding(_Statement):
    """A SELECT of one row's `columns` by its `key`, which locks the row, perhaps as a `shared`
    lock. SQLite lets one writer in at a time and has no such locks."""

    columns: "Sequence[Column[Any]]"
    key: str
    shared: bool

    def order(self, dialect: Dialect, key: str) -> Order:
        """What to execute for this key."""
        return Order(self.text(dialect), (key,), 1)

    def _spell(self, dialect: Dialect) -> str:
        quote = dialect.identifier_preparer.quote
        columns = ", ".join(quote(column.name) for column in self.columns)
        table, mark = self.columns[0].table.name, mark_of(dialect)
        lock = _LOCKS.get((dialect.name, self.shared), "")
        return f"SELECT {columns} FROM {table} WHERE {self.key} = {mark}{lock}"  # noqa: S608  # no values


@dataclass(eq=False)
class _Keyed(_Statement):
    """A statement about the rows ``t`` of a table that have these keys, which are text. A given
    row has the keys first, then values by name and type."""

    table: Table
    keys: Sequence[str]
    values: Mapping[str, type[Any]] = field(default_factory=dict)

    def _given(self, dialect: Dialect) -> str:
        return given.table(dialect.name, self.keys, self.values)

    @property
    def _joined(self) -> str:
        return " AND ".join(f"t.{key} = given.{key}" for key in self.keys)

    @property
    def _numbered(self) -> str:
        return " AND ".join(f"t.{key} = ?{at}" for at, key in enumerate(self.keys, 1))


@dataclass(eq=False)
class Replacement(_Keyed):
    """An UPDATE; `to` and `where` are SQL in which ``{name}`` is a given value."""

    to: str = ""
    where: str = "1 = 1"

    def _spell(self, dialect: Dialect) -> str:
        name = self.table.name
        if dialect.name == "sqlite":
            first = len(self.keys) + 1
            marks = {value: f"?{at}" for at, value in enumerate(self.values, first)}
            to, where = self.to.format_map(marks), self.where.format_map(marks)
            return f"UPDATE {name} AS t SET {to} WHERE {self._numbered} AND ({where})"  # noqa: S608  # no values
        marks = {value: f"given.{value}" for value in self.values}
        to, where = self.to.format_map(marks), self.where.format_map(marks)
        rows = self._given(dialect)
        if dialect.name == "postgresql":
            return f"UPDATE {name} AS t SET {to} FROM {rows} WHERE {self._joined} AND ({where})"  # noqa: S608  # no values
        # The given rows first: MariaDB cannot know how few they are.
        return f"UPDATE {rows} STRAIGHT_JOIN {name} AS t ON {self._joined} SET {to} WHERE {where}"  # noqa: S608  # no values


@dataclass(eq=False)
class Removal(_Keyed):
    """A DELETE."""

    def _spell(self, dialect: Dialect) -> str:
        name = self.table.name
        if dialect.name == "sqlite":
            return f"DELETE FROM {name} AS t WHERE {self._numbered}"  # noqa: S608  # no values
        rows = self._given(dialect)
        if dialect.name == "postgresql":
            return f"DELETE FROM {name} AS t USING {rows} WHERE {self._joined}"  # noqa: S608  # no values
        return f"DELETE t FROM {rows} STRAIGHT_JOIN {name} AS t ON {self._joined}"  # no values


@dataclass(eq=False)
class Selection(_Keyed):
    """A SELECT of these columns; `counted`: equal rows once, followed by how many they are."""

    columns: "Sequence[Column[Any]]" = ()
    counted: bool = False

    def orders(
        self, dialect: Dialect, rows: Iterable[Row], *, all_met: bool = False
    ) -> list[Order]:
        as_rows = given.as_arrays if dialect.name == "postgresql" else given.as_document
        text = self.text(dialect)
        return [Order(text, as_rows(part), len(part), all_met) for part in given.parts(rows)]

    def rows(self, session: Session, keys: Iterable[Row]) -> list[Any]:
        """The rows with these keys, in no order; no key is given twice."""
        return look_together(session, [(self, keys)])[0]

    def _spell(self, dialect: Dialect) -> str:
        quote = dialect.identifier_preparer.quote
        columns = ", ".join(f"t.{quote(column.name)}" for column in self.columns)
        what = f"{columns}, COUNT(*)" if self.counted else columns
        end = f" GROUP BY {columns}" if self.counted else ""
        name, rows = self.table.name, self._given(dialect)
        if dialect.name == "sqlite":
            rows, joined = "json_each(?) AS given CROSS", self._of_json
        elif dialect.name == "postgresql":
            joined = self._joined
        else:
            # The given rows first: MariaDB cannot know how few they are.
            what, joined = f"STRAIGHT_JOIN {what}", self._joined
        return f"SELECT {what} FROM {rows} JOIN {name} AS t ON {joined}{end}"  # noqa: S608  # no values

    @property
    def _of_json(self) -> str:
        return " AND ".join(
            f"t.{key} = json_extract(given.value, '$[{at}]')" for at, key in enumerate(self.keys)
        )


def look_together(
    session: Session, wanted: "Sequence[tuple[Selection, Iterable[Row]]]"
) -> list[list[Any]]:
    """The rows of each selection with its keys, in one round trip where the database can."""
    orders = [selection.orders(session.dialect, keys) for selection, keys in wanted]
    answers = iter(session.look_together([order for part in orders for order in part]))
    return [[row for _ in part for row in next(answers)] for part in orders]


class Changes:
    """Changes that go to the database together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._orders: list[Order] = []

    def add(self, statement: _Statement, rows: Iterable[Row], *, all_met: bool = False) -> None:
        """Do this with the others; `all_met`: each given row must meet a stored one."""
        self._orders += statement.orders(self._session.dialect, rows, all_met=all_met)

    def send(self) -> None:
        """Make the changes. Raises StoreConflict when not all rows were met that must be."""
        self._session.change_together(self._orders)
        self._orders = []

    def defer(self) -> None:
        """Make the changes, see Session.defer."""
        self._session.defer(self._orders)
        self._orders = []
