"""The contracts of core.ports.clock: Clock, IdSource and Doorbell."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.system import CountingIds, ManualClock, SystemClock, ThreadDoorbell, UuidSource
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource

LONG = 30.0


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()])
def test_time_does_not_go_back(clock: Clock) -> None:
    times = [clock.now() for _ in range(3)]
    assert times == sorted(times)
    assert times[0] > 1_600_000_000


@pytest.mark.parametrize("make", [UuidSource, CountingIds])
def test_ids_are_uuids_that_never_repeat(make) -> None:
    source: IdSource = make()
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: source.new_id(), range(1_000)))
    assert len(set(ids)) == 1_000
    assert all(str(uuid.UUID(identity)) == identity for identity in ids)


def test_random_ids_say_that_they_are() -> None:
    made = [uuid.UUID(UuidSource().new_id()) for _ in range(100)]
    assert {(one.version, one.variant) for one in made} == {(4, uuid.RFC_4122)}


@pytest.fixture(params=[ThreadDoorbell])
def doorbell(request: pytest.FixtureRequest) -> Doorbell:
    make: type[ThreadDoorbell] = request.param
    return make()


def test_rings_add_up_to_one(doorbell: Doorbell) -> None:
    doorbell.ring()
    doorbell.ring()
    assert doorbell.wait(0)
    assert not doorbell.wait(0)


def test_a_ring_wakes_the_waiter(doorbell: Doorbell) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(doorbell.wait, LONG)
        doorbell.ring()
        assert waiting.result(timeout=LONG)
