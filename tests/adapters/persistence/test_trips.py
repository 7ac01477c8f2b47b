"""How often a unit of work goes to PostgreSQL."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import text

from adapters.persistence.sql import SqlStore, open_sql_store
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.pipeline import Pipeline
from adapters.persistence.sql.round_trip import Order
from core.domain.loadbalancer.model import Pool
from core.domain.query import Query
from core.ports.repository import Duplicate
from core.ports.store import StoreConflict, StoreFailure
from tests import builders as a


@pytest.fixture
def store(postgresql_url: str) -> Iterator[SqlStore]:
    store = open_sql_store(postgresql_url)
    with store.write() as work:
        work.service_types.add(a.a_service_type())
        work.networks.add(a.a_network())
        work.subnets.add(a.a_subnet())
        work.pools.add(a.a_pool())
        work.commit()
    yield store
    store.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements each trip had."""
    sent: list[int] = []
    send = Pipeline.send

    def counted(pipeline: Pipeline, orders: Sequence[Order], at_last: Order | None = None) -> None:
        sent.append(len(orders))
        send(pipeline, orders, at_last)

    monkeypatch.setattr(Pipeline, "send", counted)
    return sent


def test_what_is_asked_for_along_takes_one_trip(store: SqlStore, trips: list[int]) -> None:
    with store.write(fleet=False) as work:
        asked = (
            work.pools.along.hold(a.a_pool().id),
            work.service_types.along.hold(a.a_service_type().id, shared=True),
            work.subnets.along.hold(a.a_subnet().id, shared=True),
            work.networks.along.get(a.a_network().id),
        )
        assert trips == []
        found = [ask() for ask in asked]
        assert found == [a.a_pool(), a.a_service_type(), a.a_subnet(), a.a_network()]
        assert len(trips) == 1


def test_a_question_goes_along_with_a_change(store: SqlStore, trips: list[int]) -> None:
    with store.write(fleet=False) as work:
        pool = work.pools.along.hold(a.a_pool().id)
        work.services.add(a.a_service())
        assert len(trips) == 1
        assert pool() == a.a_pool()
        assert len(trips) == 1


def test_what_nobody_waited_for_is_not_held_after_the_end(store: SqlStore) -> None:
    with store.write(fleet=False) as work:
        work.pools.along.hold(a.a_pool().id)
    with store.write(fleet=False) as work:
        work.pools.hold(a.a_pool().id)
        work.pools.save(replace(a.a_pool(), name="after"))
        work.commit()


def test_creating_and_committing_take_one_trip(store: SqlStore, trips: list[int]) -> None:
    with store.write(fleet=False) as work:
        with work.together():
            work.services.add(a.a_service())
            work.pools.save(a.a_pool(name="changed"))
        work.commit()
    assert len(trips) == 1


def test_a_commit_goes_on_while_other_things_are_done(store: SqlStore, postgresql_url: str) -> None:
    """The server waits for somebody who holds a row, and nobody waits for the server."""
    changed = a.a_pool(name="changed")
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as other:
        other.execute("SELECT FROM pierhead_pools WHERE id = %s FOR UPDATE", (changed.id,))
        until_done = _begun(store, changed)
        with store.read() as work:
            assert work.pools.get(changed.id) == a.a_pool()
    until_done()
    with store.read() as work:
        assert work.pools.get(changed.id) == changed


def test_a_commit_that_fails_releases_its_locks_before_it_is_waited_for(store: SqlStore) -> None:
    with store.write() as work:
        with work.together():
            work.pools.save(a.a_pool("nowhere"))
            work.networks.add(a.a_network("other"))
        until_done = work.begin_commit()
    with store.write() as work:
        assert work.networks.find(Query()) == [a.a_network()]
    with pytest.raises(StoreConflict, match="goes by"):
        until_done()
    with store.write() as work:
        assert work.networks.find(Query()) == [a.a_network()]


def _begun(store: SqlStore, changed: Pool) -> Callable[[], None]:
    with store.write(fleet=False) as work:
        with work.together():
            work.pools.save(changed)
        return work.begin_commit()


def test_nothing_is_committed_after_a_failure_that_was_passed_over(store: SqlStore) -> None:
    def clash() -> None:
        with store.write(fleet=False) as work:
            with work.together():
                work.services.add(a.a_service())
                work.services.add(a.a_service())
            with suppress(Duplicate):
                work.services.find(Query())
            work.commit()

    with pytest.raises(StoreFailure, match="failed before"):
        clash()
    with store.read() as work:
        assert work.services.count({}) == 0


def test_what_the_server_refused_before_the_commit_may_be_done_again(
    store: SqlStore, postgresql_url: str
) -> None:
    with store.write(fleet=False) as work:
        (number,) = work._session.rows(text("SELECT pg_backend_pid()"))[0]
        with work.together():
            work.services.add(a.a_service())
        server = open_engine(postgresql_url)
        with server.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:id, 5000)"), {"id": number})
        server.dispose()
        with pytest.raises(StoreConflict):
            work.commit()
    with store.read() as work:
        assert work.services.count({}) == 0


def test_single_rows_and_many_are_stored_alike(store: SqlStore) -> None:
    one, *more = (a.a_pool(name, id=name) for name in ("p1", "p2", "p3"))
    with store.write(fleet=False) as work:
        work.pools.add(one)
        work.pools.add(*more)
        work.commit()
    with store.read() as work:
        assert [work.pools.get(each.id) for each in (one, *more)] == [one, *more]


def test_a_load_balancer_comes_along_with_its_listeners(store: SqlStore, trips: list[int]) -> None:
    balancer = a.a_load_balancer()
    with store.write(fleet=False) as work:
        work.load_balancers.add(balancer)
        work.commit()
    trips.clear()
    by_id = Query(filters={"id": (balancer.id, "missing")})
    with store.write(fleet=False) as work:
        service = work.services.along.get(balancer.id)
        assert work.load_balancers.find(by_id) == [balancer]
        assert work.load_balancers.hold(balancer.id) == balancer
        assert work.load_balancers.get("missing") is None
        assert service() is None
        assert len(trips) == 3
    with store.read() as work:
        asked = work.load_balancers.along.get(balancer.id)
        assert [asked(), asked()] == [balancer, balancer]


def test_who_looked_does_not_wait_for_the_end(store: SqlStore, trips: list[int]) -> None:
    for _ in range(3):
        trips.clear()
        with store.read() as work:
            assert work.pools.get(a.a_pool().id) == a.a_pool()
            raw = work._session.connection.connection.driver_connection
            assert raw.info.transaction_status == TransactionStatus.INTRANS
        assert len(trips) == 2
        assert raw.info.transaction_status == TransactionStatus.ACTIVE
