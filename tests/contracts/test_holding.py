"""The contract of core.ports.store about units that change things beside others, and of
`Repository.hold`, as far as it is the same for a store that lets in one writer at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from adapters.persistence.misuse import BrokenReference, FleetChange, ReadOnly
from core.domain.consistency import DeviceBooks
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

LONG = 30.0
SHORT = 0.2
"""How long one who has to wait is watched."""
LB1, FRONT = a.uid("lb1"), a.uid("front")
SERVICE = a.uid("service")


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as work:
        work.service_types.add(a.a_service_type(), a.a_service_type("unused"))
        work.device_pools.add(a.a_device_pool())
        work.devices.add(a.a_device())
        work.networks.add(a.a_network())
        work.subnets.add(a.a_subnet())
        work.services.add(a.a_service(due_at=1.0), a.a_service("other", due_at=2.0))
        work.pools.add(a.a_pool())
        work.load_balancers.add(a.a_load_balancer())
        work.bindings.claim([a.a_claim()])
        work.commit()
    return store


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


HELD = {
    "services": a.a_service(due_at=1.0),
    "service_types": a.a_service_type(),
    "load_balancers": a.a_load_balancer(),
    "pools": a.a_pool(),
    "devices": a.a_device(),
    "subnets": a.a_subnet(),
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("shared", [False, True])
def test_what_is_held_is_what_is_stored(filled: Store, name: str, shared: bool) -> None:
    with filled.write(fleet=False) as work:
        repository = getattr(work, name)
        assert repository.hold(HELD[name].id, shared=shared) == HELD[name]
        assert repository.hold("nothing", shared=shared) is None


def test_what_is_asked_for_along_is_there_when_it_is_called_for(filled: Store) -> None:
    with filled.write(fleet=False) as work:
        asked = {name: getattr(work, name).along.hold(HELD[name].id) for name in HELD}
        seen = {name: getattr(work, name).along.get(HELD[name].id) for name in HELD}
        nothing = work.pools.along.hold("nothing"), work.load_balancers.along.get("nothing")
        work.services.save(replace(HELD["services"], project_id="later"))
        assert {name: ask() for name, ask in asked.items()} == HELD
        assert {name: ask() for name, ask in seen.items()} == HELD
        assert [ask() for ask in nothing] == [None, None]
        assert asked["pools"]() == HELD["pools"]


def test_a_read_unit_holds_nothing(filled: Store) -> None:
    with filled.read() as work:
        for repository in (work.services, work.load_balancers, work.pools):
            with pytest.raises(ReadOnly):
                repository.hold(SERVICE)
            with pytest.raises(ReadOnly):
                repository.along.hold(SERVICE)
            assert repository.along.get("nothing")() is None


@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True)])
def test_the_next_holder_waits_and_finds_the_newest(
    filled: Store, others: ThreadPoolExecutor, first: bool, second: bool
) -> None:
    begun = threading.Event()

    def attempts() -> int:
        with filled.write(fleet=second) as work:
            # What is seen before one waits does not count.
            if not second:
                work.services.get(SERVICE)
            begun.set()
            held = work.services.hold(SERVICE)
            assert held is not None
            assert work.services.get(SERVICE) == held
            return held.attempts

    with filled.write(fleet=first) as work:
        service = work.services.hold(SERVICE)
        assert service is not None
        waiting = others.submit(attempts)
        begun.wait(SHORT)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        work.services.save(replace(service, attempts=7))
        work.commit()
    assert waiting.result(LONG) == 7


def test_the_next_holder_finds_that_it_is_gone(filled: Store, others: ThreadPoolExecutor) -> None:
    def held() -> object:
        with filled.write(fleet=False) as work:
            return work.load_balancers.hold(SERVICE)

    with filled.write(fleet=False) as work:
        assert work.load_balancers.hold(SERVICE) is not None
        waiting = others.submit(held)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        work.load_balancers.remove(SERVICE)
        work.commit()
    assert waiting.result(LONG) is None


def test_the_next_holder_of_a_load_balancer_finds_its_newest_listeners(
    filled: Store, others: ThreadPoolExecutor
) -> None:
    def ports() -> list[int]:
        with filled.write(fleet=False) as work:
            balancer = work.load_balancers.hold(SERVICE)
            assert balancer is not None
            return [listener.protocol_port for listener in balancer.listeners]

    with filled.write(fleet=False) as work:
        balancer = work.load_balancers.hold(SERVICE)
        assert balancer is not None
        waiting = others.submit(ports)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        listener = replace(balancer.listeners[0], protocol_port=8080)
        work.load_balancers.save(replace(balancer, listeners=(listener,)))
        work.commit()
    assert waiting.result(LONG) == [8080]


def test_what_was_held_and_not_committed_is_free_again(filled: Store) -> None:
    for fleet in (False, True):
        with filled.write(fleet=fleet) as work:
            assert work.services.hold(SERVICE) is not None
            work.services.save(a.a_service(attempts=9))
    with filled.write() as work:
        assert work.services.hold(SERVICE) == a.a_service(due_at=1.0)


def test_units_that_hold_lose_no_update(filled: Store, others: ThreadPoolExecutor) -> None:
    def count_up(fleet: bool) -> None:
        for _ in range(15):
            with filled.write(fleet=fleet) as work:
                service = work.services.hold(SERVICE)
                assert service is not None
                work.services.save(replace(service, attempts=service.attempts + 1))
                work.commit()

    for task in [others.submit(count_up, at == 0) for at in range(4)]:
        task.result(LONG)
    with filled.read() as work:
        assert work.services.get(SERVICE) == a.a_service(due_at=1.0, attempts=60)


def test_tenants_units_change_what_is_not_of_the_fleet(filled: Store) -> None:
    with filled.write(fleet=False) as work:
        work.services.add(a.a_service("new"))
        work.pools.add(a.a_pool("new"))
        work.load_balancers.add(a.a_load_balancer("new"))
        work.members.add(a.a_member(), a.a_member("b", protocol_port=81))
        work.reservations.add(a.a_reservation())
        work.decisions.add(a.a_decision())
        work.observations.put({SERVICE: {"up": True}})
        work.agents.add(a.an_agent())
        assert work.due.wake_all(0.0) == 3
        work.load_balancers.remove(SERVICE)
        work.commit()
    with filled.read() as work:
        assert work.services.get(a.uid("new")) is not None
        assert work.members.count({}) == 2
        assert work.load_balancers.get(SERVICE) is None


def _rename(work: UnitOfWork) -> None:
    work.subnets.save(replace(a.a_subnet(), cursor="127.9.0.9", name="other"))


FLEET = {
    "add a device": lambda work: work.devices.add(a.a_device("lb2")),
    "save a device": lambda work: work.devices.save(a.a_device(due_at=5.0)),
    "remove a device": lambda work: work.devices.remove(LB1),
    "save a device pool": lambda work: work.device_pools.save(a.a_device_pool(spare=1)),
    "save a service type": lambda work: work.service_types.save(a.a_service_type(description="x")),
    "remove a service type": lambda work: work.service_types.remove(a.uid("unused")),
    "add a network": lambda work: work.networks.add(a.a_network("b")),
    "remove a subnet": lambda work: work.subnets.remove(a.a_subnet().id),
    "save more than the cursor": _rename,
    "add a subnet": lambda work: work.subnets.save(a.a_subnet("new")),
    "claim": lambda work: work.bindings.claim([a.a_claim("other")]),
    "claim nothing": lambda work: work.bindings.claim([]),
    "release": lambda work: work.bindings.release([SERVICE]),
    "limits": lambda work: work.ledger.set_limits(LB1, {"vips": 1}),
    "start wiring": lambda work: work.ledger.start_wiring(LB1, FRONT, 1.0, 2.0),
    "end wiring": lambda work: work.ledger.end_wiring(LB1, FRONT, None),
    "forget": lambda work: work.ledger.forget(LB1),
    "rewrite": lambda work: work.audit.rewrite(LB1, DeviceBooks()),
}


@pytest.mark.parametrize("what", FLEET)
def test_tenants_units_leave_the_fleet_alone(filled: Store, what: str) -> None:
    with filled.write(fleet=False) as work, pytest.raises(FleetChange):
        FLEET[what](work)
    with filled.read() as work, pytest.raises(ReadOnly):
        FLEET[what](work)


def test_tenants_units_move_the_cursor_of_a_subnet(filled: Store) -> None:
    with filled.write(fleet=False) as work:
        subnet = work.subnets.hold(a.a_subnet().id)
        assert subnet is not None
        work.subnets.save(replace(subnet, cursor="127.9.0.77"))
        work.commit()
    with filled.read() as work:
        assert work.subnets.get(a.a_subnet().id) == a.a_subnet(cursor="127.9.0.77")


def test_a_service_type_that_a_service_has_stays(filled: Store, others: ThreadPoolExecutor) -> None:
    unused = a.uid("unused")

    def remove() -> None:
        with filled.write() as work:
            work.service_types.remove(unused)
            work.commit()

    with filled.write(fleet=False) as work:
        assert work.service_types.hold(unused, shared=True) is not None
        waiting = others.submit(remove)
        with pytest.raises(TimeoutError):
            waiting.result(SHORT)
        work.services.add(a.a_service("new", service_type_id=unused))
        work.commit()
    with pytest.raises(BrokenReference):
        waiting.result(LONG)
    with filled.write() as work:
        work.services.remove(a.uid("new"))
        work.service_types.remove(unused)
        assert work.service_types.get(unused) is None
