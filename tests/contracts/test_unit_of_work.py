"""The contract of core.ports.unit_of_work: Store and UnitOfWork."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.persistence.misuse import NestedWrite, NotOpen
from core.domain.query import Query
from core.ports.repository import Duplicate
from core.ports.store import Store, StoreFailure
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

LONG = 30.0


def names(store: Store) -> list[str]:
    with store.read() as work:
        return sorted(device.name for device in work.devices.find(Query()))


def test_what_was_committed_is_seen_by_others(store: Store) -> None:
    with store.write() as work:
        work.devices.add(a.a_device("lb1"))
        assert work.devices.get(a.uid("lb1")) is not None
        assert names(store) == []
        work.commit()
    assert names(store) == ["lb1"]


def test_leaving_without_a_commit_undoes_everything(store: Store) -> None:
    with store.write() as work:
        work.devices.add(a.a_device("lb1"))
        work.ledger.set_limits(a.uid("lb1"), {"vips": 1})
        work.observations.put({"s": {}})

    def fail() -> None:
        with store.write() as work:
            work.devices.add(a.a_device("lb2"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(store) == []
    with store.write() as work:
        assert work.observations.of(["s"]) == {}
        work.devices.add(a.a_device("lb1"))
        work.commit()


def test_a_reader_keeps_its_state_while_writers_go_on(store: Store) -> None:
    with store.write() as work:
        work.devices.add(a.a_device("lb1"))
        work.commit()
    with store.read() as reader:
        assert reader.devices.count({}) == 1
        with store.write() as work:
            work.devices.add(a.a_device("lb2"))
            work.devices.remove(a.uid("lb1"))
            assert reader.devices.count({}) == 1
            work.commit()
        assert [device.name for device in reader.devices.find(Query())] == ["lb1"]
    assert names(store) == ["lb2"]


def test_a_reader_never_waits_for_a_writer(store: Store) -> None:
    with store.write() as work, ThreadPoolExecutor(1) as pool:
        work.devices.add(a.a_device("lb1"))
        assert pool.submit(names, store).result(timeout=LONG) == []


def test_no_update_is_lost(store: Store) -> None:
    with store.write() as work:
        work.services.add(a.a_service())
        work.commit()

    def count_up(times: int) -> None:
        for _ in range(times):
            with store.write() as work:
                service = work.services.get(a.uid("service"))
                assert service is not None
                work.services.save(a.a_service(attempts=service.attempts + 1))
                work.commit()

    with ThreadPoolExecutor(8) as pool:
        for task in [pool.submit(count_up, 10) for _ in range(8)]:
            task.result(timeout=LONG)
    with store.read() as work:
        assert work.services.get(a.uid("service")) == a.a_service(attempts=80)


def begun(store: Store, change: Callable[[UnitOfWork], None]) -> Callable[[], None]:
    """A commit that was begun. A store may find out at once that it fails."""
    try:
        with store.write() as work:
            change(work)
            return work.begin_commit()
    except Duplicate as found:
        failure = found

    def fail() -> None:
        raise failure

    return fail


def test_the_next_unit_begins_while_the_last_is_committed(store: Store) -> None:
    waits = []
    for name in ("a", "b", "c"):
        with store.write() as work:
            before = sorted(each.name for each in work.devices.find(Query()))
            assert before == ["a", "b", "c"][: len(waits)]
            work.devices.add(a.a_device(name))
            waits.append(work.begin_commit())
    for wait in waits:
        wait()
    assert names(store) == ["a", "b", "c"]


def test_a_commit_that_comes_to_nothing_is_told_when_it_is_waited_for(store: Store) -> None:
    with store.write() as work:
        work.services.add(a.a_service("shop"))
        work.commit()

    def clash(work: UnitOfWork) -> None:
        with work.together():
            work.devices.add(a.a_device("lost"))
            work.services.add(a.a_service("shop"))

    until_done = begun(store, clash)
    with store.write() as work:
        assert work.devices.count({}) == 0
        work.devices.add(a.a_device("kept"))
        work.commit()
    with pytest.raises(Duplicate):
        until_done()
    assert names(store) == ["kept"]


def test_a_unit_is_over_once_its_commit_has_begun(store: Store) -> None:
    with store.write() as work:
        work.devices.add(a.a_device("lb1"))
        until_done = work.begin_commit()
        with pytest.raises(NotOpen):
            work.devices.find(Query())
        with pytest.raises(NotOpen):
            work.begin_commit()
    until_done()
    assert names(store) == ["lb1"]


def test_a_commit_that_nobody_waits_for_is_made_all_the_same(store: Store) -> None:
    for number in range(30):
        with store.write() as work:
            work.devices.add(a.a_device(f"lb{number}"))
            work.begin_commit()
    with store.write() as work:
        assert work.devices.count({}) == 30


def test_a_write_unit_inside_another_fails_at_once(store: Store) -> None:
    with store.write(), pytest.raises(NestedWrite), store.write():
        pass
    assert names(store) == []
    with store.write() as work:
        work.devices.add(a.a_device())
        work.commit()
    assert names(store) == ["lb1"]


@pytest.mark.parametrize(("outer", "inner"), [(True, False), (False, True), (False, False)])
def test_write_units_of_any_sort_are_not_nested(store: Store, outer: bool, inner: bool) -> None:
    with store.write(fleet=outer) as work:
        with pytest.raises(NestedWrite), store.write(fleet=inner):
            pass
        work.services.add(a.a_service())
        work.commit()
    with store.write(fleet=inner) as work:
        assert work.services.get(a.uid("service")) is not None


def test_a_unit_of_work_ends_with_its_commit(store: Store) -> None:
    work = store.write()
    with pytest.raises(NotOpen):
        work.devices.count({})
    with work:
        work.devices.add(a.a_device())
        work.commit()
        with pytest.raises(NotOpen):
            work.devices.count({})
        with pytest.raises(NotOpen):
            work.commit()
        # The next writer need not wait until the block ends.
        with store.write() as other:
            assert other.devices.count({}) == 1


def test_a_read_unit_may_commit(store: Store) -> None:
    with store.read() as work:
        work.commit()


def test_a_failed_writer_lets_the_next_one_in(store: Store) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def fail() -> None:
        with store.write() as work:
            work.devices.add(a.a_device("lost"))
            inside.set()
            assert go_on.wait(LONG)
            raise ZeroDivisionError

    def succeed() -> None:
        with store.write() as work:
            work.devices.add(a.a_device("kept"))
            work.commit()

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(fail)
        assert inside.wait(LONG)
        waiting = pool.submit(succeed)
        go_on.set()
        waiting.result(timeout=LONG)
        with pytest.raises(ZeroDivisionError):
            failing.result(timeout=LONG)
    assert names(store) == ["kept"]


def test_what_is_done_together_is_done_when_it_is_asked_for(store: Store) -> None:
    with store.write(fleet=False) as work:
        work.pools.add(a.a_pool("web"))
        with work.together():
            work.services.add(a.a_service("shop"))
            work.load_balancers.add(a.a_load_balancer("shop", listeners=()))
            work.pools.save(a.a_pool("web", name="renamed"))
        assert work.services.get(a.uid("shop")) is not None
        work.commit()
    with store.read() as work:
        balancer, pool = work.load_balancers.get(a.uid("shop")), work.pools.get(a.uid("web"))
    assert balancer is not None
    assert pool is not None
    assert pool.name == "renamed"


def test_what_is_done_together_is_done_by_the_commit(store: Store) -> None:
    with store.write(fleet=False) as work:
        work.pools.add(a.a_pool("web"))
        work.commit()
    with store.write(fleet=False) as work:
        work.pools.hold(a.uid("web"))
        with work.together():
            work.services.add(a.a_service("shop"))
            work.pools.save(a.a_pool("web", name="renamed"))
        work.commit()
    with store.read() as work:
        pool = work.pools.get(a.uid("web"))
        assert work.services.get(a.uid("shop")) is not None
    assert pool is not None
    assert pool.name == "renamed"


@pytest.mark.parametrize("looks", [False, True])
def test_a_clash_is_told_by_the_commit_at_the_latest(store: Store, looks: bool) -> None:
    with store.write(fleet=False) as work:
        work.services.add(a.a_service("shop"))
        work.commit()

    def clash() -> None:
        with store.write(fleet=False) as work:
            with work.together():
                work.pools.add(a.a_pool("web"))
                work.services.add(a.a_service("shop"))
            if looks:
                work.services.get(a.uid("shop"))
            work.commit()

    with pytest.raises(Duplicate) as told:
        clash()
    assert told.value.fields == ("id",)
    with store.read() as work:
        assert work.pools.get(a.uid("web")) is None


def test_what_is_not_there_is_not_saved_and_nothing_else_is(store: Store) -> None:
    def save_nothing() -> None:
        with store.write(fleet=False) as work:
            with work.together():
                work.services.add(a.a_service("shop"))
                work.pools.save(a.a_pool("web"))
            work.commit()

    with pytest.raises((LookupError, StoreFailure)):
        save_nothing()
    with store.read() as work:
        assert work.services.get(a.uid("shop")) is None


def test_an_error_in_the_block_undoes_it(store: Store) -> None:
    def fail() -> None:
        with store.write(fleet=False) as work, work.together():
            work.pools.add(a.a_pool("web"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as work:
        assert work.pools.get(a.uid("web")) is None
