"""Decisions are kept for as long as they may be asked for, and no longer."""

from core.domain.query import Query
from core.usecases.fleet import retention
from core.usecases.fleet.retention import ForgetOldDecisions
from tests import builders as a
from tests.core.usecases.placement.yard import Yard

DAY = 86_400.0


def kept(yard):
    with yard.store.read() as work:
        return {decision.id for decision in work.decisions.find(Query())}


def test_old_decisions_go_in_batches_and_those_of_bound_services_stay(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES", 2)
    yard = Yard()
    yard.service_type()
    yard.device("edge")
    bound = yard.place("shop")
    old = [a.a_decision(f"old {n}", decided_at=1000.0) for n in range(5)]
    fresh = a.a_decision("fresh", decided_at=1001.0)
    with yard.store.write() as work:
        work.decisions.add(*old, fresh)
        work.commit()
    forget = ForgetOldDecisions(store=yard.store, clock=yard.clock, days=30)
    yard.clock.advance(30 * DAY)
    assert forget() == 0
    yard.clock.advance(0.5)
    assert forget() == 5
    assert kept(yard) == {bound.id, fresh.id}
    yard.clock.advance(1)
    assert forget() == 1
    assert kept(yard) == {bound.id}
