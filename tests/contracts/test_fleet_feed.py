"""The contract of core.ports.fleet_feed."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.binding import Attachment
from core.domain.wiring import DeviceWiring
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a

LB1, LB2 = a.uid("lb1"), a.uid("lb2")
FRONT = a.uid("front")


@pytest.fixture
def fleet(store: Store) -> Store:
    with store.write() as work:
        work.devices.add(a.a_device("lb1"), a.a_device("lb2"))
        work.commit()
    return store


def changed_by(store: Store, change) -> list[str]:
    """The devices that the feed names after a unit of work that did this."""
    with store.write() as work:
        before = work.feed.position()
        change(work)
        seen = work.feed.changed_since(before.revision)
        assert work.feed.position().revision == before.revision + bool(seen)
        assert (work.feed.position().writer != before.writer) is bool(seen)
        after = work.feed.position()
        work.commit()
    with store.read() as work:
        assert work.feed.position() == after
        assert work.feed.changed_since(before.revision) == seen
        assert work.feed.changed_since(after.revision) == []
    return seen


def test_a_store_begins_without_changes(store: Store) -> None:
    with store.read() as work:
        assert work.feed.position().revision == 0
        assert work.feed.changed_since(0) == []


@pytest.mark.parametrize("writes", [True, False])
def test_to_ask_for_the_position_early_changes_nothing(fleet: Store, writes: bool) -> None:
    with fleet.read() as work:
        before = work.feed.position()
    with fleet.write() if writes else fleet.read() as work:
        work.feed.ask()
        work.feed.ask()
        assert work.devices.get(LB1) is not None
        assert work.feed.position() == before
        work.feed.ask()
        assert work.feed.position() == before


def test_a_unit_of_work_that_asked_and_never_looked_commits_what_it_did(fleet: Store) -> None:
    with fleet.write() as work:
        before = work.feed.position()
    with fleet.write() as work:
        work.feed.ask()
        change(work, zone="east")
        work.commit()
    with fleet.read() as work:
        assert work.feed.position().revision == before.revision + 1
        found = work.devices.get(LB1)
        assert found is not None
        assert found.zone == "east"


def test_a_unit_of_work_that_asked_and_is_undone_leaves_nothing(fleet: Store) -> None:
    with fleet.write() as work:
        work.feed.ask()
    with fleet.write() as work:
        assert work.devices.get(LB1) is not None
        work.commit()


def bind(work: UnitOfWork, device: str = "lb1") -> None:
    assert work.bindings.claim([a.a_claim(device=device)]) == [None]


def change(work: UnitOfWork, **fields: Any) -> None:
    before = work.devices.get(LB1)
    assert before is not None
    work.devices.save(replace(before, **fields))


def close(work: UnitOfWork) -> None:
    assert work.ledger.end_wiring(LB1, FRONT, None)


STEPS = [
    ("add", lambda work: work.devices.add(a.a_device("lb3")), ["lb3"]),
    ("save", lambda work: work.devices.save(a.a_device("lb2", zone="z")), ["lb2"]),
    ("wiring", lambda work: change(work, wiring=DeviceWiring(host="compute1")), ["lb1"]),
    ("unwirable", lambda work: change(work, unwirable="no trunks"), ["lb1"]),
    ("limits", lambda work: work.ledger.set_limits(LB2, {"vips": 1}), ["lb2"]),
    ("claim", bind, ["lb1"]),
    ("move", lambda work: bind(work, "lb2"), ["lb1", "lb2"]),
    ("close", close, ["lb1"]),
    ("release", lambda work: work.bindings.release([a.uid("service")]), ["lb2"]),
    ("forget", lambda work: work.ledger.forget(LB2), ["lb2"]),
    ("remove", lambda work: work.devices.remove(LB1, LB2), ["lb1", "lb2"]),
]


def test_every_change_is_noted(fleet: Store) -> None:
    for name, change, devices in STEPS:
        assert (name, changed_by(fleet, change)) == (name, sorted(map(a.uid, devices)))


def attach(work: UnitOfWork) -> None:
    assert work.ledger.start_wiring(LB1, FRONT, 1.0, 2.0)
    wire = Attachment(device_id=LB1, network_id=FRONT, interface="eth1", vlan=7)
    assert not work.ledger.end_wiring(LB1, FRONT, wire)


def probe(work: UnitOfWork) -> None:
    before = work.devices.get(LB1)
    assert before is not None
    seen = replace(before, due_at=7.0, status_reason="slow", idle_since=1.0)
    work.devices.save(replace(seen, agent_id="agent1", probed_epoch=2, releasing=True))
    assert work.devices.get(LB1) != before


@pytest.mark.parametrize(
    "change",
    [
        attach,
        probe,
        lambda work: work.bindings.release(["nobody"]),
        lambda work: work.bindings.claim([]),
        lambda work: work.devices.remove("nothing"),
        lambda work: work.services.add(a.a_service()),
        lambda work: work.ledger.end_wiring(LB1, FRONT, None),
    ],
)
def test_what_placement_does_not_look_at_is_not_noted(fleet: Store, change) -> None:
    with fleet.write() as work:
        bind(work)
        work.commit()
    assert changed_by(fleet, change) == []


def test_a_claim_that_is_short_is_not_noted(fleet: Store) -> None:
    with fleet.write() as work:
        work.ledger.set_limits(LB1, {"vips": 0})
        work.commit()

    def claim(work: UnitOfWork) -> None:
        (answer,) = work.bindings.claim([a.a_claim()])
        assert answer is not None

    assert changed_by(fleet, claim) == []


def test_a_unit_that_looks_and_then_changes_more_is_one_change(fleet: Store) -> None:
    with fleet.write() as work:
        before = work.feed.position()
        work.ledger.set_limits(LB1, {})
        middle = work.feed.position()
        work.ledger.set_limits(LB1, {"vips": 1})
        end = work.feed.position()
        assert end.revision == middle.revision
        assert end.writer != middle.writer
        work.ledger.set_limits(LB2, {})
        assert work.feed.changed_since(before.revision) == sorted([LB1, LB2])
        work.commit()
    with fleet.read() as work:
        assert work.feed.position().revision == middle.revision
        assert work.feed.position().writer not in (middle.writer, end.writer)
        assert work.feed.changed_since(before.revision) == sorted([LB1, LB2])


@pytest.mark.parametrize("looks", [True, False])
def test_a_unit_that_was_undone_leaves_nothing(fleet: Store, looks: bool) -> None:
    with fleet.read() as work:
        before = work.feed.position()
    with fleet.write() as work:
        work.ledger.set_limits(LB1, {})
        undone = work.feed.position() if looks else None
    with fleet.read() as work:
        assert work.feed.position() == before
        assert work.feed.changed_since(before.revision) == []
    with fleet.write() as work:
        work.ledger.set_limits(LB2, {})
        work.commit()
    with fleet.read() as work:
        after = work.feed.position()
        assert work.feed.changed_since(before.revision) == [LB2]
    assert after.revision == before.revision + 1
    if undone is not None:
        assert undone.revision == after.revision
        assert undone.writer != after.writer
