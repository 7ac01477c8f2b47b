"""What goes to PostgreSQL together, and comes back."""

import time

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.pipeline import Pipeline
from adapters.persistence.sql.round_trip import Order

ARRAYS = Order(
    "SELECT * FROM unnest(%b::text[], %b::bigint[], %b::boolean[], %b::float8[]) AS given", None, 0
)
AFTER_ALL = "SELECT %s::text"
LONG = "x" * 1_000_000


@pytest.fixture
def raw(postgresql_url):
    at = postgresql_url.replace("+psycopg", "")
    connection = psycopg.connect(at, autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def pipeline(raw) -> Pipeline:
    return Pipeline(raw)


def ask(text: str, *values: object) -> Order:
    return Order(text, values, 0)


def answer(pipeline: Pipeline, *orders: Order):
    return [found.rows for found in pipeline.execute(orders)]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("plain", 1, True, 0.5)],
        [('quoted " \\ {,}', -(2**63), False, -1e300), ("ü €", 2**63 - 1, True, float("inf"))],
        [(None, None, None, None), ("", 0, False, 0.0)],
        [("NULL", 0, False, 0.0), (None, None, None, None)],
    ],
)
def test_arrays_come_back_as_they_went(pipeline, rows):
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    assert answer(pipeline, ask(ARRAYS.text, *columns)) == [rows]


def test_values_come_back_as_they_went(pipeline):
    text = "SELECT %s::text, %s::bigint, %s::boolean, %s::float8, %s::text"
    values = ("a 'quote' % $1 ü", -7, True, 1e-7, None)
    assert answer(pipeline, ask(text, *values)) == [[values]]


def test_text_with_a_zero_byte_is_refused_rather_than_cut(pipeline):
    with pytest.raises(psycopg.DataError):
        answer(pipeline, ask(AFTER_ALL, "cut\0here"))
    assert answer(pipeline, ask(AFTER_ALL, "whole")) == [[("whole",)]]


def test_statements_meet_rows(pipeline):
    pipeline.send(
        [
            Order("CREATE TEMPORARY TABLE kept (n bigint)", None, 0),
            ask("INSERT INTO kept SELECT * FROM unnest(%b::bigint[])", [1, 2, 3]),
            ask("UPDATE kept SET n = n + 1 WHERE n > %s", 1),
        ]
    )
    assert [found.number for found in pipeline.answers()] == [0, 3, 2]


def test_what_was_sent_in_several_goes_is_answered_in_order(pipeline):
    for value in "abc":
        pipeline.send([ask(AFTER_ALL, value), ask("SELECT %s::int", ord(value))])
    assert [found.rows for found in pipeline.answers()] == [
        [(one,)] for value in "abc" for one in (value, ord(value))
    ]
    assert answer(pipeline, ask(AFTER_ALL, "late")) == [[("late",)]]


def test_of_what_was_sent_in_several_goes_the_first_failure_is_told(pipeline):
    for divisor in (1, 0):
        pipeline.send([ask("SELECT 1 / %s", divisor)])
    pipeline.send([ask("SELECT %s::date", "never")])
    with pytest.raises(psycopg.errors.DivisionByZero):
        pipeline.answers()
    assert answer(pipeline, ask(AFTER_ALL, "late")) == [[("late",)]]


def test_after_a_failure_everything_goes_on(pipeline):
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            answer(pipeline, ask(AFTER_ALL, "a"), ask("SELECT 1 / %s", 0), ask("SELECT %s::int", 1))
    with pytest.raises(psycopg.errors.UndefinedTable):
        answer(pipeline, ask("SELECT %s FROM nowhere", 1), ask("SELECT %s::date", None))
    assert answer(pipeline, ask("SELECT %s::int", 1), ask("SELECT 1 / %s", 1)) == [[(1,)], [(1,)]]


def test_a_statement_is_prepared_once(pipeline, raw):
    for value in "abc":
        answer(pipeline, ask(AFTER_ALL, value), ask(AFTER_ALL, value))
    count = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::text'"
    assert raw.execute(count).fetchone() == (1,)


def test_what_is_longer_than_the_socket_takes_goes_both_ways(pipeline):
    orders = [ask(AFTER_ALL, LONG) for _ in range(8)]
    assert answer(pipeline, *orders) == [[(LONG,)]] * 8


def test_much_is_sent_while_the_server_is_busy(postgresql_url):
    engine = open_engine(postgresql_url)
    with engine.connect() as connection:
        pipeline = Pipeline(connection.connection.driver_connection)
        begun = time.monotonic()
        pipeline.send([ask("SELECT pg_sleep(%s)", 1), ask(AFTER_ALL, LONG[:300_000])])
        assert time.monotonic() - begun < 0.9
        assert pipeline.answers()[1].rows == [(LONG[:300_000],)]
        assert time.monotonic() - begun >= 1
    engine.dispose()


@pytest.mark.parametrize("divisor", [0, 1])
def test_what_is_not_answered_is_undone(pipeline, raw, divisor):
    begin = Order("BEGIN", None, 0)
    pipeline.send([begin, ask(AFTER_ALL, "early"), ask("SELECT 1 / %s", divisor)])
    for _ in range(2):
        pipeline.undo()
    assert answer(pipeline, begin, ask(AFTER_ALL, "late")) == [(), [("late",)]]
    pipeline.undo()
    pipeline.settle()
    assert raw.info.transaction_status == TransactionStatus.IDLE


def test_prepared_statements_that_somebody_removed_are_prepared_again(pipeline, raw):
    answer(pipeline, ask(AFTER_ALL, "early"))
    raw.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        answer(pipeline, ask(AFTER_ALL, "now"))
    assert answer(pipeline, ask(AFTER_ALL, "late")) == [[("late",)]]


def test_a_client_that_asks_for_no_answer_is_idle(pipeline, raw):
    """So the server ends its transaction when it hangs."""
    raw.execute("SET idle_in_transaction_session_timeout = '100ms'")
    pipeline.send([Order("BEGIN", None, 0), ask(AFTER_ALL, "early")])
    time.sleep(0.5)
    assert [found.rows for found in pipeline.answers()] == [(), [("early",)]]
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        answer(pipeline, ask(AFTER_ALL, "late"))
    pipeline.undo()
    assert raw.closed


def test_a_server_that_goes_away_is_noticed(pipeline, raw, postgresql_url):
    pipeline.send([ask("SELECT pg_sleep(%s)", 30)])
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        pipeline.answers()
    assert raw.closed
