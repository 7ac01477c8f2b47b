"""A server that goes away, or gives up on a unit of work."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.persistence.sql import StoreUnusable, open_sql_store
from adapters.persistence.sql.engine import open_engine
from core.domain.query import Query
from core.ports.store import StoreFailure
from tests import builders as a
from tests.servers.fixtures import SERVERS

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from adapters.persistence.sql import open_sql_store
from tests import builders as a

store = open_sql_store(sys.argv[1])
with store.write() as work:
    work.devices.add(a.a_device("lost"))
    print("inside", flush=True)
    sys.stdin.read()
"""
IDLE = {
    "postgresql": "SELECT setting::int / 1000 FROM pg_settings "
    "WHERE name = 'idle_in_transaction_session_timeout'",
    "mariadb": "SELECT @@idle_transaction_timeout",
}
WHO = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}
KILL = {"postgresql": "SELECT pg_terminate_backend(:id, 5000)", "mariadb": "KILL :id"}
SHORTER = {
    "postgresql": "SET idle_in_transaction_session_timeout = '100ms'",
    "mariadb": "SET SESSION idle_transaction_timeout = 1",
}


@pytest.fixture(params=SERVERS)
def kind(request):
    return request.param


@pytest.fixture
def url(request, kind):
    return request.getfixturevalue(f"{kind}_url")


@pytest.fixture
def store(url):
    store = open_sql_store(url)
    yield store
    store.close()


def names(store) -> list[str]:
    with store.read() as work:
        return [device.name for device in work.devices.find(Query())]


def add(store, name: str) -> None:
    with store.write() as work:
        work.devices.add(a.a_device(name))
        work.commit()


def refuse(*_args, **_named):
    raise StoreFailure("the server does not listen")


def test_the_server_ends_units_in_which_nothing_happens(store, kind):
    for unit in (store.read(), store.write()):
        with unit as work:
            found = work._session.connection.execute(text(IDLE[kind])).scalar()
        assert found == 30


@pytest.mark.slow
@pytest.mark.parametrize(
    "go_on",
    [
        lambda work: work.commit(),
        lambda work: work.bindings.claim([a.a_claim(device="lost")]),
        lambda work: work.devices.add(a.a_device("x"), a.a_device("y")),
        lambda work: work.services.find(Query()),
    ],
    ids=["commit", "claim", "add", "find"],
)
def test_a_unit_that_the_server_ended_fails_and_is_undone(store, kind, url, go_on):
    with store.write() as work:
        work.devices.add(a.a_device("lost"))
        work._session.connection.execute(text(SHORTER[kind]))
        # Another process, as it were, which waits for this one's end.
        other = open_sql_store(url)
        add(other, "kept")
        other.close()
        with pytest.raises(StoreFailure):
            go_on(work)
    assert names(store) == ["kept"]
    add(store, "more")


def test_a_connection_that_was_lost_between_units_is_replaced(store, kind, url):
    lost = []
    for name in ("one", "two"):
        with store.write() as work:
            work.devices.add(a.a_device(name))
            lost.append(work._session.connection.execute(text(WHO[kind])).scalar())
            work.commit()
        engine = open_engine(url)
        with engine.connect() as other:
            other.execute(text(KILL[kind]), {"id": lost[-1]})
        engine.dispose()
    assert lost[0] != lost[1]
    add(store, "three")
    assert sorted(names(store)) == ["one", "three", "two"]


def test_a_connection_that_cannot_be_replaced_is_a_failure(store, kind, monkeypatch):
    add(store, "one")
    with store.write() as work:
        raw = work._session.connection.connection.driver_connection
        work.commit()
    raw.close()
    monkeypatch.setattr(store._engine.dialect, "connect", refuse)
    for _ in range(2):
        with pytest.raises(StoreFailure), store.write():
            pass
    monkeypatch.undo()
    add(store, "two")
    assert sorted(names(store)) == ["one", "two"]


@pytest.mark.slow
def test_a_writer_that_is_killed_lets_the_next_one_in(store, url):
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "inside\n"
        assert names(store) == []
        holder.kill()
    add(store, "kept")
    assert names(store) == ["kept"]


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/x", "mariadb://nobody@127.0.0.1:1/x"]
)
def test_a_server_that_is_not_there(url):
    with pytest.raises(StoreUnusable, match=r"127\.0\.0\.1"):
        open_sql_store(url)


@pytest.mark.parametrize(("kind", "package"), [("postgresql", "psycopg"), ("mariadb", "pymysql")])
def test_a_driver_that_is_not_installed(monkeypatch, kind, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StoreUnusable, match=rf"{package}: install pierhead\[{kind}\]"):
        open_sql_store(f"{kind}://somewhere/x")
