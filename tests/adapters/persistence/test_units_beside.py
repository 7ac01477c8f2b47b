"""Units of work that run at the same time on a server, which SQLite does not have."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from adapters.persistence.sql import SqlStore, engine, open_sql_store
from core.ports.store import StoreConflict, StoreFailure
from tests import builders as a
from tests.servers.fixtures import SERVERS

LONG = 30.0
SHORT = 0.2
"""How long one who has to wait is watched."""
NAMES = ["s0", "s1", "s2", "s3", "s4", "s5"]
BRIEFLY = {
    "postgresql": "SET lock_timeout = '100ms'",
    "mariadb": "SET SESSION innodb_lock_wait_timeout = 1",
}


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(request: pytest.FixtureRequest, kind: str) -> Iterator[SqlStore]:
    store = open_sql_store(request.getfixturevalue(f"{kind}_url"))
    with store.write() as work:
        work.service_types.add(a.a_service_type())
        for number, name in enumerate(NAMES):
            work.services.add(a.a_service(name, id=name, due_at=float(number)))
        work.commit()
    yield store
    store.close()


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def count_up(store: SqlStore, name: str, *, fleet: bool = False) -> None:
    with store.write(fleet=fleet) as work:
        service = work.services.hold(name)
        assert service is not None
        work.services.save(replace(service, attempts=service.attempts + 1))
        work.commit()


def attempts(store: SqlStore, name: str) -> int:
    with store.read() as work:
        service = work.services.get(name)
        assert service is not None
        return service.attempts


def test_tenants_units_run_beside_one_another_and_a_fleet_unit(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    with store.write() as fleet, ThreadPoolExecutor(1) as pool:
        fleet.devices.add(a.a_device())
        assert fleet.services.hold("s0") is not None
        with store.read() as reader:
            assert reader.services.count({}) == len(NAMES)
        for name in NAMES[1:]:
            others.submit(count_up, store, name).result(LONG)

        def inside() -> None:
            with store.write(fleet=False) as first:
                assert first.services.hold("s1") is not None
                others.submit(count_up, store, "s2").result(LONG)

        pool.submit(inside).result(LONG)
        fleet.commit()
    assert [attempts(store, name) for name in NAMES] == [0, 1, 2, 1, 1, 1]


def test_shared_holds_stand_beside_one_another_and_keep_others_off(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    def look() -> bool:
        with store.write(fleet=False) as work:
            return work.service_types.hold(a.uid("gold"), shared=True) is not None

    def change() -> None:
        with store.write() as work:
            work.service_types.save(a.a_service_type(description="new"))
            work.commit()

    with store.write(fleet=False) as work:
        assert work.service_types.hold(a.uid("gold"), shared=True) is not None
        assert others.submit(look).result(LONG)
        waiting = others.submit(change)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        found = work.service_types.get(a.uid("gold"))
        assert found is not None
        assert found.description == ""
        work.commit()
    waiting.result(LONG)


def test_due_services_that_others_hold_are_passed_over(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    def due(fleet: bool, limit: int) -> list[str]:
        with store.write(fleet=fleet) as work:
            return [service.id for service in work.due.services(9.0, limit)]

    with store.write(fleet=False) as work:
        assert [service.id for service in work.due.services(9.0, 2)] == ["s0", "s1"]
        assert work.services.hold("s3") is not None
        # They alone are held: not what came after them.
        assert others.submit(due, True, 10).result(LONG) == ["s2", "s4", "s5"]
        assert others.submit(due, False, 2).result(LONG) == ["s2", "s4"]
        with store.read() as reader:
            assert [one.id for one in reader.due.services(9.0, 10)] == NAMES
        waiting = others.submit(count_up, store, "s1")
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
    waiting.result(LONG)
    assert due(False, 10) == NAMES


def test_services_that_were_settled_meanwhile_are_not_due(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    def due() -> list[str]:
        with store.write(fleet=False) as work:
            return [service.id for service in work.due.services(9.0, 10)]

    with store.write(fleet=False) as work:
        service = work.services.hold("s0")
        assert service is not None
        work.services.save(replace(service, due_at=None))
        work.commit()
    assert others.submit(due).result(LONG) == NAMES[1:]


def test_waking_waits_for_holders_and_misses_nothing(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    def wake() -> int:
        with store.write(fleet=False) as work:
            woken = work.due.wake_all(2.0)
            work.commit()
            return woken

    with store.write(fleet=False) as work:
        service = work.services.hold("s4")
        assert service is not None
        waiting = others.submit(wake)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        work.services.save(replace(service, due_at=7.0))
        work.commit()
    assert waiting.result(LONG) == 3
    with store.read() as work:
        times = [one.due_at for one in map(work.services.get, NAMES) if one is not None]
        assert times == [0.0, 1.0, 2.0, 2.0, 2.0, 2.0]


def test_waiting_for_too_long_is_a_conflict(
    store: SqlStore, kind: str, others: ThreadPoolExecutor
) -> None:
    def impatient() -> None:
        with store.write(fleet=False) as work:
            work._session.connection.execute(text(BRIEFLY[kind]))
            work.services.hold("s0")

    with store.write(fleet=False) as work:
        assert work.services.hold("s0") is not None
        with pytest.raises(StoreConflict):
            others.submit(impatient).result(LONG)
    count_up(store, "s0")


def test_a_fleet_unit_that_waits_for_too_long_is_a_conflict(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 1)
    other = open_sql_store(store._engine.url)
    with store.write() as first:
        assert first.services.count({}) == len(NAMES)
        with pytest.raises(StoreConflict), other.write() as second:
            second.services.count({})
    count_up(other, "s0", fleet=True)
    other.close()


def test_of_units_that_wait_for_one_another_one_is_a_conflict(
    store: SqlStore, others: ThreadPoolExecutor
) -> None:
    both = threading.Barrier(2)

    def cross(first: str, second: str) -> bool:
        with store.write(fleet=False) as work:
            service = work.services.hold(first)
            assert service is not None
            work.services.save(replace(service, attempts=5))
            both.wait(LONG)
            try:
                work.services.hold(second)
            except StoreConflict:
                return False
            work.commit()
            return True

    tasks = [others.submit(cross, *pair) for pair in (("s0", "s1"), ("s1", "s0"))]
    done = [task.result(LONG) for task in tasks]
    assert sorted(done) == [False, True]
    assert [attempts(store, name) for name in ("s0", "s1")] == [5 * each for each in done]
    for name in ("s0", "s1"):
        count_up(store, name)


def test_no_free_connection_is_a_failure(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._engine.pool, "_timeout", 0.1)
    units = [store.read() for _ in range(engine._POOL_SIZE)]
    for unit in units:
        unit.__enter__()
    with pytest.raises(StoreFailure, match="in use"):
        count_up(store, "s0")
    for unit in units:
        unit.__exit__(None, None, None)
    count_up(store, "s0")
