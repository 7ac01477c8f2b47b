"""The contracts of core.ports.bindings: BindingRepository and DeviceLedger."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.domain.binding import Attachment, DeviceNetwork, NetworkNeed, Shortage, Usage
from core.domain.query import Query, Sort
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

ETH = "eth1"
SLOTS = "vlans:eth1"
LB1, LB2 = a.uid("lb1"), a.uid("lb2")


def need(network: str, third: int = 0) -> NetworkNeed:
    return NetworkNeed(network_id=a.uid(network), cidr=f"127.9.{third}.0/24")


def on(network: str, users: int, *thirds: int, device: str = LB1, **fields) -> DeviceNetwork:
    return DeviceNetwork(
        device_id=device,
        network_id=a.uid(network),
        cidrs=tuple(f"127.9.{third}.0/24" for third in thirds or (0,)),
        interface=ETH,
        users=users,
        **fields,
    )


def usage(used, *networks: DeviceNetwork) -> Usage:
    return Usage(used=used, networks=tuple(sorted(networks, key=lambda row: row.network_id)))


@pytest.fixture
def work(store: Store):
    with store.write() as work:
        for device in ("lb1", "lb2"):
            work.devices.add(a.a_device(device))
        yield work


def test_a_claim_binds_and_takes(work: UnitOfWork) -> None:
    binding = a.a_binding(networks=(need("b"), need("a", 1)), claims={"vips": 1, "throughput": 50})
    assert work.bindings.claim(binding, ETH) is None
    assert work.bindings.get(binding.service_id) == binding
    assert work.ledger.usage() == {
        LB1: usage({"vips": 1, "throughput": 50, SLOTS: 2}, on("a", 1, 1), on("b", 1))
    }


def test_a_network_that_is_attached_costs_nothing_more(work: UnitOfWork) -> None:
    work.bindings.claim(a.a_binding("s1"), ETH)
    work.bindings.claim(a.a_binding("s2", networks=(need("front", 5),)), ETH)
    assert work.ledger.usage([LB1, "unknown"]) == {
        LB1: usage({"vips": 2, SLOTS: 1}, on("front", 2, 0, 5))
    }


@pytest.mark.parametrize("resource", ["vips", "throughput", SLOTS])
def test_what_does_not_fit_changes_nothing(work: UnitOfWork, resource: str) -> None:
    work.ledger.set_limits(LB1, {resource: 2, "connections": None})
    claims = {"vips": 1, "throughput": 1}
    for number in range(2):
        networks = (need(f"n{number}"),)
        assert (
            work.bindings.claim(a.a_binding(f"s{number}", networks=networks, claims=claims), ETH)
            is None
        )
    before = work.ledger.usage()
    late = a.a_binding("late", networks=(need("new"),), claims=claims)
    assert work.bindings.claim(late, ETH) == Shortage(LB1, resource, 1, 2, 2)
    assert work.ledger.usage() == before
    assert work.bindings.get(a.uid("late")) is None


def test_a_limit_below_what_is_used_admits_nothing_more(work: UnitOfWork) -> None:
    for number in range(3):
        work.bindings.claim(a.a_binding(f"s{number}"), ETH)
    work.ledger.set_limits(LB1, {"vips": 1})
    assert work.bindings.claim(a.a_binding("late"), ETH) == Shortage(LB1, "vips", 1, 3, 1)
    work.bindings.release(a.uid("s0"))
    assert work.ledger.usage()[LB1].used["vips"] == 2
    work.ledger.set_limits(LB1, {})
    assert work.bindings.claim(a.a_binding("late"), ETH) is None


def test_a_service_at_the_limit_can_change(work: UnitOfWork) -> None:
    work.ledger.set_limits(LB1, {"vips": 1, "throughput": 10, SLOTS: 2})
    work.bindings.claim(a.a_binding(claims={"vips": 1, "throughput": 10}), ETH)
    changed = a.a_binding(
        claims={"vips": 1, "throughput": 4}, networks=(need("front", 3), need("back"))
    )
    assert work.bindings.claim(changed, ETH) is None
    assert work.bindings.get(changed.service_id) == changed
    assert work.ledger.usage()[LB1] == usage(
        {"vips": 1, "throughput": 4, SLOTS: 2}, on("front", 1, 3), on("back", 1)
    )
    more = a.a_binding(claims={"vips": 1, "throughput": 11}, networks=changed.networks)
    assert work.bindings.claim(more, ETH) == Shortage(LB1, "throughput", 7, 4, 10)
    assert work.bindings.get(changed.service_id) == changed


def test_networks_that_are_no_longer_needed_lose_a_user(work: UnitOfWork) -> None:
    work.bindings.claim(a.a_binding("s1", networks=(need("front"), need("back", 1))), ETH)
    work.bindings.claim(a.a_binding("s2", networks=(need("back", 2),)), ETH)
    work.bindings.claim(a.a_binding("s1", networks=(need("front"),)), ETH)
    assert work.ledger.usage()[LB1].networks == usage({}, on("front", 1), on("back", 1, 2)).networks


def test_a_service_moves(work: UnitOfWork) -> None:
    work.bindings.claim(a.a_binding(device="lb1"), ETH)
    work.ledger.set_limits(LB2, {"vips": 0})
    assert work.bindings.claim(a.a_binding(device="lb2"), ETH) == Shortage(LB2, "vips", 1, 0, 0)
    assert work.bindings.get(a.uid("service")) == a.a_binding(device="lb1")
    work.ledger.set_limits(LB2, {"vips": 1})
    assert work.bindings.claim(a.a_binding(device="lb2"), ETH) is None
    assert work.ledger.usage() == {
        LB1: usage({SLOTS: 1}, on("front", 0)),
        LB2: usage({"vips": 1, SLOTS: 1}, on("front", 1, device=LB2)),
    }


def test_release_returns_everything_once(work: UnitOfWork) -> None:
    work.bindings.claim(a.a_binding("s1"), ETH)
    work.bindings.claim(a.a_binding("s2"), ETH)
    for _ in range(2):
        work.bindings.release(a.uid("s1"))
        assert work.ledger.usage() == {LB1: usage({"vips": 1, SLOTS: 1}, on("front", 1))}
    assert work.bindings.get(a.uid("s1")) is None


def test_queries(work: UnitOfWork) -> None:
    one = a.a_binding("s1", device="lb2", networks=(), claims={})
    two = a.a_binding("s2", networks=(need("z"), need("a")))
    for binding in (one, two):
        work.bindings.claim(binding, ETH)
    assert work.bindings.find(Query(filters={"device_id": (LB1,)})) == [two]
    assert work.bindings.find(Query(filters={"id": (one.service_id,)})) == [one]
    order = Query(sort=(Sort("device_id"),))
    everything = work.bindings.find(order)
    assert everything == sorted((one, two), key=lambda binding: binding.device_id)
    marker = everything[0].service_id
    assert work.bindings.find(Query(sort=order.sort, marker=marker)) == everything[1:]


class TestNetworks:
    @pytest.fixture
    def attachment(self) -> Attachment:
        return Attachment(
            device_id=LB1,
            network_id=a.uid("front"),
            interface=ETH,
            addresses=("127.9.0.3",),
            vlan=7,
        )

    def test_an_attachment_is_noted(self, work: UnitOfWork, attachment: Attachment) -> None:
        work.bindings.claim(a.a_binding(), ETH)
        work.ledger.record_attachment(attachment)
        row = on("front", 1, attachment=attachment)
        assert work.ledger.usage()[LB1].networks == (row,)

    def test_an_attachment_to_what_is_not_claimed(self, work: UnitOfWork, attachment) -> None:
        with pytest.raises(LookupError):
            work.ledger.record_attachment(attachment)

    def test_an_idle_network_waits_to_be_closed(self, work: UnitOfWork, attachment) -> None:
        work.bindings.claim(a.a_binding(), ETH)
        work.ledger.record_attachment(attachment)
        assert not work.ledger.close_network(LB1, a.uid("front"))
        assert work.ledger.idle_networks() == []
        work.bindings.release(a.uid("service"))
        assert work.ledger.idle_networks() == [on("front", 0, attachment=attachment)]
        for _ in range(2):
            assert work.ledger.close_network(LB1, a.uid("front"))
            assert work.ledger.usage() == {}

    def test_an_idle_network_is_claimed_again(self, work: UnitOfWork, attachment) -> None:
        work.ledger.set_limits(LB1, {SLOTS: 1})
        work.bindings.claim(a.a_binding("s1"), ETH)
        work.ledger.record_attachment(attachment)
        work.bindings.release(a.uid("s1"))
        assert work.bindings.claim(a.a_binding("s2", networks=(need("front", 4),)), ETH) is None
        assert work.ledger.idle_networks() == []
        assert not work.ledger.close_network(LB1, a.uid("front"))
        row = on("front", 1, 4, attachment=attachment)
        assert work.ledger.usage() == {LB1: usage({"vips": 1, SLOTS: 1}, row)}


def test_tenants(work: UnitOfWork) -> None:
    for name, project, device in (
        ("s1", "red", "lb1"),
        ("s2", "red", "lb1"),
        ("s3", "blue", "lb1"),
        ("s4", "blue", "lb2"),
    ):
        work.services.add(a.a_service(name, project_id=project))
        work.bindings.claim(a.a_binding(name, device=device), ETH)
    assert work.ledger.tenants() == {LB1: {"red": 2, "blue": 1}, LB2: {"blue": 1}}
    assert work.ledger.tenants([LB2, "unknown"]) == {LB2: {"blue": 1}}
    assert work.ledger.tenants([]) == {}


def test_a_forgotten_device_has_no_account(work: UnitOfWork) -> None:
    work.ledger.set_limits(LB1, {"vips": 0})
    work.ledger.forget(LB1)
    assert work.bindings.claim(a.a_binding(), ETH) is None
    work.bindings.release(a.uid("service"))
    work.ledger.forget(LB1)
    assert work.ledger.usage() == {}
    assert work.ledger.idle_networks() == []


def test_threads_never_exceed_a_limit(store: Store) -> None:
    limit, services = 20, 40
    with store.write() as work:
        work.devices.add(a.a_device())
        work.ledger.set_limits(LB1, {"vips": limit, SLOTS: 3})
        work.commit()

    def claim(number: int) -> bool:
        with store.write() as work:
            networks = (need(f"n{number % 5}"),)
            shortage = work.bindings.claim(a.a_binding(f"s{number}", networks=networks), ETH)
            work.commit()
            return shortage is None

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(claim, range(services), timeout=60))
    with store.read() as work:
        used = work.ledger.usage()[LB1]
        assert won == limit == used.used["vips"] == len(work.bindings.find(Query()))
        assert len(used.networks) == used.used[SLOTS] <= 3
        assert sum(network.users for network in used.networks) == won
