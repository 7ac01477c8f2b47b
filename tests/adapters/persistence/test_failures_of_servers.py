"""A server that goes away, or gives up on a unit of work."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from adapters.persistence.sql import (
    StoreUnreachable,
    StoreUnusable,
    connect_sql_store,
    engine,
    open_sql_store,
)
from adapters.persistence.sql.engine import open_engine
from core.domain.query import Query
from core.ports.store import StoreConflict, StoreFailure
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
PATIENCE = {
    "postgresql": "SELECT setting::int / 1000 FROM pg_settings "
    "WHERE name IN ('idle_in_transaction_session_timeout', 'lock_timeout')",
    "mariadb": "SELECT @@idle_transaction_timeout UNION ALL SELECT @@innodb_lock_wait_timeout",
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


def test_the_server_ends_units_in_which_nothing_happens_or_that_wait(store, kind):
    for unit in (store.read(), store.write(), store.write(fleet=False)):
        with unit as work:
            found = work._session.connection.execute(text(PATIENCE[kind])).scalars().all()
        assert found == [10, 10]


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


def kill(work, kind, url) -> None:
    """End a unit's connection, as a server does that is shut down."""
    number = work._session.connection.execute(text(WHO[kind])).scalar()
    server = open_engine(url)
    with server.connect() as other:
        other.execute(text(KILL[kind]), {"id": number})
    server.dispose()


@pytest.mark.parametrize("fleet", [True, False])
@pytest.mark.parametrize(
    "go_on",
    [
        lambda work: work.services.hold(a.uid("service")),
        lambda work: work.services.save(a.a_service(attempts=2)),
        lambda work: work.services.add(a.a_service("x"), a.a_service("y")),
        lambda work: work.services.find(Query()),
        lambda work: work.due.wake_all(1.0),
    ],
    ids=["hold", "save", "add", "find", "wake"],
)
def test_a_connection_that_is_lost_before_the_commit_is_a_conflict(store, kind, url, go_on, fleet):
    with store.write(fleet=fleet) as work:
        work.services.add(a.a_service())
        kill(work, kind, url)
        with pytest.raises(StoreConflict):
            go_on(work)
    # Others that were lost with it do not fail.
    for _ in range(2):
        with store.write(fleet=fleet) as work:
            assert work.services.count({}) == 0


def test_a_connection_that_is_lost_at_the_commit_is_no_conflict(store, kind, url):
    with store.write(fleet=False) as work:
        work.services.add(a.a_service())
        kill(work, kind, url)
        with pytest.raises(StoreFailure) as failure:
            work.commit()
    assert not isinstance(failure.value, StoreConflict)
    with store.write(fleet=False) as work:
        work.services.add(a.a_service())
        work.commit()


def test_connections_that_were_lost_unused_are_replaced_unnoticed(store, kind, url):
    units = [store.read() for _ in range(4)]
    numbers = []
    for unit in units:
        unit.__enter__()
        numbers.append(unit._session.connection.execute(text(WHO[kind])).scalar())
    for unit in units:
        unit.__exit__(None, None, None)
    server = open_engine(url)
    with server.connect() as other:
        for number in numbers:
            other.execute(text(KILL[kind]), {"id": number})
    server.dispose()
    for _ in range(6):
        assert names(store) == []
    with store.write(fleet=False) as work:
        work.services.add(a.a_service())
        work.commit()


def test_a_server_that_became_a_standby_is_a_conflict_and_left(store, kind):
    if kind == "postgresql":
        statement = "SET TRANSACTION READ ONLY"
    else:
        statement = "SET SESSION TRANSACTION READ ONLY"
    with store.write(fleet=False) as work:
        before = work._session.connection.execute(text(WHO[kind])).scalar()
        if kind == "mariadb":
            work._session.connection.commit()
        work._session.connection.execute(text(statement))
        with pytest.raises(StoreConflict):
            work.services.add(a.a_service())
    with store.write(fleet=False) as work:
        work.services.add(a.a_service())
        assert work._session.connection.execute(text(WHO[kind])).scalar() != before


def test_a_connection_that_was_lost_between_units_is_replaced(store, kind, url):
    lost = []
    for name in ("one", "two"):
        with store.write() as work:
            work.devices.add(a.a_device(name))
            lost.append(work._session.connection.execute(text(WHO[kind])).scalar())
            work.commit()
        server = open_engine(url)
        with server.connect() as other:
            other.execute(text(KILL[kind]), {"id": lost[-1]})
        server.dispose()
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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_does_not_answer_is_given_up(kind):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(StoreUnreachable):
            connect_sql_store(f"{kind}://nobody@127.0.0.1:{silent.getsockname()[1]}/x")
        assert 3 < time.monotonic() - began < 15


@pytest.mark.parametrize("kind", SERVERS)
def test_a_network_that_was_cut_is_noticed(request, kind):
    server = open_engine(request.getfixturevalue(f"{kind}_url"))
    with server.connect() as connection:
        raw = connection.connection.driver_connection
        if kind == "postgresql":
            told = raw.info.get_parameters()
            assert told["tcp_user_timeout"] == "10000"
            assert told["keepalives_idle"] == "4"
            assert told["connect_timeout"] == "5"
    server.dispose()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as end,
    ):
        engine._probe(SimpleNamespace(_sock=end))
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


def test_what_the_url_says_of_waiting_counts(postgresql_url):
    server = open_engine(f"{postgresql_url}&connect_timeout=17")
    with server.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    server.dispose()
    assert told["connect_timeout"] == "17"


@pytest.mark.parametrize(("kind", "package"), [("postgresql", "psycopg"), ("mariadb", "pymysql")])
def test_a_driver_that_is_not_installed(monkeypatch, kind, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StoreUnusable, match=rf"{package}: install pierhead\[{kind}\]"):
        open_sql_store(f"{kind}://somewhere/x")
