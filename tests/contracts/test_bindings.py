"""The contracts of core.ports.bindings: BindingRepository and DeviceLedger."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.domain.binding import (
    Account,
    Attachment,
    Binding,
    Claim,
    DeviceNetwork,
    Footing,
    NetworkNeed,
    Shortage,
    Usage,
)
from core.domain.query import Query, Sort
from core.domain.wiring import Plug
from core.ports.store import Store, StoreConflict
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

ETH = "eth1"
SLOTS = "vlans:eth1"
LB1, LB2 = a.uid("lb1"), a.uid("lb2")
FRONT = a.uid("front")


def claim(work: UnitOfWork, binding: Binding, interface: str = ETH) -> Shortage | None:
    """The answer to one claim alone."""
    (answer,) = work.bindings.claim([Claim(binding=binding, interface=interface)])
    return answer


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
    assert claim(work, binding) is None
    assert work.bindings.get(binding.service_id) == binding
    assert work.ledger.usage() == {
        LB1: usage({"vips": 1, "throughput": 50, SLOTS: 2}, on("a", 1, 1), on("b", 1))
    }


def test_a_network_that_is_attached_costs_nothing_more(work: UnitOfWork) -> None:
    claim(work, a.a_binding("s1"))
    claim(work, a.a_binding("s2", networks=(need("front", 5),)))
    assert work.ledger.usage([LB1, "unknown"]) == {
        LB1: usage({"vips": 2, SLOTS: 1}, on("front", 2, 0, 5))
    }


@pytest.mark.parametrize("resource", ["vips", "throughput", SLOTS])
def test_what_does_not_fit_changes_nothing(work: UnitOfWork, resource: str) -> None:
    work.ledger.set_limits(LB1, {resource: 2, "connections": None})
    claims = {"vips": 1, "throughput": 1}
    for number in range(2):
        networks = (need(f"n{number}"),)
        assert claim(work, a.a_binding(f"s{number}", networks=networks, claims=claims)) is None
    before = work.ledger.usage()
    late = a.a_binding("late", networks=(need("new"),), claims=claims)
    assert claim(work, late) == Shortage(LB1, resource, 1, 2, 2)
    assert work.ledger.usage() == before
    assert work.bindings.get(a.uid("late")) is None


def test_a_limit_below_what_is_used_admits_nothing_more(work: UnitOfWork) -> None:
    for number in range(3):
        claim(work, a.a_binding(f"s{number}"))
    work.ledger.set_limits(LB1, {"vips": 1})
    assert claim(work, a.a_binding("late")) == Shortage(LB1, "vips", 1, 3, 1)
    work.bindings.release([a.uid("s0")])
    assert work.ledger.usage()[LB1].used["vips"] == 2
    work.ledger.set_limits(LB1, {})
    assert claim(work, a.a_binding("late")) is None


def test_a_service_at_the_limit_can_change(work: UnitOfWork) -> None:
    work.ledger.set_limits(LB1, {"vips": 1, "throughput": 10, SLOTS: 2})
    claim(work, a.a_binding(claims={"vips": 1, "throughput": 10}))
    changed = a.a_binding(
        claims={"vips": 1, "throughput": 4}, networks=(need("front", 3), need("back"))
    )
    assert claim(work, changed) is None
    assert work.bindings.get(changed.service_id) == changed
    assert work.ledger.usage()[LB1] == usage(
        {"vips": 1, "throughput": 4, SLOTS: 2}, on("front", 1, 3), on("back", 1)
    )
    more = a.a_binding(claims={"vips": 1, "throughput": 11}, networks=changed.networks)
    assert claim(work, more) == Shortage(LB1, "throughput", 7, 4, 10)
    assert work.bindings.get(changed.service_id) == changed


def test_networks_that_are_no_longer_needed_lose_a_user(work: UnitOfWork) -> None:
    claim(work, a.a_binding("s1", networks=(need("front"), need("back", 1))))
    claim(work, a.a_binding("s2", networks=(need("back", 2),)))
    claim(work, a.a_binding("s1", networks=(need("front"),)))
    assert work.ledger.usage()[LB1].networks == usage({}, on("front", 1), on("back", 1, 2)).networks


def test_a_service_moves(work: UnitOfWork) -> None:
    claim(work, a.a_binding(device="lb1"))
    work.ledger.set_limits(LB2, {"vips": 0})
    assert claim(work, a.a_binding(device="lb2")) == Shortage(LB2, "vips", 1, 0, 0)
    assert work.bindings.get(a.uid("service")) == a.a_binding(device="lb1")
    work.ledger.set_limits(LB2, {"vips": 1})
    assert claim(work, a.a_binding(device="lb2")) is None
    assert work.ledger.usage() == {
        LB1: usage({SLOTS: 1}, on("front", 0)),
        LB2: usage({"vips": 1, SLOTS: 1}, on("front", 1, device=LB2)),
    }


def test_release_returns_everything_once(work: UnitOfWork) -> None:
    claim(work, a.a_binding("s1"))
    claim(work, a.a_binding("s2"))
    for _ in range(2):
        work.bindings.release([a.uid("s1")])
        assert work.ledger.usage() == {LB1: usage({"vips": 1, SLOTS: 1}, on("front", 1))}
    assert work.bindings.get(a.uid("s1")) is None


class TestGroups:
    """Claims of one call are as if one came after the other."""

    def test_each_has_its_own_answer(self, work: UnitOfWork) -> None:
        work.ledger.set_limits(LB1, {"vips": 2, SLOTS: 2})
        answers = work.bindings.claim(
            [
                a.a_claim("s1", networks=(need("x"),)),
                a.a_claim("s2", networks=(need("y"), need("z"))),
                a.a_claim("s3", networks=(need("y"),)),
                a.a_claim("s4", networks=(need("x"),)),
                a.a_claim("s5", "lb2"),
            ]
        )
        assert answers == [
            None,
            Shortage(LB1, SLOTS, 2, 1, 2),
            None,
            Shortage(LB1, "vips", 1, 2, 2),
            None,
        ]
        bound = {binding.service_id for binding in work.bindings.find(Query())}
        assert bound == {a.uid(name) for name in ("s1", "s3", "s5")}
        assert work.ledger.usage()[LB1] == usage({"vips": 2, SLOTS: 2}, on("x", 1), on("y", 1))

    def test_what_one_leaves_the_next_can_have(self, work: UnitOfWork) -> None:
        for device in (LB1, LB2):
            work.ledger.set_limits(device, {"vips": 1})
        assert work.bindings.claim([a.a_claim("s1", "lb1")]) == [None]
        moves = [a.a_claim("s2", "lb1"), a.a_claim("s1", "lb2"), a.a_claim("s3", "lb1")]
        assert work.bindings.claim(moves) == [Shortage(LB1, "vips", 1, 1, 1), None, None]
        devices = {one.service_id: one.device_id for one in work.bindings.find(Query())}
        assert devices == {a.uid("s1"): LB2, a.uid("s3"): LB1}

    def test_many(self, work: UnitOfWork) -> None:
        work.ledger.set_limits(LB1, {"vips": 700})
        claims = [
            a.a_claim(f"s{at}", networks=(need(f"n{at % 40}"), need("shared", at % 3)))
            for at in range(800)
        ]
        answers = work.bindings.claim(claims)
        assert answers == [None] * 700 + [Shortage(LB1, "vips", 1, 700, 700)] * 100
        account = work.ledger.accounts()[LB1]
        assert account.used == {"vips": 700, SLOTS: 41}
        assert account.networks[a.uid("shared")] == tuple(f"127.9.{at}.0/24" for at in range(3))
        services = [claim.binding.service_id for claim in claims]
        found = work.bindings.find(Query(filters={"id": tuple(services)}))
        assert {one.service_id: one for one in found} == {
            claim.binding.service_id: claim.binding for claim in claims[:700]
        }
        work.bindings.release(services)
        assert work.ledger.accounts()[LB1].used == {SLOTS: 41}
        assert len(work.ledger.idle_networks()) == 41

    def test_none(self, work: UnitOfWork) -> None:
        assert work.bindings.claim([]) == []
        work.bindings.release([])
        work.bindings.release(["unknown", "unknown"])

    def test_release_passes_over_what_is_not_bound(self, work: UnitOfWork) -> None:
        work.bindings.claim([a.a_claim("s1"), a.a_claim("s2"), a.a_claim("s3", "lb2")])
        gone = [a.uid("s1"), "unknown", a.uid("s3"), a.uid("s1")]
        work.bindings.release(iter(gone))
        assert work.ledger.usage() == {
            LB1: usage({"vips": 1, SLOTS: 1}, on("front", 1)),
            LB2: usage({SLOTS: 1}, on("front", 0, device=LB2)),
        }


class TestFootings:
    """Who claims may say what he knows of the device. A store that goes by it finds out where it
    is wrong, and then nothing of the unit of work is done."""

    def footing(self, *networks: str, **changes) -> Footing:
        """What is there, with changes."""
        truth = {
            "used": {"vips": 1, SLOTS: 1},
            "limits": {"vips": 3, SLOTS: 2},
            "networks": frozenset(map(a.uid, networks)),
        }
        return Footing(**{**truth, **changes})

    def bind(self, store: Store, *claims: Claim) -> list[Shortage | None]:
        """On a device with one service in "front", that has room for two more, and for one more
        network."""
        with store.write() as work:
            for device in ("lb1", "lb2"):
                work.devices.add(a.a_device(device))
            work.ledger.set_limits(LB1, {"vips": 3, SLOTS: 2})
            claim(work, a.a_binding("old"))
            work.commit()
        with store.write() as work:
            answers = work.bindings.claim(claims)
            work.commit()
        return answers

    def told(self, store: Store) -> tuple[object, ...]:
        with store.read() as work:
            bound = sorted(each.service_id for each in work.bindings.find(Query()))
            return bound, work.ledger.usage(), work.feed.position().revision

    def test_of_several_claims(self, store: Store) -> None:
        front, back = a.a_claim("s1"), a.a_claim("s2", networks=(need("back"), need("front")))
        answers = self.bind(
            store,
            replace(front, footing=self.footing("front")),
            replace(back, footing=self.footing("front", used={"vips": 2, SLOTS: 1})),
        )
        assert answers == [None, None]
        with store.read() as work:
            found = work.ledger.usage()[LB1]
            assert found == usage({"vips": 3, SLOTS: 2}, on("front", 3), on("back", 1))
            assert len(work.bindings.find(Query())) == 3

    def test_without_limits(self, store: Store) -> None:
        known = a.a_claim("s1", claims={"vips": 1, "throughput": 7})
        self.bind(store, replace(known, footing=self.footing("front")))
        with store.write() as work:
            again = a.a_claim("s2", claims={"vips": 1, "throughput": 5})
            used = {"vips": 2, "throughput": 7, SLOTS: 1}
            footing = self.footing("front", used=used)
            assert work.bindings.claim([replace(again, footing=footing)]) == [None]
            work.commit()
        with store.read() as work:
            assert work.ledger.usage()[LB1].used == {"vips": 3, "throughput": 12, SLOTS: 1}

    def test_with_oversubscription(self, store: Store) -> None:
        known = a.a_claim("s1", claims={"vips": 3})
        footing = self.footing("front")
        known = replace(known, footing=footing, oversubscription={"vips": 134})
        assert self.bind(store, known) == [None]
        late = a.a_claim("s2", claims={"vips": 1})
        footing = replace(footing, used={"vips": 4, SLOTS: 1})
        late = replace(late, footing=footing, oversubscription={"vips": 134})
        with store.write() as work:
            assert work.bindings.claim([late]) == [Shortage(LB1, "vips", 1, 4, 4)]

    @pytest.mark.parametrize(
        ("binding", "footing"),
        [
            ({"claims": {"vips": 3}}, {"limits": {"vips": 9, SLOTS: 2}}),
            ({"claims": {"vips": 3}}, {"limits": {SLOTS: 2}}),
            ({"claims": {"vips": 3}}, {"used": {SLOTS: 1}}),
            ({"networks": (need("x"), need("y"))}, {"limits": {"vips": 3}}),
            ({"networks": (need("x"), need("y"))}, {"limits": {"vips": 3, SLOTS: 9}}),
            ({"networks": (need("x"),)}, {"networks": frozenset([a.uid("x")])}),
            ({"networks": (need("front"),)}, {"networks": frozenset()}),
            ({"networks": (need("front", 5),)}, {}),
            ({"networks": (need("front"), need("front", 5))}, {}),
            ({"service_id": a.uid("old")}, {}),
        ],
    )
    def test_a_wrong_one_does_no_harm(self, store: Store, binding, footing) -> None:
        wrong = replace(a.a_claim("s1", **binding), footing=self.footing("front", **footing))
        self.bind(store)
        before = self.told(store)
        elsewhere = Footing(used={}, limits={}, networks=frozenset())
        claims = [replace(a.a_claim("s0", "lb2"), footing=elsewhere), wrong]
        with store.write() as work:
            answers = work.bindings.claim([replace(each, footing=None) for each in claims])
            truth = answers, work.ledger.usage()
        try:
            with store.write() as work:
                answers = work.bindings.claim(claims)
                assert (answers, work.ledger.usage()) == truth
                work.commit()
        except StoreConflict:
            assert self.told(store) == before


class TestOversubscription:
    def claim(self, work: UnitOfWork, amount: int, **percents: int) -> Shortage | None:
        binding = a.a_binding(
            f"s{len(work.bindings.find(Query()))}", claims={"connections": amount}
        )
        claim = Claim(binding=binding, interface=ETH, oversubscription=percents)
        return work.bindings.claim([claim])[0]

    def test_a_limit_may_be_claimed_several_times(self, work: UnitOfWork) -> None:
        work.ledger.set_limits(LB1, {"connections": 5})
        assert self.claim(work, 6) == Shortage(LB1, "connections", 6, 0, 5)
        assert self.claim(work, 7, connections=150) is None
        assert self.claim(work, 1, connections=150) == Shortage(LB1, "connections", 1, 7, 7)
        assert self.claim(work, 1, vips=1000) == Shortage(LB1, "connections", 1, 7, 5)
        assert self.claim(work, 2, connections=199) is None

    def test_of_vlans(self, work: UnitOfWork) -> None:
        work.ledger.set_limits(LB1, {SLOTS: 1})
        claim = Claim(
            binding=a.a_binding(networks=(need("x"), need("y"))),
            interface=ETH,
            oversubscription={SLOTS: 200},
        )
        assert work.bindings.claim([claim]) == [None]

    def test_claims_of_one_call_have_their_own(self, work: UnitOfWork) -> None:
        work.ledger.set_limits(LB1, {"vips": 2})
        claims = [
            Claim(binding=a.a_binding(f"s{at}"), interface=ETH, oversubscription={"vips": percent})
            for at, percent in enumerate((200, 200, 100, 150, 200, 100))
        ]
        refused = [one is not None for one in work.bindings.claim(claims)]
        assert refused == [False, False, True, False, False, True]

    def test_the_largest_limit(self, work: UnitOfWork) -> None:
        most = 2**63 - 1
        work.ledger.set_limits(LB1, {"connections": most})
        assert self.claim(work, most, connections=1000) is None
        work.ledger.set_limits(LB1, {"connections": most - 1})
        assert self.claim(work, 1) == Shortage(LB1, "connections", 1, most, most - 1)


def test_queries(work: UnitOfWork) -> None:
    one = a.a_binding("s1", device="lb2", networks=(), claims={})
    two = a.a_binding("s2", networks=(need("z"), need("a")))
    for binding in (one, two):
        claim(work, binding)
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
            plug=Plug.VLAN,
            host="compute1",
            port_id=a.uid("port"),
            mac="02:00:00:00:00:01",
            mtu=1450,
            addresses=("127.9.0.3/24",),
            gateways=("127.9.0.1",),
            cidrs=("127.9.0.0/24",),
            vlan=7,
        )

    def test_an_attachment_is_noted(self, work: UnitOfWork, attachment: Attachment) -> None:
        claim(work, a.a_binding())
        assert not work.ledger.end_wiring(LB1, FRONT, attachment)
        row = on("front", 1, attachment=attachment)
        assert work.ledger.usage()[LB1].networks == (row,)
        assert not work.ledger.end_wiring(LB1, FRONT, None)
        assert work.ledger.usage()[LB1].networks == (on("front", 1),)

    def test_what_does_not_stand_there(self, work: UnitOfWork, attachment) -> None:
        claim(work, a.a_binding())
        assert not work.ledger.start_wiring(LB2, FRONT, 5.0, 9.0)
        assert not work.ledger.start_wiring(LB1, a.uid("back"), 5.0, 9.0)
        with pytest.raises(LookupError):
            work.ledger.end_wiring(LB2, FRONT, attachment)
        assert not work.ledger.end_wiring(LB2, FRONT, None)
        assert work.ledger.usage().keys() == {LB1}

    def test_one_wires_at_a_time(self, work: UnitOfWork, attachment) -> None:
        claim(work, a.a_binding(networks=(need("front"), need("back"))))
        assert work.ledger.start_wiring(LB1, FRONT, 5.0, 9.0)
        assert not work.ledger.start_wiring(LB1, FRONT, 5.0, 11.0)
        assert not work.ledger.start_wiring(LB1, FRONT, 8.9, 11.0)
        assert work.ledger.start_wiring(LB1, a.uid("back"), 5.0, 9.0)
        being_wired = on("front", 1, wiring_until=9.0)
        assert being_wired in work.ledger.usage()[LB1].networks
        assert work.ledger.start_wiring(LB1, FRONT, 9.0, 12.0)
        assert not work.ledger.end_wiring(LB1, FRONT, attachment)
        assert on("front", 1, attachment=attachment) in work.ledger.usage()[LB1].networks
        assert work.ledger.start_wiring(LB1, FRONT, 9.0, 12.0)

    def test_an_idle_network_waits_to_be_detached(self, work: UnitOfWork, attachment) -> None:
        claim(work, a.a_binding())
        work.ledger.end_wiring(LB1, FRONT, attachment)
        assert work.ledger.idle_networks() == []
        work.bindings.release([a.uid("service")])
        assert work.ledger.idle_networks() == [on("front", 0, attachment=attachment)]
        assert work.ledger.start_wiring(LB1, FRONT, 5.0, 9.0)
        idle = on("front", 0, attachment=attachment, wiring_until=9.0)
        assert work.ledger.idle_networks() == [idle]
        assert work.ledger.end_wiring(LB1, FRONT, None)
        assert work.ledger.usage() == {}
        assert not work.ledger.end_wiring(LB1, FRONT, None)

    def test_what_could_not_be_detached_stays(self, work: UnitOfWork, attachment) -> None:
        claim(work, a.a_binding())
        work.bindings.release([a.uid("service")])
        assert work.ledger.start_wiring(LB1, FRONT, 5.0, 9.0)
        assert not work.ledger.end_wiring(LB1, FRONT, attachment)
        assert work.ledger.idle_networks() == [on("front", 0, attachment=attachment)]
        assert work.ledger.usage()[LB1].used == {SLOTS: 1}

    def test_an_idle_network_is_claimed_again(self, work: UnitOfWork, attachment) -> None:
        work.ledger.set_limits(LB1, {SLOTS: 1})
        claim(work, a.a_binding("s1"))
        work.ledger.end_wiring(LB1, FRONT, attachment)
        work.bindings.release([a.uid("s1")])
        assert work.ledger.start_wiring(LB1, FRONT, 5.0, 9.0)
        assert claim(work, a.a_binding("s2", networks=(need("front", 4),))) is None
        assert work.ledger.idle_networks() == []
        assert not work.ledger.end_wiring(LB1, FRONT, None)
        assert work.ledger.usage() == {LB1: usage({"vips": 1, SLOTS: 1}, on("front", 1, 4))}


def test_accounts(work: UnitOfWork) -> None:
    for name, project, device in (
        ("s1", "red", "lb1"),
        ("s2", "red", "lb1"),
        ("s3", "blue", "lb1"),
        ("s4", "blue", "lb2"),
    ):
        claim(work, a.a_binding(name, device=device, project_id=project))
    claim(work, a.a_binding("s1", project_id="red", networks=(need("front", 1), need("back"))))
    networks = {a.uid("front"): ("127.9.0.0/24", "127.9.1.0/24"), a.uid("back"): ("127.9.0.0/24",)}
    used = {"vips": 3, SLOTS: 2}
    one = Account(used=used, networks=networks, projects={"red": 2, "blue": 1})
    two = Account(
        used={"vips": 1, SLOTS: 1},
        networks={a.uid("front"): ("127.9.0.0/24",)},
        projects={"blue": 1},
    )
    assert work.ledger.accounts() == {LB1: one, LB2: two}
    assert work.ledger.accounts([LB2, "unknown"]) == {LB2: two}
    assert work.ledger.accounts([]) == {}
    work.bindings.release([a.uid("s4")])
    idle = Account(used={SLOTS: 1}, networks=two.networks)
    assert work.ledger.accounts([LB2]) == {LB2: idle}


def test_a_forgotten_device_has_no_account(work: UnitOfWork) -> None:
    work.ledger.set_limits(LB1, {"vips": 0})
    work.ledger.forget(LB1)
    assert claim(work, a.a_binding()) is None
    work.bindings.release([a.uid("service")])
    work.ledger.forget(LB1)
    assert work.ledger.usage() == {}
    assert work.ledger.idle_networks() == []


def test_threads_never_exceed_a_limit(store: Store) -> None:
    limit, services = 20, 40
    with store.write() as work:
        work.devices.add(a.a_device())
        work.ledger.set_limits(LB1, {"vips": limit, SLOTS: 3})
        work.commit()

    def take(number: int) -> bool:
        with store.write() as work:
            networks = (need(f"n{number % 5}"),)
            shortage = claim(work, a.a_binding(f"s{number}", networks=networks))
            work.commit()
            return shortage is None

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(take, range(services), timeout=60))
    with store.read() as work:
        used = work.ledger.usage()[LB1]
        assert won == limit == used.used["vips"] == len(work.bindings.find(Query()))
        assert len(used.networks) == used.used[SLOTS] <= 3
        assert sum(network.users for network in used.networks) == won
