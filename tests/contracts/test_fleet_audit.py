"""The contract of core.ports.fleet_audit."""

from dataclasses import replace

import pytest

from core.domain.binding import Attachment, DeviceNetwork, NetworkNeed
from core.domain.consistency import STRAYS, ClaimTotals, DeviceBooks, Fault
from core.ports.store import Store
from tests import builders as a

LB1, LB2 = a.uid("lb1"), a.uid("lb2")
FRONT = NetworkNeed(network_id="front", cidr="10.1.0.0/24")
FRONT_TOO = NetworkNeed(network_id="front", cidr="10.1.1.0/24")
BACK = NetworkNeed(network_id="back", cidr="10.2.0.0/24")


@pytest.fixture
def fleet(store: Store) -> Store:
    """Two devices; two services on the first."""
    with store.write() as work:
        work.devices.add(a.a_device("lb1"), a.a_device("lb2"))
        work.ledger.set_limits(LB1, {"vips": 5, "connections": None})
        for name, networks in (("s1", (FRONT, FRONT_TOO, BACK)), ("s2", (FRONT,))):
            claim = a.a_claim(
                name, networks=networks, claims={"vips": 1, "throughput": 20}, decision_id=name
            )
            assert work.bindings.claim([claim]) == [None]
        work.commit()
    return store


def network(name: str, users: int, *cidrs: str) -> DeviceNetwork:
    return DeviceNetwork(device_id=LB1, network_id=name, cidrs=cidrs, interface="eth1", users=users)


BOOKS = DeviceBooks(
    used={"vips": 2, "throughput": 40, "vlans:eth1": 2},
    limits={"vips": 5},
    networks={
        "front": network("front", 2, "10.1.0.0/24", "10.1.1.0/24"),
        "back": network("back", 1, "10.2.0.0/24"),
    },
)


def test_books_are_what_is_stored(fleet: Store) -> None:
    with fleet.read() as work:
        assert work.audit.books([LB1, LB2, "nothing"]) == {LB1: BOOKS}
        assert work.audit.books([]) == {}


def test_totals_are_what_the_bindings_come_to(fleet: Store) -> None:
    with fleet.read() as work:
        assert work.audit.totals([LB1, LB2]) == {
            LB1: ClaimTotals(
                claims={"vips": 2, "throughput": 40},
                users={"front": 2, "back": 1},
                cidrs={"front": ("10.1.0.0/24", "10.1.1.0/24"), "back": ("10.2.0.0/24",)},
            )
        }
        assert work.audit.totals([LB2]) == {}


def test_books_are_rewritten_as_a_whole(fleet: Store) -> None:
    wiring = Attachment(device_id=LB1, network_id="other", interface="eth1", vlan=7)
    other = DeviceBooks(
        used={"vips": 1},
        limits={"vips": 1, "throughput": 9},
        networks={"other": replace(network("other", 0, "10.9.0.0/24"), attachment=wiring)},
    )
    with fleet.write() as work:
        before = work.feed.position()
        work.audit.rewrite(LB1, other)
        assert work.feed.changed_since(before.revision) == [LB1]
        work.commit()
    with fleet.read() as work:
        assert work.audit.books([LB1]) == {LB1: other}
    with fleet.write() as work:
        [shortage] = work.bindings.claim([a.a_claim("s3")])
        assert shortage is not None
        assert (shortage.resource, shortage.used, shortage.limit) == ("vips", 1, 1)
        work.audit.rewrite(LB1, DeviceBooks())
        assert work.audit.books([LB1]) == {}


def test_networks_that_are_found_to_have_no_users_are_idle(fleet: Store) -> None:
    idle = network("back", 0, "10.2.0.0/24")
    with fleet.write() as work:
        work.audit.rewrite(LB1, replace(BOOKS, networks={**BOOKS.networks, "back": idle}))
        assert work.ledger.idle_networks() == [idle]
        work.commit()
    with fleet.write() as work:
        assert work.bindings.claim([a.a_claim("s3", networks=(BACK,), decision_id="s3")]) == [None]
        assert work.ledger.idle_networks() == []


def test_strays_are_told_by_their_ids(fleet: Store) -> None:
    s1, s2 = sorted([a.uid("s1"), a.uid("s2")])
    with fleet.write() as work:
        work.ledger.set_limits("gone", {"vips": 5})
        work.devices.save(a.a_device("lb2", spawned=True, device_pool="elastic"))
        work.networks.add(a.a_network())
        work.subnets.add(a.a_subnet())
        work.reservations.add(a.a_reservation())
        work.commit()
    with fleet.read() as work:
        assert {fault: work.audit.strays(fault, 5) for fault in STRAYS} == {
            Fault.ACCOUNT_WITHOUT_DEVICE: ["gone"],
            Fault.BINDING_WITHOUT_SERVICE: [s1, s2],
            Fault.BINDING_WITHOUT_DEVICE: [],
            Fault.BINDING_WITHOUT_DECISION: [s1, s2],
            Fault.ADDRESS_WITHOUT_OWNER: [a.a_reservation().id],
            Fault.DEVICE_WITHOUT_POOL: [LB2],
        }
        assert work.audit.strays(Fault.BINDING_WITHOUT_SERVICE, 1) == [s1]


def test_what_has_its_owner_is_no_stray(fleet: Store) -> None:
    with fleet.write() as work:
        work.device_pools.add(a.a_device_pool())
        work.devices.save(a.a_device("lb2", spawned=True, device_pool="elastic"))
        for name in ("s1", "s2"):
            work.services.add(a.a_service(name))
            work.decisions.add(a.a_decision(id=name, service_id=a.uid(name)))
        work.networks.add(a.a_network())
        work.subnets.add(a.a_subnet())
        work.reservations.add(a.a_reservation(owner=a.uid("s1")))
        work.commit()
    with fleet.read() as work:
        assert [fault for fault in STRAYS if work.audit.strays(fault, 5)] == []
