"""Replicas of the fleet see what each unit of work sees, whatever was undone in between."""

import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from adapters.system import CountingIds, ManualClock
from core.domain.binding import Account, Claim, NetworkNeed, insertion_mode
from core.domain.device import AdminState, Device, DeviceStatus, effective_limits
from core.domain.placement.engine import best, judge
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.survey import survey
from core.domain.placement.reasons import ReasonCode
from core.domain.placement.request import Requirements
from core.domain.query import Query
from core.domain.service_type import Choice
from core.ports.store import Store, StoreFailure
from core.ports.unit_of_work import UnitOfWork
from core.usecases.placement import view
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from tests import builders as a
from tests.core.domain.placement.fleet import request
from tests.core.domain.placement.test_index import DRIVERS, agree, devices, requests

SERVICES = [f"s{n}" for n in range(6)]
VIEWS = range(2)
DEVICES = [f"d{n}" for n in range(8)]

some_devices = devices.map(
    lambda one: replace(one, number=int(one.id[1:]) + 1, name=one.id, capabilities=None)
)
some_requests = st.tuples(requests, st.sampled_from(SERVICES)).map(
    lambda pair: replace(
        pair[0],
        service_id=pair[1],
        avoid_device_id=None,
        policy=replace(pair[0].policy, choice=Choice.COMMON),
    )
)
view_numbers = st.sampled_from(VIEWS)
actions = st.one_of(
    st.tuples(st.just("place"), view_numbers, st.lists(some_requests, min_size=1, max_size=2)),
    st.tuples(st.just("place"), view_numbers, st.lists(some_requests, min_size=1, max_size=2)),
    st.tuples(st.just("release"), st.sampled_from(SERVICES)),
    st.tuples(st.just("device"), some_devices),
    st.tuples(st.just("remove"), st.sampled_from(DEVICES)),
    st.tuples(st.just("detach")),
    st.tuples(st.just("look"), view_numbers),
)


CALM = view._CALM


class Undone(Exception):
    """Ends a unit of work half-way."""


class Views(RuleBasedStateMachine):
    """Two replicas over one store, units of work that are committed or not, and readers that
    still look at older states."""

    def open(self) -> Store:
        return MemoryStore()

    @initialize(first=st.lists(some_devices, max_size=5), calm=st.sampled_from([0, CALM]))
    def begin(self, first, calm):
        view._CALM = calm
        self.store = self.open()
        self.views = [FleetView(DRIVERS, threading.Lock()) for _ in VIEWS]
        ids, clock = CountingIds(), ManualClock()
        self.schedulers = [
            FleetScheduler(view=view, advisors={}, clock=clock, ids=ids) for view in self.views
        ]
        self.reader: UnitOfWork | None = None
        self.asked = []
        with self.store.write() as work:
            for one in first:
                put(work, one)
            work.commit()

    @rule(
        doing=st.lists(actions, min_size=1, max_size=4),
        ends=st.sampled_from(["commit", "commit", "undo"]),
    )
    def unit(self, doing, ends):
        try:
            with self.store.write() as work:
                for action in doing:
                    self._do(work, *action)
                if ends == "undo":
                    raise Undone
                work.commit()
        except Undone:
            pass

    @rule(number=view_numbers)
    def look(self, number):
        with self.store.read() as work:
            self._compare(work, number)

    @rule()
    def begin_reading(self):
        self._end_reading()
        self.reader = self.store.read().__enter__()
        # Some databases choose the state at the first look.
        self.reader.feed.position()

    @rule(number=view_numbers)
    def look_at_an_older_state(self, number):
        if self.reader is not None:
            self._compare(self.reader, number)

    @rule(number=view_numbers, asked=some_requests)
    def explanations_agree_with_claims(self, number, asked):
        with self.store.write() as work:
            with self.views[number].at(work) as fleet:
                found = survey(Look(fleet, asked))
                interfaces = {
                    host.device.id: host.driver and host.driver.data_interface for host in fleet
                }
            for host, reasons, _ in found:
                interface = interfaces[host.device.id]
                if interface is None or work.bindings.get(asked.service_id) is not None:
                    continue
                [shortage] = work.bindings.claim([claim(asked, host, interface)])
                refused = any(reason.code is ReasonCode.LIMIT_REACHED for reason in reasons)
                assert refused == (shortage is not None)
                if shortage is None:
                    work.bindings.release([asked.service_id])
                    forget_new_networks(work, host.device.id)

    def _do(self, work: UnitOfWork, what, *given):
        if what == "place":
            self._place(work, *given)
        elif what == "look":
            self._compare(work, *given)
        elif what == "release":
            work.bindings.release(given)
        elif what == "device":
            put(work, *given)
        elif what == "remove":
            remove(work, *given)
        else:
            for network in work.ledger.idle_networks():
                work.ledger.end_wiring(network.device_id, network.network_id, None)

    def _place(self, work: UnitOfWork, number, asked):
        unique = {one.service_id: one for one in asked}.values()
        known = [replace(one, bound=work.bindings.get(one.service_id)) for one in unique]
        waiting = [one for one in known if one.bound is None]
        with self.views[number].at(work) as fleet:
            subset = fleet.subset(waiting[0]) if waiting else None
        expected = None
        if len(waiting) == len(known):
            first = replace(waiting[0], subset=subset)
            expected = best((host, judge(first, host)) for host in fresh(work))
        placements = self.schedulers[number].place(work, known)
        if len(waiting) == len(known):
            bound = placements[0].binding
            assert (bound and bound.device_id) == (expected and expected[0].device.id)
        self.asked = [*self.asked[-2:], *unique]
        self._compare(work, number)

    def _compare(self, work: UnitOfWork, number):
        with self.views[number].at(work) as fleet:
            assert told(fleet) == told(fresh(work))
            for asked in self.asked:
                agree(fleet, asked)

    def _end_reading(self):
        if getattr(self, "reader", None) is not None:
            self.reader.__exit__(None, None, None)
            self.reader = None

    def teardown(self):
        view._CALM = CALM
        self._end_reading()


class ViewsOfSqlite(Views):
    """The same on a database."""

    def open(self) -> Store:
        self.folder = Path(tempfile.mkdtemp(prefix="pierhead-views-"))
        shutil.copy(empty_database(), self.folder / "state.db")
        self.sql = open_sql_store(f"sqlite:///{self.folder / 'state.db'}")
        return self.sql

    def teardown(self):
        super().teardown()
        if hasattr(self, "sql"):
            self.sql.close()
            shutil.rmtree(self.folder)


@cache
def _kept() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="pierhead-empty-")


def empty_database() -> Path:
    path = Path(_kept().name) / "state.db"
    if not path.exists():
        open_sql_store(f"sqlite:///{path}").close()
    return path


def put(work: UnitOfWork, one) -> None:
    """Register a device, or change it as its owner may."""
    known = work.devices.get(one.id)
    if known is None:
        work.devices.add(one)
    elif work.bindings.find(Query(filters={"device_id": (one.id,)}, limit=1)):
        one = replace(one, driver=known.driver)
        work.devices.save(one)
    else:
        work.devices.save(one)
    driver = DRIVERS.get(one.driver)
    if driver is not None:
        work.ledger.set_limits(one.id, effective_limits(one, driver))


def remove(work: UnitOfWork, device_id: str) -> None:
    if not work.bindings.find(Query(filters={"device_id": (device_id,)}, limit=1)):
        work.devices.remove(device_id)
        work.ledger.forget(device_id)


def claim(asked, host, interface: str) -> Claim:
    networks = asked.requirements.networks
    binding = a.a_binding(
        service_id=asked.service_id,
        project_id=asked.project_id,
        device_id=host.device.id,
        driver=host.device.driver,
        mode=insertion_mode(networks),
        networks=networks,
        claims=asked.demand,
    )
    return Claim(
        binding=binding,
        interface=interface,
        oversubscription=asked.policy.oversubscription_percent,
    )


def forget_new_networks(work: UnitOfWork, device_id: str) -> None:
    """Detach what is idle, so that the next claim finds what the survey saw."""
    for network in work.ledger.idle_networks():
        if network.device_id == device_id:
            work.ledger.end_wiring(network.device_id, network.network_id, None)


def fresh(work: UnitOfWork) -> Fleet:
    fleet = Fleet(DRIVERS)
    fleet.fill(work.devices.find(Query(filters={"removing": (False,)})), work.ledger.accounts())
    return fleet


def told(fleet: Fleet) -> Mapping[str, tuple]:
    return {
        host.device.id: (
            replace(host.device, status_reason="", due_at=None),
            host.limits,
            Account(
                used={name: amount for name, amount in host.used.items() if amount},
                networks=dict(host.networks),
                projects={name: number for name, number in host.projects.items() if number},
            ),
        )
        for host in fleet
    }


_CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

TestViews = pytest.mark.slow(Views.TestCase)
TestViews.settings = settings(
    max_examples=120,
    stateful_step_count=12,
    suppress_health_check=_CHECKS,
)
TestViewsOfSqlite = pytest.mark.slow(ViewsOfSqlite.TestCase)
TestViewsOfSqlite.settings = settings(
    max_examples=60, stateful_step_count=10, suppress_health_check=_CHECKS
)


HAPROXY = a.a_device("d0", id="d0", number=1, status=DeviceStatus.ONLINE, version="2.8.25")
FRONT = NetworkNeed(network_id="net-a", cidr="10.1.0.0/24")
FRONT_TOO = NetworkNeed(network_id="net-a", cidr="10.2.0.0/24")


class Replica:
    """A store with one device that is open, another that changed since, and one view of it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.view = FleetView(DRIVERS, threading.Lock())
        self.scheduler = FleetScheduler(
            view=self.view, advisors={}, clock=ManualClock(), ids=CountingIds()
        )
        self.change(HAPROXY)
        self.change_another()
        self.change_another()

    def change(self, *changed: Device) -> None:
        with self.store.write() as work:
            for one in changed:
                put(work, one)
            work.commit()

    def change_another(self) -> None:
        """One more revision, which has nothing to do with the open device."""
        with self.store.read() as work:
            zone = f"zone {work.feed.position().revision}"
        closed = AdminState.DRAINING
        self.change(
            replace(HAPROXY, id="other", name="other", number=99, zone=zone, admin_state=closed)
        )

    def place(self, work: UnitOfWork, service: str, *networks: NetworkNeed) -> str | None:
        requirements = Requirements(vip_address="10.1.0.5", networks=networks or (FRONT,))
        [placement] = self.scheduler.place(
            work, [request(service_id=service, requirements=requirements)]
        )
        return placement.binding and placement.binding.device_id

    def follows(self) -> bool:
        with self.store.read() as work, self.view.at(work) as fleet:
            return told(fleet) == told(fresh(work))


@pytest.fixture
def replica() -> Replica:
    return Replica()


def test_what_a_unit_changes_after_it_looked_is_seen_by_itself_and_the_next(replica):
    with replica.store.write() as work:
        for number in range(3):
            assert replica.place(work, f"s{number}") == "d0"
        assert replica.place(work, "s3") is None
        put(work, replace(HAPROXY, id="d1", name="d1", number=2))
        assert replica.place(work, "s3") == "d1"
        put(work, replace(HAPROXY, zone="east"))
        work.commit()
    assert replica.follows()


def test_what_was_counted_before_a_failure_is_counted_no_more(replica, monkeypatch):
    assert replica.follows()
    with replica.store.write() as work:

        def fail(claims):
            raise StoreFailure("no space left")

        monkeypatch.setattr(work.bindings, "claim", fail)
        with pytest.raises(StoreFailure):
            replica.place(work, "s0")
    assert replica.follows()


def test_what_was_decided_before_a_failure_to_record_is_counted_no_more(replica, monkeypatch):
    replica.change(replace(HAPROXY, limits={"vips": 120}))
    requirements = Requirements(vip_address="10.1.0.5", networks=(FRONT,))
    many = [request(service_id=f"s{at}", requirements=requirements) for at in range(120)]
    with replica.store.write() as work:
        monkeypatch.setattr(work.decisions, "record", lambda decisions: raise_failure())
        with pytest.raises(StoreFailure):
            replica.scheduler.place(work, many)
        with replica.view.at(work) as fleet:
            assert told(fleet) == told(fresh(work))


def test_a_device_is_doubted_after_its_claims_were_undone_until_others_are_committed(replica):
    doubted = []
    for is_committed in (True, False, True, True):
        with replica.store.write() as work:
            assert replica.place(work, f"s{len(doubted)}") == "d0"
            doubted.append(replica.view.doubts("d0"))
            if is_committed:
                work.commit()
    assert doubted == [False, False, True, False]


def settle(replica: Replica) -> None:
    """Let the view see that nobody else changes anything."""
    for _ in range(CALM + 1):
        assert replica.follows()


def watch(work: UnitOfWork, replica: Replica, monkeypatch) -> list[int]:
    """How many services were counted in the view each time that the position was looked up."""
    counted: list[int] = []
    look = work.feed.position

    def position():
        device = replica.view._fleet.get("d0")
        counted.append(device.used.get("vips", 0) if device else 0)
        return look()

    monkeypatch.setattr(work.feed, "position", position)
    return counted


@pytest.mark.parametrize("calm", [True, False])
def test_it_is_decided_before_the_position_is_known_where_nobody_disturbs(
    replica, monkeypatch, calm
):
    settle(replica)
    if not calm:
        replica.change_another()
        assert replica.follows()
    with replica.store.write() as work:
        counted = watch(work, replica, monkeypatch)
        assert replica.place(work, "s0") == "d0"
        assert counted[0] == (1 if calm else 0)
        work.commit()
    assert replica.follows()


def test_what_was_decided_on_a_fleet_that_another_changed_is_decided_anew(replica):
    settle(replica)
    replica.change(replace(HAPROXY, admin_state=AdminState.DRAINING))
    with replica.store.write() as work:
        assert replica.place(work, "s0") is None
        work.commit()
    replica.change(HAPROXY)
    with replica.store.write() as work:
        assert replica.place(work, "s0") == "d0"
        work.commit()
    assert replica.follows()


def test_what_was_decided_ahead_and_is_decided_anew_is_counted_once(replica):
    settle(replica)
    replica.change_another()
    with replica.store.write() as work:
        assert [replica.place(work, f"s{at}") for at in range(4)] == ["d0", "d0", "d0", None]
        with replica.view.at(work) as fleet:
            assert told(fleet) == told(fresh(work))
        work.commit()
    assert replica.follows()


@pytest.mark.parametrize("looks_again", [True, False])
@pytest.mark.parametrize("another", [True, False])
def test_what_a_unit_counted_and_was_undone_is_not_there_for_one_that_presumes(
    replica, looks_again, another
):
    settle(replica)
    with replica.store.write() as work:
        assert replica.place(work, "s0") == "d0"
        if looks_again:
            with replica.view.at(work):
                pass
    if another:
        # It takes the number of the one that was undone.
        replica.change_another()
    with replica.store.write() as work:
        nowhere = request(service_id="other", drivers=("unknown",))
        assert replica.scheduler.place(work, [nowhere])[0].binding is None
        assert [replica.place(work, f"s{at}") for at in range(4)] == ["d0", "d0", "d0", None]
        work.commit()
    assert replica.follows()


def test_a_failure_to_look_up_the_position_undoes_what_was_decided_ahead(replica, monkeypatch):
    settle(replica)
    with replica.store.write() as work:
        monkeypatch.setattr(work.feed, "position", raise_failure)
        with pytest.raises(StoreFailure):
            replica.place(work, "s0")
    assert replica.follows()


def test_what_is_committed_is_not_read_again_after_units_that_presumed(replica, monkeypatch):
    replica.change(replace(HAPROXY, id="d1", name="d1", number=2))
    settle(replica)
    used = []
    for at in range(6):
        with replica.store.write() as work:
            used.append(replica.place(work, f"s{at}"))
            work.commit()
    assert set(used) == {"d0", "d1"}
    replica.change_another()
    with replica.store.read() as work:
        read: list[str] = []
        look = work.ledger.accounts
        monkeypatch.setattr(
            work.ledger, "accounts", lambda ids=None: read.extend(ids or ()) or look(ids)
        )
        with replica.view.at(work) as fleet:
            assert told(fleet) == told(fresh(work))
    # The last unit may have been undone, for all that the view knows; those before were not.
    assert sorted(set(read)) == sorted([used[-1], "other"])


def test_a_failure_to_read_changes_does_not_lose_them(replica, monkeypatch):
    assert replica.follows()
    with replica.store.write() as work:
        assert replica.place(work, "s0") == "d0"
    with replica.store.read() as work:
        monkeypatch.setattr(work.ledger, "accounts", lambda ids: raise_failure())
        with pytest.raises(StoreFailure), replica.view.at(work):
            pass
    assert replica.follows()


def raise_failure() -> None:
    raise StoreFailure("connection lost")


@pytest.mark.parametrize("another", [True, False])
def test_what_a_unit_changed_before_it_looked_and_was_undone_is_undone(replica, another):
    assert replica.follows()
    with replica.store.write() as work:
        put(work, replace(HAPROXY, zone="east"))
        with replica.view.at(work) as fleet:
            assert fleet.get("d0").device.zone == "east"
    if another:
        # It takes the number of the one that was undone.
        replica.change_another()
    assert replica.follows()


@pytest.mark.parametrize("since", ["the beginning", "the end"])
def test_a_reader_is_shown_the_state_that_it_looks_at(replica, since):
    assert since == "the end" or replica.follows()
    with replica.store.read() as reader:
        with replica.store.write() as work:
            if since == "the beginning":
                assert replica.place(work, "s0") == "d0"
            else:
                put(work, replace(HAPROXY, zone="east"))
            work.commit()
        replica.change_another()
        assert since == "the end" or replica.follows()
        replica.change_another()
        assert replica.follows()
        with replica.view.at(reader) as fleet:
            assert told(fleet) == told(fresh(reader))
    assert replica.follows()


def test_a_network_that_nobody_uses_forgets_its_subnets_when_it_is_claimed(replica):
    with replica.store.write() as work:
        assert replica.place(work, "s0", FRONT) == "d0"
        work.bindings.release(["s0"])
        work.commit()
    with replica.store.write() as work:
        assert replica.place(work, "s0", FRONT_TOO) == "d0"
        work.commit()
    assert replica.follows()


def test_more_changes_than_are_read_one_by_one(replica, monkeypatch):
    monkeypatch.setattr(view, "_MANY", 1)
    assert replica.follows()
    with replica.store.read() as reader:
        names = [f"d{number}" for number in range(1, 4)]
        replica.change(
            *(replace(HAPROXY, id=name, name=name, number=int(name[1:]) + 1) for name in names)
        )
        assert replica.follows()
        with replica.view.at(reader) as fleet:
            assert [host.device.id for host in fleet] == ["d0", "other"]
    assert replica.follows()
