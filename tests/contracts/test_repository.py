"""The contract of core.ports.repository.Repository."""

from dataclasses import replace

import pytest

from adapters.persistence.misuse import BrokenReference, ReadOnly, UnknownKey
from core.domain.device import AdminState, Capabilities
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import PersistenceType, Protocol, SessionPersistence
from core.domain.placement.decision import Term, Verdict
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.query import Query, Sort, UnknownMarker
from core.domain.service import Cause, Stamp
from core.domain.service_type import Policy
from core.domain.wiring import DeviceWiring, WiringKind
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

OBJECTS = {
    "services": [
        a.a_service(),
        a.a_service("b", status=Status.ERROR, cause=Cause.DEVICE, due_at=1.5, deleting=True),
        a.a_service("c", changed_at=2.5, traceparent="00-0af7651916cd43dd-b7ad6b7169203331-01"),
    ],
    "service_types": [
        a.a_service_type(),
        a.a_service_type("b", policy=Policy(weights={"spread": 0.5}, demand={"vips": 2}, zone="z")),
    ],
    "devices": [
        a.a_device(),
        a.a_device(
            "b",
            parameters={"host": "127.0.0.1", "ports": [1, 2], "deep": {"x": None}},
            limits={"vips": 3, "connections": None},
            labels={"rack": "7"},
            capabilities=Capabilities(protocols=frozenset({"TCP", "HTTP"})),
            admin_state=AdminState.DRAINING,
            project_id="p",
            removing=True,
            sealed="sealed",
            isolates_overlapping=False,
            spawned=True,
            spawned_at=1.5,
            attempts=2,
            idle_since=2.5,
        ),
        a.a_device("c", isolates_overlapping=True),
        a.a_device("d", agent_group="edge", agent_id="agent1", epoch=3, releasing=True),
        a.a_device(
            "e",
            wiring=DeviceWiring(kind=WiringKind.TRUNK, host="compute1", trunk_id="t"),
            unwirable="the network side has no trunks",
        ),
    ],
    "device_pools": [
        a.a_device_pool(
            parameters={"cores": 2},
            limits={"vips": 3},
            labels={"rack": "7"},
            sealed="sealed",
            private=True,
            grow_after=1.5,
        ),
        a.a_device_pool("b"),
    ],
    "decisions": [
        a.a_decision(),
        a.a_decision(
            "b",
            device_id=None,
            fleet_revision=2**40,
            refusals={ReasonCode.NOT_ONLINE: 1},
            request={"drivers": ["haproxy"]},
            verdicts=(
                Verdict(
                    device_id="d",
                    device_name="lb",
                    reasons=(Reason(ReasonCode.NOT_ONLINE, "off", {"wanted": 1, "zone": "z"}),),
                    terms=(Term("spread", 0.25, 2.0),),
                ),
            ),
        ),
    ],
    "load_balancers": [
        a.a_load_balancer(),
        a.a_load_balancer("b", listeners=()),
        a.a_load_balancer(
            "c",
            listeners=tuple(
                a.a_listener(
                    "c",
                    id=a.uid(f"c{port}"),
                    protocol_port=port,
                    session_persistence=SessionPersistence(PersistenceType.APP_COOKIE, "sid"),
                )
                for port in (90, 80)
            ),
        ),
    ],
    "pools": [a.a_pool(), a.a_pool("b", stamp=Stamp("s", 3, created=True))],
    "members": [
        a.a_member(),
        a.a_member("b", protocol_port=81, stamp=Stamp("s", 3, created=False)),
    ],
    "health_monitors": [a.a_health_monitor()],
    "pool_monitors": [a.a_pool_monitor()],
    "networks": [
        a.a_network(shared=True),
        a.a_network("without VLAN"),
        a.a_network("unused", segmentation_id=7),
    ],
    "subnets": [
        a.a_subnet(dns_nameservers=("127.0.0.53",), host_routes=(("10.0.0.0/8", "127.9.0.1"),))
    ],
    "reservations": [a.a_reservation()],
    "agents": [
        a.an_agent(),
        a.an_agent("b", zones=("east", "west"), group="edge", floor=2**40, leaving=True, lost=True),
    ],
}
"""Objects of every type; each list's last one is referred to by nothing."""

PREREQUISITES = ("networks", "subnets", "pools", "health_monitors")


def fill(work: UnitOfWork, *names: str) -> None:
    for name in dict.fromkeys((*(n for n in PREREQUISITES if n in names), *names)):
        for item in OBJECTS[name]:
            getattr(work, name).add(item)


@pytest.fixture
def work(store: Store):
    with store.write() as work:
        yield work


def prepared(work: UnitOfWork, name: str):
    fill(work, *(other for other in PREREQUISITES if other != name), name)
    return getattr(work, name), OBJECTS[name][-1]


@pytest.mark.parametrize("name", OBJECTS)
def test_what_was_added_is_read_back_equal(store: Store, name: str) -> None:
    with store.write() as work:
        prepared(work, name)
        work.commit()
    with store.read() as work:
        repository = getattr(work, name)
        assert [repository.get(item.id) for item in OBJECTS[name]] == OBJECTS[name]
        found = repository.find(Query())
        assert found == sorted(OBJECTS[name], key=lambda item: item.id)
        assert repository.count({}) == len(OBJECTS[name])
        assert [type(item) for item in found] == [type(item) for item in OBJECTS[name]]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_taken_id_is_a_duplicate_and_changes_nothing(work: UnitOfWork, name: str) -> None:
    repository, item = prepared(work, name)
    with pytest.raises(Duplicate):
        repository.add(item)
    assert repository.count({}) == len(OBJECTS[name])
    assert repository.get(item.id) == item


@pytest.mark.parametrize("name", OBJECTS)
def test_remove_and_remove_again(work: UnitOfWork, name: str) -> None:
    repository, item = prepared(work, name)
    repository.remove(item.id)
    repository.remove(item.id)
    assert repository.get(item.id) is None
    repository.add(item)
    assert repository.get(item.id) == item


@pytest.mark.parametrize("name", OBJECTS)
def test_save_of_what_is_not_stored_fails(work: UnitOfWork, name: str) -> None:
    with pytest.raises(LookupError):
        getattr(work, name).save(OBJECTS[name][-1])


@pytest.mark.parametrize("name", OBJECTS)
def test_several_at_once(work: UnitOfWork, name: str) -> None:
    if name != "networks":
        fill(work, *(other for other in PREREQUISITES if other != name))
    repository, items = getattr(work, name), OBJECTS[name]
    repository.add(*items)
    assert repository.count({}) == len(items)
    repository.save(*reversed(items))
    assert repository.find(Query()) == sorted(items, key=lambda item: item.id)
    repository.remove("unknown", *(item.id for item in items))
    assert repository.count({}) == 0
    repository.add()
    repository.save()
    repository.remove()


@pytest.mark.parametrize("name", OBJECTS)
def test_all_are_added_or_none(work: UnitOfWork, name: str) -> None:
    repository, item = prepared(work, name)
    repository.remove(item.id)
    before = repository.find(Query())
    with pytest.raises(Duplicate):
        repository.add(item, item)
    assert repository.find(Query()) == before


def test_all_are_saved_or_none(work: UnitOfWork) -> None:
    fill(work, "service_types")
    before = work.service_types.find(Query())
    for wrong, error in (
        (a.a_service_type("unknown"), LookupError),
        (a.a_service_type("b", name="silver"), Duplicate),
    ):
        with pytest.raises(error):
            work.service_types.save(a.a_service_type("gold", name="silver"), wrong)
        assert work.service_types.find(Query()) == before


def test_all_load_balancers_are_saved_or_none(work: UnitOfWork) -> None:
    fill(work, "load_balancers")
    before = work.load_balancers.find(Query())
    with pytest.raises(LookupError):
        work.load_balancers.save(a.a_load_balancer(name="new"), a.a_load_balancer("unknown"))
    assert work.load_balancers.find(Query()) == before


def test_save_replaces_every_field(work: UnitOfWork) -> None:
    work.services.add(a.a_service())
    changed = a.a_service(status=Status.ACTIVE, due_at=4.0, attempts=3, project_id="other")
    work.services.save(changed)
    assert work.services.get(changed.id) == changed


def test_a_stamp_comes_and_goes(work: UnitOfWork) -> None:
    work.pools.add(a.a_pool())
    for stamp in (Stamp("s", 1, created=True), Stamp("t", 2, created=False), None):
        work.pools.save(a.a_pool(stamp=stamp))
        assert work.pools.get(a.uid("pool")) == a.a_pool(stamp=stamp)


def test_unknown_is_none(work: UnitOfWork) -> None:
    assert work.devices.get("nothing") is None


@pytest.mark.parametrize(
    ("name", "other", "fields"),
    [
        ("service_types", a.a_service_type("gold", id=a.uid("x")), ("name",)),
        (
            "devices",
            a.a_device("b", id=a.uid("x"), number=1, project_id="p"),
            ("name", "project_id"),
        ),
        ("devices", a.a_device("x", number=a.number("b")), ("number",)),
        ("device_pools", a.a_device_pool("b", id=a.uid("x")), ("name",)),
        ("members", a.a_member("x"), ("address", "pool_id", "protocol_port")),
        ("pool_monitors", a.a_pool_monitor(id=a.uid("x")), ("monitor_id", "pool_id")),
        ("reservations", a.a_reservation(id=a.uid("x"), owner="x"), ("address", "subnet_id")),
        ("reservations", a.a_reservation("127.9.0.11"), ("owner", "subnet_id")),
        ("networks", a.a_network("x", segmentation_id=7), ("segmentation_id",)),
    ],
)
def test_unique_combinations(work: UnitOfWork, name: str, other, fields) -> None:
    repository, _ = prepared(work, name)
    before = repository.find(Query())
    with pytest.raises(Duplicate) as caught:
        repository.add(other)
    assert caught.value.fields == fields
    assert repository.find(Query()) == before


def test_save_into_a_taken_combination_is_a_duplicate(work: UnitOfWork) -> None:
    fill(work, "service_types")
    with pytest.raises(Duplicate) as caught:
        work.service_types.save(a.a_service_type("b", name="gold"))
    assert caught.value.fields == ("name",)
    assert work.service_types.get(a.uid("b")) == OBJECTS["service_types"][1]
    work.service_types.save(a.a_service_type("gold", description="keeps its own name"))


def test_a_removed_combination_is_free_again(work: UnitOfWork) -> None:
    fill(work, "service_types")
    work.service_types.remove(a.uid("gold"))
    work.service_types.add(a.a_service_type("gold", id=a.uid("x")))


def test_a_renamed_object_frees_its_name(work: UnitOfWork) -> None:
    fill(work, "service_types")
    work.service_types.save(a.a_service_type("gold", name="platinum"))
    work.service_types.add(a.a_service_type("gold", id=a.uid("x")))


class TestReferences:
    def test_to_nothing(self, work: UnitOfWork) -> None:
        with pytest.raises(BrokenReference):
            work.members.add(a.a_member())
        assert work.members.count({}) == 0

    def test_from_a_listener_to_no_pool(self, work: UnitOfWork) -> None:
        with pytest.raises(BrokenReference):
            work.load_balancers.add(_with_pool("web", "pool"))
        assert work.load_balancers.count({}) == 0

    def test_what_is_referred_to_stays(self, work: UnitOfWork) -> None:
        work.pools.add(a.a_pool())
        work.members.add(a.a_member())
        with pytest.raises(BrokenReference):
            work.pools.remove(a.uid("pool"))
        work.members.remove(a.uid("member"))
        work.pools.remove(a.uid("pool"))
        assert work.pools.count({}) == 0


def _with_pool(name: str, pool: str, **fields):
    return a.a_load_balancer(
        name, listeners=(a.a_listener(name, default_pool_id=a.uid(pool), **fields),)
    )


class TestListeners:
    def test_a_pool_serves_one_vip(self, work: UnitOfWork) -> None:
        work.pools.add(a.a_pool())
        work.load_balancers.add(_with_pool("one", "pool"))
        with pytest.raises(Duplicate) as caught:
            work.load_balancers.add(_with_pool("two", "pool"))
        assert caught.value.fields == ("listener.default_pool_id",)
        assert work.load_balancers.find(Query()) == [_with_pool("one", "pool")]

    def test_a_failed_save_changes_nothing(self, work: UnitOfWork) -> None:
        work.pools.add(a.a_pool())
        work.load_balancers.add(_with_pool("one", "pool"))
        two = a.a_load_balancer("two")
        work.load_balancers.add(two)
        with pytest.raises(Duplicate):
            work.load_balancers.save(replace(_with_pool("two", "pool"), name="renamed"))
        assert work.load_balancers.get(two.id) == two

    def test_listeners_come_change_and_go(self, work: UnitOfWork) -> None:
        one = a.a_load_balancer("one")
        work.load_balancers.add(one)
        second = a.a_listener("one", id=a.uid("second"), protocol_port=443)
        changed = replace(one.listeners[0], protocol=Protocol.TCP)
        for listeners in ((changed, second), (second, changed), (second,), ()):
            work.load_balancers.save(replace(one, listeners=listeners))
            assert work.load_balancers.get(one.id) == replace(one, listeners=listeners)

    def test_two_listeners_swap_their_pools(self, work: UnitOfWork) -> None:
        for pool in "xy":
            work.pools.add(a.a_pool(pool))
        first, second = (
            a.a_listener("one", id=a.uid(pool), default_pool_id=a.uid(pool)) for pool in "xy"
        )
        work.load_balancers.add(a.a_load_balancer("one", listeners=(first, second)))
        swapped = a.a_load_balancer(
            "one",
            listeners=(
                replace(first, default_pool_id=second.default_pool_id),
                replace(second, default_pool_id=first.default_pool_id),
            ),
        )
        work.load_balancers.save(swapped)
        assert work.load_balancers.get(swapped.id) == swapped

    def test_removal_takes_the_listeners_along(self, work: UnitOfWork) -> None:
        work.pools.add(a.a_pool())
        work.load_balancers.add(_with_pool("one", "pool"))
        work.load_balancers.remove(a.uid("one"))
        work.pools.remove(a.uid("pool"))

    def test_queries_by_listener(self, work: UnitOfWork) -> None:
        for pool in "xy":
            work.pools.add(a.a_pool(pool))
        one, two = _with_pool("one", "x", protocol_port=90), _with_pool("two", "y")
        three = a.a_load_balancer("three", listeners=())
        for item in (one, two, three):
            work.load_balancers.add(item)
        find = work.load_balancers.find
        assert find(Query(filters={"listener.default_pool_id": (a.uid("x"),)})) == [one]
        assert find(Query(filters={"listener.protocol_port": (80,), "name": ("two",)})) == [two]
        assert find(Query(filters={"listener.protocol_port": (80,), "name": ("one",)})) == []
        by_port = Query(sort=(Sort("listener.protocol_port"),))
        assert find(by_port) == [three, two, one]
        after_two = Query(sort=(Sort("listener.protocol_port"),), marker=two.id)
        assert find(after_two) == [one]
        assert work.load_balancers.count({"listener.protocol": (Protocol.HTTP,)}) == 2


class TestQueries:
    @pytest.fixture
    def devices(self, work: UnitOfWork):
        for number, zone in enumerate(("b", None, "a", "b")):
            work.devices.add(
                a.a_device(f"lb{number}", id=f"{number}", zone=zone, removing=number > 2)
            )

        def find(**query):
            return [device.id for device in work.devices.find(Query(**query))]

        return find

    def test_filters(self, devices) -> None:
        assert devices(filters={"zone": ("b",)}) == ["0", "3"]
        assert devices(filters={"zone": ("a", "b"), "removing": (False,)}) == ["0", "2"]
        assert devices(filters={"zone": (None, "a")}) == ["1", "2"]
        assert devices(filters={"id": ("3", "1", "1", "x")}) == ["1", "3"]
        assert devices(filters={"zone": ()}) == []
        assert devices(filters={"zone": (7,)}) == []
        assert devices(filters={"generation": ("1",)}) == []
        assert devices(filters={"generation": (2**70, 1e400)}) == []
        assert devices(filters={"admin_state": (AdminState.ENABLED,), "removing": (True,)}) == ["3"]

    def test_order_puts_none_first_and_ends_with_the_id(self, devices) -> None:
        assert devices(sort=(Sort("zone"),)) == ["1", "2", "0", "3"]
        assert devices(sort=(Sort("zone", descending=True),)) == ["0", "3", "2", "1"]
        assert devices(sort=(Sort("zone"), Sort("id", descending=True))) == ["1", "2", "3", "0"]

    def test_pages(self, devices) -> None:
        order = (Sort("zone"),)
        assert devices(sort=order, limit=2) == ["1", "2"]
        assert devices(sort=order, limit=2, marker="2") == ["0", "3"]
        assert devices(sort=order, limit=2, marker="0", reverse=True) == ["1", "2"]
        assert devices(sort=order, limit=1, reverse=True) == ["3"]
        assert devices(limit=0) == []

    def test_marker_must_be_in_the_selection(self, devices) -> None:
        for query in (
            {"marker": "x"},
            {"marker": "1", "filters": {"zone": ("b",)}},
            {"marker": "1", "filters": {"zone": ()}},
        ):
            with pytest.raises(UnknownMarker):
                devices(**query)

    def test_count(self, devices, work: UnitOfWork) -> None:
        assert work.devices.count({"zone": ("b", None)}) == 3
        assert work.devices.count({"zone": ()}) == 0

    @pytest.mark.parametrize("key", ["limits", "capabilities", "listener.id", "nonsense"])
    def test_what_cannot_be_searched(self, work: UnitOfWork, key: str) -> None:
        with pytest.raises(UnknownKey):
            work.devices.find(Query(filters={key: ("x",)}))
        with pytest.raises(UnknownKey):
            work.devices.find(Query(sort=(Sort(key),)))
        with pytest.raises(UnknownKey):
            work.devices.count({key: ("x",)})


def test_read_units_change_nothing(store: Store) -> None:
    with store.write() as work:
        work.devices.add(a.a_device())
        work.commit()
    with store.read() as work:
        with pytest.raises(ReadOnly):
            work.services.add(a.a_service())
        with pytest.raises(ReadOnly):
            work.services.remove("x")
        with pytest.raises(ReadOnly):
            work.bindings.claim([a.a_claim()])
