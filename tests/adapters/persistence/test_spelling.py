"""Queries in the words of PostgreSQL, without SQLAlchemy's own execution."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from adapters.persistence.sql.among import Among
from adapters.persistence.sql.spelling import order_of
from adapters.persistence.sql.tables import services

DIALECT = PGDialect_psycopg()
identity = services.c.id


def test_values_go_along_with_those_of_the_statement():
    statement = select(identity).where(identity == bindparam("key"), services.c.attempts > 3)
    order = order_of(statement, DIALECT, {"key": "a"})
    assert order is not None
    assert sorted(order.parameters.values(), key=str) == [3, "a"]
    assert order_of(statement, DIALECT, {"key": "b"}).text is order.text


def test_many_values_are_one():
    statement = select(identity).where(Among(identity, "ids"))
    one, many = (order_of(statement, DIALECT, {"ids": ids}) for ids in (["a"], ["a", "b"]))
    assert one.text is many.text
    assert many.parameters == {"ids": ["a", "b"]}


def test_a_text_that_depends_on_the_values_is_left_to_sqlalchemy():
    statement = select(identity).where(identity.in_(bindparam("ids", expanding=True)))
    assert order_of(statement, DIALECT, {"ids": ["a"]}) is None
