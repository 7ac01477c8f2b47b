"""The contracts of core.ports.unit_of_work: DueWork and Observations."""

import pytest

from core.domain.lifecycle import Status
from core.domain.service import Cause
from core.ports.due_work import DueCounts, DueTimes
from core.ports.store import Store
from tests import builders as a


@pytest.fixture
def work(store: Store):
    with store.write() as work:
        yield work


def test_the_longest_waiting_comes_first(work) -> None:
    for name, due_at in (("a", 3.0), ("b", 1.0), ("c", None), ("d", 2.0), ("e", 4.0)):
        work.services.add(a.a_service(name, due_at=due_at))
        work.devices.add(a.a_device(name, due_at=due_at))
    for find in (work.due.services, work.due.devices):
        assert [item.id for item in find(3.0, 10)] == [a.uid(name) for name in "bda"]
        assert [item.id for item in find(3.0, 2)] == [a.uid(name) for name in "bd"]
        assert find(0.5, 10) == []


def test_equally_due_come_by_id(work) -> None:
    for name in "abc":
        work.services.add(a.a_service(name, due_at=1.0))
    found = [service.id for service in work.due.services(1.0, 2)]
    assert found == sorted(a.uid(name) for name in "abc")[:2]


def test_when_services_and_devices_fall_due(work) -> None:
    assert work.due.next_times() == DueTimes(None, None)
    assert work.due.next_times().first is None
    work.devices.add(a.a_device("far", due_at=9.0))
    work.services.add(a.a_service("never"))
    assert work.due.next_times().first == 9.0
    work.services.add(a.a_service("near", due_at=5.0))
    assert work.due.next_times() == DueTimes(services=5.0, devices=9.0)
    assert work.due.next_times().first == 5.0


def test_wake(work) -> None:
    placement = {"cause": Cause.PLACEMENT}
    work.services.add(a.a_service("sleeps", due_at=9.0, **placement))
    work.services.add(a.a_service("given up", **placement))
    work.services.add(a.a_service("awake", due_at=1.0, **placement))
    work.services.add(a.a_service("other", due_at=9.0, cause=Cause.DEVICE))
    work.services.add(a.a_service("well", due_at=9.0))
    assert work.due.wake(Cause.PLACEMENT, 5.0) == 2
    assert work.due.wake(Cause.PLACEMENT, 5.0) == 0
    assert work.services.get(a.uid("sleeps")) == a.a_service("sleeps", due_at=5.0, **placement)
    due = [service.id for service in work.due.services(5.0, 10)]
    assert due[0] == a.uid("awake")
    assert set(due) == {a.uid(name) for name in ("awake", "sleeps", "given up")}


def test_wake_all(work) -> None:
    """But for what is settled, and what is due already."""
    work.services.add(
        a.a_service("sleeps", due_at=9.0),
        a.a_service("given up", status=Status.ERROR, cause=Cause.DEVICE),
        a.a_service("deleting", status=Status.PENDING_DELETE, due_at=6.0),
        a.a_service("awake", due_at=1.0),
        a.a_service("settled", status=Status.ACTIVE, deployed_revision=1),
        a.a_service("asked", status=Status.ACTIVE, deployed_revision=1, due_at=9.0),
    )
    assert work.due.wake_all(5.0) == 3
    assert work.due.wake_all(5.0) == 0
    due = {service.id for service in work.due.services(5.0, 10)}
    assert due == {a.uid(name) for name in ("sleeps", "given up", "deleting", "awake")}


def test_counts(work) -> None:
    assert work.due.counts(5.0) == DueCounts(pending=0, failed=0, overdue=0, oldest=None)
    work.services.add(a.a_service("settled", status=Status.ACTIVE, changed_at=1.0))
    work.services.add(a.a_service("failed", status=Status.ERROR, changed_at=2.0, due_at=5.0))
    assert work.due.counts(5.0) == DueCounts(pending=0, failed=1, overdue=1, oldest=None)
    work.services.add(
        a.a_service("new", changed_at=4.0, due_at=9.0),
        a.a_service("old", changed_at=3.0, due_at=4.0, status=Status.PENDING_UPDATE),
        a.a_service("older", status=Status.PENDING_DELETE),
    )
    assert work.due.counts(5.0) == DueCounts(pending=3, failed=1, overdue=2, oldest=3.0)
    assert work.due.counts(4.5).overdue == 1


def test_observations_replace_one_another(work) -> None:
    work.observations.put({"a": {"up": True}, "b": {"members": {"m": [1, None, "x"]}}})
    work.observations.put({"a": {"up": False}})
    work.observations.put({})
    assert work.observations.of(["a", "b", "c", "a"]) == {
        "a": {"up": False},
        "b": {"members": {"m": [1, None, "x"]}},
    }
    work.observations.remove("a")
    work.observations.remove("a")
    assert work.observations.of(["a", "b"]).keys() == {"b"}
    assert work.observations.of([]) == {}
