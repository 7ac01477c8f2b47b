"""The contract of core.ports.decision_log."""

import pytest

from core.domain.placement.decision import Decision
from core.domain.query import Query
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a


@pytest.fixture
def work(store: Store):
    with store.write() as work:
        work.devices.add(a.a_device())
        for at, name in enumerate("abcde"):
            work.decisions.add(a.a_decision(name, decided_at=float(at), service_id=a.uid(name)))
        yield work


def left(work: UnitOfWork) -> set[str]:
    return {decision.id for decision in work.decisions.find(Query())}


def discarded(work: UnitOfWork, before: float, limit: int) -> int:
    return work.decisions.discard(work.decisions.loose(before, limit))


def test_the_old_ones_go_oldest_first(work: UnitOfWork) -> None:
    assert work.decisions.loose(3.0, 9) == [a.uid(name) for name in "abc"]
    assert discarded(work, 3.0, 2) == 2
    assert left(work) == {a.uid(name) for name in "cde"}
    assert discarded(work, 3.0, 2) == 1
    assert discarded(work, 3.0, 2) == 0
    assert left(work) == {a.uid(name) for name in "de"}


def test_the_one_of_a_binding_stays(work: UnitOfWork) -> None:
    work.bindings.claim([a.a_claim("b", decision_id=a.uid("b"))])
    work.bindings.claim([a.a_claim("c", decision_id=a.uid("a newer one"))])
    assert discarded(work, 9.0, 2) == 2
    assert left(work) == {a.uid(name) for name in "bde"}
    work.bindings.release([a.uid("b")])
    assert discarded(work, 9.0, 10) == 3
    assert left(work) == set()


def test_one_that_is_bound_by_now_stays(work: UnitOfWork) -> None:
    loose = work.decisions.loose(9.0, 9)
    work.bindings.claim([a.a_claim("b", decision_id=a.uid("b"))])
    assert work.decisions.discard([*loose, "nothing"]) == 4
    assert left(work) == {a.uid("b")}


def test_none_is_discarded_where_none_may_be(work: UnitOfWork) -> None:
    assert work.decisions.loose(9.0, 0) == []
    assert work.decisions.loose(0.0, 9) == []
    assert work.decisions.discard([]) == 0
    assert len(left(work)) == 5


@pytest.mark.parametrize("number", [1, 2, 60])
def test_what_is_recorded_is_seen_at_once_and_after_the_commit(store: Store, number: int) -> None:
    names = [f"decision {at}" for at in range(number)]
    with store.write() as work:
        work.decisions.record([a.a_decision(name) for name in names])
        assert left(work) == {a.uid(name) for name in names}
        work.decisions.record([a.a_decision("last")])
        work.commit()
    with store.read() as work:
        assert left(work) == {a.uid(name) for name in [*names, "last"]}


def record_and_commit(work: UnitOfWork, decisions: list[Decision]) -> None:
    work.decisions.record(decisions)
    work.commit()


@pytest.mark.parametrize("number", [1, 60])
def test_what_is_recorded_twice_is_refused_by_the_commit_at_the_latest(
    store: Store, number: int
) -> None:
    again = [a.a_decision(f"decision {at}") for at in range(number)]
    with store.write() as work:
        record_and_commit(work, again)
    with store.write() as work, pytest.raises(Duplicate):
        record_and_commit(work, again)
    with store.read() as work:
        assert len(left(work)) == number


@pytest.mark.parametrize("number", [1, 60])
def test_what_is_recorded_and_not_committed_is_undone(store: Store, number: int) -> None:
    with store.write() as work:
        work.decisions.record([a.a_decision(f"decision {at}") for at in range(number)])
    with store.write() as work:
        assert left(work) == set()
