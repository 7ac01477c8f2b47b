"""The scheduler claims what it decides, records why, and steps aside for faster rivals."""

import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from adapters.devices.memory import MemoryAdvisor
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock
from core.domain.binding import InsertionMode, Shortage
from core.domain.placement.decision import Decision
from core.domain.placement.request import Requirements
from core.domain.query import Query
from core.domain.service import Service, ServiceKind
from core.domain.service_type import Policy
from core.ports.repository import Duplicate
from core.ports.store import Store, StoreConflict
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from core.usecases.placement.words import refusal_for_tenant
from tests.core.domain.placement.fleet import NET_A, NET_B, device, request


def a_service(service_id: str) -> Service:
    return Service(
        id=service_id,
        kind=ServiceKind.LOADBALANCER,
        project_id="blue",
        service_type_id="gold",
    )


class Fleet:
    """A store with devices, and a scheduler over it."""

    def __init__(self, *names: str, vips: int = 10, store: Store | None = None) -> None:
        self.store = MemoryStore() if store is None else store
        advisors = {"memory": MemoryAdvisor()}
        self.view = FleetView({"memory": MemoryAdvisor.info}, threading.Lock())
        self.scheduler = FleetScheduler(
            view=self.view, advisors=advisors, clock=ManualClock(), ids=CountingIds()
        )
        with self.store.write() as work:
            for name in names:
                work.devices.add(
                    device(
                        id=name,
                        name=name,
                        number=int(name[1:]),
                        driver="memory",
                        version="1.0",
                        limits={"vips": vips},
                    )
                )
                work.ledger.set_limits(name, {"vips": vips, "vlans:eth1": 64})
            work.commit()

    def place_together(self, requests):
        """Place services in one unit of work, which is done again when it was undone because the
        store holds a device to other limits than the fleet knows."""
        with suppress(StoreConflict):
            return self._place_together(requests)
        return self._place_together(requests)

    def _place_together(self, requests):
        with self.store.write() as work:
            placements = self.scheduler.place(work, requests)
            work.commit()
        return placements

    def place(self, service_id: str = "vip-1", **changes):
        """Place a service as the conductor does, all in one unit of work."""
        with self.store.write() as work:
            if work.services.get(service_id) is None:
                work.services.add(a_service(service_id))
            changes.setdefault("drivers", ("memory",))
            changes.setdefault("bound", work.bindings.get(service_id))
            [placement] = self.scheduler.place(work, [request(service_id=service_id, **changes)])
            work.commit()
        return placement

    def begin(self, service_id: str, clash: str | None = None):
        """Place a new service, and begin to commit that; what waits for it. It comes to nothing
        if there is a `clash` with a service that is stored; some stores say so at once."""
        try:
            with self.store.write() as work:
                work.services.add(a_service(service_id))
                wanted = request(service_id=service_id, drivers=("memory",))
                self.scheduler.place(work, [wanted])
                if clash is not None:
                    with work.together():
                        work.services.add(a_service(clash))
                return work.begin_commit()
        except Duplicate as found:
            failure = found

        def fail() -> None:
            raise failure

        return fail

    def decisions(self) -> list[Decision]:
        with self.store.read() as work:
            return work.decisions.find(Query())

    def follows(self) -> bool:
        """Whether the scheduler counts what the store does."""
        with self.store.read() as work, self.view.at(work) as known:
            return all(host.used == self.used(host.device.id) for host in known)

    def used(self, name: str) -> dict:
        with self.store.read() as work:
            usage = work.ledger.usage([name])
        return dict(usage[name].used) if name in usage else {}


def test_the_next_is_decided_while_the_last_is_committed(store):
    fleet = Fleet("d1", "d2", vips=20, store=store)
    until_done = None
    for number in range(12):
        before, until_done = until_done, fleet.begin(f"vip-{number}")
        if before is not None:
            before()
    until_done()
    assert [fleet.used(name)["vips"] for name in ("d1", "d2")] == [6, 6]
    assert fleet.follows()


def test_what_was_decided_after_a_unit_that_came_to_nothing_is_decided_anew(store):
    fleet = Fleet("d1", vips=8, store=store)
    for number in range(7):
        fleet.place(f"vip-{number}")
    lost = fleet.begin("lost", clash="vip-0")
    assert fleet.place("last").binding is not None
    with pytest.raises(Duplicate):
        lost()
    assert fleet.used("d1")["vips"] == 8
    assert fleet.follows()


def test_what_is_decided_is_claimed_and_recorded():
    fleet = Fleet("d1", "d2")
    placement = fleet.place()
    assert placement.binding is not None
    assert placement.binding.device_id == "d1"
    assert placement.binding.mode is InsertionMode.TWO_ARM
    assert fleet.used("d1") == {"vips": 1, "vlans:eth1": 2}
    assert fleet.used("d2") == {}
    assert fleet.decisions() == [placement.decision]
    assert [verdict.device_id for verdict in placement.decision.verdicts] == ["d1", "d2"]


def test_a_failure_gives_every_reason_and_counts_them():
    fleet = Fleet("d1", "d2", vips=0)
    placement = fleet.place(drivers=("f5",))
    assert placement.binding is None
    assert placement.decision.considered == 2
    assert placement.decision.refusals == {"driver-not-allowed": 2, "limit-reached": 2}
    assert refusal_for_tenant(placement) == (
        "No eligible device: 2 devices considered: "
        "2 of another kind than the service type asks for, 2 full"
    )


def test_no_device_at_all_is_said():
    assert refusal_for_tenant(Fleet().place()) == ("No eligible device: 0 devices considered")


def test_retries_that_fail_do_not_pile_up_and_a_success_is_kept_beside_the_last_failure():
    fleet = Fleet("d1", vips=0)
    for _ in range(3):
        fleet.place()
    assert len(fleet.decisions()) == 1
    with fleet.store.write() as work:
        work.devices.save(replace(work.devices.get("d1"), limits={"vips": 1}))
        work.ledger.set_limits("d1", {"vips": 1})
        work.commit()
    assert fleet.place().binding is not None
    assert [decision.device_id for decision in fleet.decisions()].count(None) == 1
    assert len(fleet.decisions()) == 2


def test_full_devices_are_passed_over_until_all_are_full():
    fleet = Fleet("d1", "d2", vips=2)
    placed = [fleet.place(f"vip-{n}").binding for n in range(5)]
    assert sorted(binding.device_id for binding in placed if binding) == ["d1", "d1", "d2", "d2"]
    assert placed[-1] is None


def test_a_rival_that_was_faster_costs_only_the_next_choice(monkeypatch):
    fleet = Fleet("d1", "d2")
    with fleet.store.write() as work:
        real = type(work.bindings).claim

    def claim(self, claims):
        taken = [
            Shortage(device_id="d1", resource="vips", wanted=1, used=10, limit=10)
            if each.binding.device_id == "d1"
            else None
            for each in claims
        ]
        if None in taken:
            real(self, [each for each in claims if each.binding.device_id != "d1"])
        return taken

    monkeypatch.setattr(type(work.bindings), "claim", claim)
    placement = fleet.place()
    assert placement.binding is not None
    assert placement.binding.device_id == "d2"
    assert placement.decision.refusals == {"limit-reached": 1}


def test_rivals_that_were_faster_than_a_group_cost_only_the_next_choices(store):
    names, vips = ("d1", "d2", "d3"), 150
    fleet = Fleet(*names, vips=vips, store=store)
    with store.write() as work:
        # As if others had taken the rest, of which the scheduler cannot know.
        work.ledger.set_limits("d1", {"vips": 37, "vlans:eth1": 64})
        work.commit()
    many = [request(service_id=f"vip-{at}", drivers=("memory",)) for at in range(310)]
    placements = fleet.place_together(many)
    assert [fleet.used(name)["vips"] for name in names] == [37, 137, 136]
    assert all(placement.binding for placement in placements)
    assert len(fleet.decisions()) == len(many)
    assert fleet.follows()


def test_what_was_decided_before_a_refusal_was_known_counts(store):
    fleet = Fleet("d1", "d2", vips=150, store=store)
    with store.write() as work:
        work.ledger.set_limits("d1", {"vips": 99, "vlans:eth1": 64})
        work.commit()
    large = request(service_id="large", drivers=("memory",), policy=Policy(demand={"vips": 100}))
    many = [request(service_id=f"vip-{at}", drivers=("memory",)) for at in range(200)]
    placements = fleet.place_together([large, *many])
    assert placements[0].binding is None
    assert all(placement.binding for placement in placements[1:])
    assert fleet.used("d1")["vips"] + fleet.used("d2")["vips"] == len(many)
    assert fleet.follows()


@pytest.mark.parametrize("leave", [False, True])
def test_another_subnet_of_a_network_is_added_on_its_device(store, leave):
    fleet = Fleet("d1", store=store)
    first, second = (replace(NET_A, cidr=f"10.{third}.0.0/24") for third in (1, 7))
    fleet.place("vip-1", requirements=Requirements(vip_address="10.1.0.5", networks=(first,)))
    if leave:
        with store.write() as work:
            work.bindings.release(["vip-1"])
            work.commit()
    fleet.place("vip-2", requirements=Requirements(vip_address="10.7.0.5", networks=(second,)))
    with store.read() as work:
        (network,) = work.ledger.usage()["d1"].networks
    assert network.users == 2 - leave
    assert network.cidrs == ((second.cidr,) if leave else (first.cidr, second.cidr))
    assert fleet.follows()


def test_a_device_with_less_room_than_the_fleet_knows_is_found_out_once(store):
    fleet = Fleet("d1", "d2", vips=150, store=store)
    with store.write() as work:
        work.ledger.set_limits("d1", {"vips": 1, "vlans:eth1": 64})
        work.commit()
    undone = 0
    for at in range(6):
        try:
            fleet.place(f"vip-{at}")
        except StoreConflict:
            undone += 1
            fleet.place(f"vip-{at}")
    assert undone <= 1
    assert [fleet.used(name)["vips"] for name in ("d1", "d2")] == [1, 5]
    assert fleet.follows()


@pytest.fixture
def bound() -> Fleet:
    fleet = Fleet("d1", "d2")
    fleet.place(requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A,)))
    return fleet


def test_a_bound_service_stays_and_its_claims_grow(bound):
    placement = bound.place(
        requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A, NET_B))
    )
    assert placement.decision.considered == 1
    assert bound.used("d1") == {"vips": 1, "vlans:eth1": 2}


def test_a_bound_service_whose_device_is_full_may_still_change(bound):
    with bound.store.write() as work:
        work.devices.save(replace(work.devices.get("d1"), limits={"vips": 1}))
        work.ledger.set_limits("d1", {"vips": 1, "vlans:eth1": 64})
        work.commit()
    assert bound.place().binding is not None
    assert bound.used("d1")["vips"] == 1


def test_a_change_that_does_not_fit_leaves_the_claims_as_they_were(bound):
    with bound.store.write() as work:
        work.devices.save(replace(work.devices.get("d1"), limits={"vlans:eth1": 1}))
        work.ledger.set_limits("d1", {"vips": 10, "vlans:eth1": 1})
        work.commit()
    placement = bound.place(
        requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A, NET_B))
    )
    assert placement.binding is None
    assert bound.used("d1") == {"vips": 1, "vlans:eth1": 1}


def test_the_same_fleet_and_request_give_the_same_decision():
    assert Fleet("d1", "d2").place().decision == Fleet("d2", "d1").place().decision


def test_many_at_once_are_placed_as_one_after_the_other(store):
    many = [request(service_id=f"vip-{at}", drivers=("memory",)) for at in range(310)]
    names = ("d1", "d2", "d3")
    at_once, in_turn = Fleet(*names, vips=100, store=store), Fleet(*names, vips=100)
    with at_once.store.write() as work:
        placements = at_once.scheduler.place(work, many)
        work.commit()
    hosts = [placement.decision.device_id for placement in placements]
    assert hosts == [in_turn.place(one.service_id).decision.device_id for one in many]
    assert hosts.count(None) == 10
    assert [at_once.used(name) for name in names] == [in_turn.used(name) for name in names]
    stored = {decision.id: decision for decision in at_once.decisions()}
    assert len(stored) == len(many)
    for placement in placements:
        assert stored[placement.decision.id] == placement.decision
    with store.read() as work:
        bound = {binding.service_id: binding for binding in work.bindings.find(Query())}
    assert bound == {
        placement.binding.service_id: placement.binding
        for placement in placements
        if placement.binding is not None
    }
