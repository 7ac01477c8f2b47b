"""What is wrong with the books is found and mended; what is right is left alone."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from adapters.system import ManualClock
from core.domain.binding import NetworkNeed
from core.domain.consistency import Fault
from core.domain.device import effective_limits
from core.domain.query import Query
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.fleet import consistency
from core.usecases.fleet.consistency import Consistency
from tests import builders as a
from tests.core.domain.placement.fleet import DRIVER

HAPROXY = replace(DRIVER, limits={"vips": 4, "vlans:eth1": 3, "connections": None})
FRONT = NetworkNeed(network_id="front", cidr="10.1.0.0/24")
OTHER_FRONT = NetworkNeed(network_id="front", cidr="10.1.1.0/24")
BACK = NetworkNeed(network_id="back", cidr="10.2.0.0/24")
GHOST = "a device that is gone"


def checked(store: Store, **drivers) -> Consistency:
    return Consistency(store, drivers or {"haproxy": HAPROXY}, ManualClock(now=1_700_001_000.0))


def register(work: UnitOfWork, name: str, number: int, **fields) -> None:
    one = a.a_device(name, id=name, number=number, **fields)
    work.devices.add(one)
    work.ledger.set_limits(one.id, effective_limits(one, HAPROXY))


def bind(work: UnitOfWork, name: str, device: str, *networks: NetworkNeed, **claims: int) -> None:
    """A service with all that belongs to it."""
    if work.services.get(name) is None:
        work.services.add(a.a_service(name, id=name))
        work.decisions.add(a.a_decision(f"of {name}", id=f"of {name}", service_id=name))
    claim = a.a_claim(
        service_id=name,
        device_id=device,
        networks=networks,
        claims={"vips": 1, **claims},
        decision_id=f"of {name}",
    )
    assert work.bindings.claim([claim]) == [None]


def fill(store: Store) -> None:
    """Two devices, three services on the first, and an address of one of them."""
    with store.write() as work:
        register(work, "lb1", 1)
        register(work, "lb2", 2, limits={"vips": 9})
        bind(work, "s1", "lb1", FRONT)
        bind(work, "s2", "lb1", FRONT, OTHER_FRONT, connections=7)
        bind(work, "s3", "lb1", FRONT, BACK)
        work.networks.add(a.a_network("n"))
        work.subnets.add(a.a_subnet("sub", id="sub", network="n"))
        work.reservations.add(a.a_reservation(id="port", subnet_id="sub", owner="s1"))
        work.commit()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "state.db"
    with closing(open_sql_store(f"sqlite:///{path}")) as store:
        fill(store)
    return path


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled, tmp_path))


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with closing(open_sql_store(f"sqlite:///{database}")) as opened:
        yield opened


def execute(database: Path, statement: str) -> None:
    """Change what is stored behind everybody's back."""
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def found(store: Store) -> list[tuple]:
    return [
        (each.what, each.subject, each.item, each.expected, each.found)
        for each in checked(store).check().findings
    ]


def test_nothing_is_wrong_with_what_pierhead_wrote(store: Store) -> None:
    report = checked(store).check()
    assert (report.devices, report.findings, report.over) == (2, [], [])


MENDABLE = {
    "a counter that lost a claim": (
        "UPDATE pierhead_device_counters SET used = 2"
        " WHERE device_id = 'lb1' AND resource = 'vips'",
        (Fault.COUNTER, "lb1", "vips", 3, 2),
    ),
    "a counter of something that nobody claims": (
        "INSERT INTO pierhead_device_counters VALUES ('lb2', 'throughput', 5, NULL)",
        (Fault.COUNTER, "lb2", "throughput", 0, 5),
    ),
    "a counter that is gone": (
        "DELETE FROM pierhead_device_counters WHERE resource = 'connections'",
        (Fault.COUNTER, "lb1", "connections", 7, 0),
    ),
    "a VLAN that was counted twice": (
        "UPDATE pierhead_device_counters SET used = 3"
        " WHERE device_id = 'lb1' AND resource = 'vlans:eth1'",
        (Fault.COUNTER, "lb1", "vlans:eth1", 2, 3),
    ),
    "a limit that did not follow its device": (
        "UPDATE pierhead_device_counters SET ceiling = 4"
        " WHERE device_id = 'lb2' AND resource = 'vips'",
        (Fault.LIMIT, "lb2", "vips", 9, 4),
    ),
    "a limit that is gone": (
        "UPDATE pierhead_device_counters SET ceiling = NULL"
        " WHERE device_id = 'lb1' AND resource = 'vips'",
        (Fault.LIMIT, "lb1", "vips", 4, None),
    ),
    "a network that forgot a user": (
        "UPDATE pierhead_device_networks SET users = 2 WHERE network_id = 'front'",
        (Fault.NETWORK_USERS, "lb1", "front", 3, 2),
    ),
    "a network that keeps a user": (
        "UPDATE pierhead_device_networks SET users = 2 WHERE network_id = 'back'",
        (Fault.NETWORK_USERS, "lb1", "back", 1, 2),
    ),
    "a network without one of its subnets": (
        "UPDATE pierhead_device_networks SET cidrs = '[\"10.1.0.0/24\"]'"
        " WHERE network_id = 'front'",
        (
            *(Fault.NETWORK_SUBNETS, "lb1", "front"),
            *("10.1.0.0/24, 10.1.1.0/24", "10.1.0.0/24"),
        ),
    ),
    "books of a device that is gone": (
        f"INSERT INTO pierhead_device_counters VALUES ('{GHOST}', 'vips', 5, NULL)",
        (Fault.ACCOUNT_WITHOUT_DEVICE, GHOST, "", None, None),
    ),
}


@pytest.mark.parametrize(("damage", "expected"), MENDABLE.values(), ids=MENDABLE)
def test_what_is_wrong_with_books_is_found_and_mended(
    database: Path, store: Store, damage: str, expected: tuple
) -> None:
    before = rows(database)
    execute(database, damage)
    assert found(store) == [expected]
    report = checked(store).check()
    mended = checked(store).repair(report)
    assert [(each.what, each.subject, each.item) for each in mended] == [expected[:3]]
    assert found(store) == []
    assert rows(database) == before


def rows(database: Path) -> list[tuple]:
    with closing(sqlite3.connect(database)) as connection:
        return [
            row
            for query in (
                "SELECT * FROM pierhead_device_counters"
                " WHERE used > 0 OR ceiling IS NOT NULL ORDER BY 1, 2",
                "SELECT * FROM pierhead_device_networks ORDER BY 1, 2",
            )
            for row in connection.execute(query)
        ]


def test_a_network_that_is_gone_comes_back_with_its_slot(database: Path, store: Store) -> None:
    execute(database, "DELETE FROM pierhead_device_networks WHERE network_id = 'back'")
    assert found(store) == [(Fault.NETWORK_MISSING, "lb1", "back", 1, 0)]
    checked(store).repair(checked(store).check())
    assert found(store) == []
    with store.read() as work:
        back = {row.network_id: row for row in work.ledger.usage(["lb1"])["lb1"].networks}["back"]
    assert (back.interface, back.users, back.cidrs) == ("eth1", 1, ("10.2.0.0/24",))


BEYOND_REPAIR = {
    "a binding without a service": (
        "DELETE FROM pierhead_services WHERE id = 's1'",
        [
            (Fault.BINDING_WITHOUT_SERVICE, "s1", "", None, None),
            (Fault.ADDRESS_WITHOUT_OWNER, "port", "127.9.0.10", "s1", None),
        ],
    ),
    "a binding without a device": (
        "DELETE FROM pierhead_devices WHERE id = 'lb1'",
        [
            (Fault.ACCOUNT_WITHOUT_DEVICE, "lb1", "", None, None),
            *(
                (Fault.BINDING_WITHOUT_DEVICE, service, "", None, None)
                for service in ("s1", "s2", "s3")
            ),
        ],
    ),
    "a binding without a decision": (
        "DELETE FROM pierhead_decisions WHERE service_id = 's2'",
        [(Fault.BINDING_WITHOUT_DECISION, "s2", "", None, None)],
    ),
    "a device of a pool that is gone": (
        "UPDATE pierhead_devices SET spawned = 1, device_pool = 'elastic' WHERE id = 'lb2'",
        [(Fault.DEVICE_WITHOUT_POOL, "lb2", "", "elastic", None)],
    ),
}


@pytest.mark.parametrize(("damage", "expected"), BEYOND_REPAIR.values(), ids=BEYOND_REPAIR)
def test_what_only_people_can_settle_is_found_and_left(
    database: Path, store: Store, damage: str, expected: list[tuple]
) -> None:
    execute(database, damage)
    before = rows(database)
    assert found(store) == expected
    assert checked(store).repair(checked(store).check()) == []
    assert found(store) == expected
    assert rows(database) == before


def test_an_address_may_be_reserved_for_a_service_in_the_making(store: Store) -> None:
    with store.write() as work:
        young = a.a_reservation(
            "127.9.0.11", subnet_id="sub", owner="s9", reserved_at=1_700_000_900.0
        )
        work.reservations.add(young)
        work.commit()
    assert found(store) == []


def test_a_limit_below_what_is_used_is_no_fault(store: Store) -> None:
    with store.write() as work:
        work.devices.save(replace(work.devices.get("lb1"), limits={"vips": 1}))
        work.ledger.set_limits("lb1", {**HAPROXY.limits, "vips": 1})
        work.commit()
    report = checked(store).check()
    assert report.findings == []
    assert [(each.name, each.resource, each.used, each.limit) for each in report.over] == [
        ("lb1", "vips", 3, 1)
    ]


def test_without_its_driver_a_devices_limits_and_networks_are_not_judged(
    database: Path, store: Store
) -> None:
    execute(database, "DELETE FROM pierhead_device_networks WHERE network_id = 'back'")
    execute(database, "UPDATE pierhead_device_counters SET ceiling = 77 WHERE resource = 'vips'")
    check = checked(store, other=HAPROXY)
    assert [(each.what, each.repairable) for each in check.check().findings] == [
        (Fault.NETWORK_MISSING, False),
        (Fault.COUNTER, True),
    ]


def test_pages_and_batches_cover_the_whole_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "PAGE", 2)
    monkeypatch.setattr(consistency, "BATCH", 2)
    store = MemoryStore()
    with store.write() as work:
        for number in range(5):
            register(work, f"lb{number}", number)
            work.ledger.set_limits(f"lb{number}", {"vips": 1})
        work.commit()
    told: list[tuple[int, int]] = []
    check = checked(store)
    report = check.check(lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert report.counts == {Fault.LIMIT: 10}
    assert len(check.repair(report)) == 10
    assert check.check().findings == []


def test_many_findings_are_counted_and_not_all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "MOST", 3)
    store = MemoryStore()
    with store.write() as work:
        for number in range(5):
            register(work, f"lb{number}", number)
            work.ledger.set_limits(f"lb{number}", {**HAPROXY.limits, "vips": 1})
        work.commit()
    report = checked(store).check()
    assert (len(report.findings), report.counts) == (3, {Fault.LIMIT: 5})
    assert len(report.broken) == 5


DEVICES, SERVICES = ("lb1", "lb2"), ("s1", "s2", "s3", "s4")
changes = st.lists(
    st.one_of(
        st.tuples(
            st.just("bind"),
            st.sampled_from(SERVICES),
            st.sampled_from(DEVICES),
            st.lists(st.sampled_from([FRONT, OTHER_FRONT, BACK]), unique=True),
        ),
        st.tuples(st.just("release"), st.sampled_from(SERVICES)),
        st.tuples(st.just("detach")),
        st.tuples(st.just("limit"), st.sampled_from(DEVICES), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.sampled_from(DEVICES)),
    ),
    max_size=20,
)


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def any_store(request, tmp_path_factory) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    path = tmp_path_factory.mktemp("any") / "state.db"
    with closing(open_sql_store(f"sqlite:///{path}")) as opened:
        yield opened


@given(doing=changes)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_is_wrong_after_any_claims_and_releases(any_store: Store, doing: list) -> None:
    for what, *given_ in doing:
        with any_store.write() as work:
            change(work, what, *given_)
            work.commit()
    report = checked(any_store).check()
    assert report.findings == []


def change(work: UnitOfWork, what: str, *about) -> None:
    if what == "bind":
        service, device, networks = about
        if work.devices.get(device) is None:
            register(work, device, DEVICES.index(device))
        if work.services.get(service) is None:
            work.services.add(a.a_service(service, id=service))
            work.decisions.add(a.a_decision(id=f"of {service}", service_id=service))
        work.bindings.claim(
            [
                a.a_claim(
                    service_id=service,
                    device_id=device,
                    networks=tuple(networks),
                    decision_id=f"of {service}",
                )
            ]
        )
    elif what == "release":
        work.bindings.release(about)
    elif what == "detach":
        for network in work.ledger.idle_networks():
            if work.ledger.start_wiring(network.device_id, network.network_id, 0.0, 30.0):
                work.ledger.end_wiring(network.device_id, network.network_id, None)
    elif what == "limit" and (known := work.devices.get(about[0])) is not None:
        after = replace(known, limits={"vips": about[1]})
        work.devices.save(after)
        work.ledger.set_limits(after.id, effective_limits(after, HAPROXY))
    elif what == "remove" and not work.bindings.find(
        Query(filters={"device_id": (about[0],)}, limit=1)
    ):
        work.devices.remove(about[0])
        work.ledger.forget(about[0])
