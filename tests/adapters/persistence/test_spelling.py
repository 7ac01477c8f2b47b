"""Queries in the words of PostgreSQL, without SQLAlchemy's own execution."""

from sqlalchemy import bindparam, select

from adapters.persistence.sql.among import Among
from adapters.persistence.sql.parameters import dump, spelled
from adapters.persistence.sql.spelling import order_of
from adapters.persistence.sql.tables import services

identity = services.c.id


def test_values_go_along_with_those_of_the_statement():
    statement = select(identity).where(identity == bindparam("key"), services.c.attempts > 3)
    order = order_of(statement, {"key": "a"})
    assert order is not None
    assert order.parameters == ["a", 3]
    assert order_of(statement, {"key": "b"}).text is order.text


def test_many_values_are_one():
    statement = select(identity).where(Among(identity, "ids"))
    one, many = (order_of(statement, {"ids": ids}) for ids in (["a"], ["a", "b"]))
    assert one.text is many.text
    assert many.parameters == [["a", "b"]]
    assert "::text[]" in many.text


def test_a_text_that_depends_on_the_values_is_left_to_sqlalchemy():
    statement = select(identity).where(identity.in_(bindparam("ids", expanding=True)))
    assert order_of(statement, {"ids": ["a"]}) is None


def test_a_sign_of_percent_stays_one():
    order = order_of(select(identity).where(services.c.attempts % 2 == 0), {})
    assert order is not None
    assert dump(order.text, order.parameters, "utf-8").values == [b"2", b"0"]
    assert b"attempts % $1" in spelled(order.text).text
