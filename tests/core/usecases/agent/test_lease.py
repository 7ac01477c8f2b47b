"""A lease lets an agent act for as long as the server said, and not longer."""

import threading

import pytest

from adapters.system import ManualClock
from adapters.system.ids import CountingIds
from core.domain.messages import AgentLease
from core.usecases.agent.lease import Lease


class Holder:
    """A lease with its clock."""

    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.lease = Lease(self.clock, CountingIds())

    def grant(self, seconds: float, floor: int = 0, asked_at: float | None = None) -> bool:
        answer = AgentLease(
            agent_id="a", incarnation=self.lease.incarnation, seconds=seconds, floor=floor
        )
        return self.lease.take_in(answer, self.clock.monotonic() if asked_at is None else asked_at)


@pytest.fixture
def holder() -> Holder:
    return Holder()


def test_there_is_none_before_an_answer(holder):
    assert not holder.lease.wait(0.0)
    assert not holder.lease.admits(10**9)


def test_it_counts_from_when_the_agent_asked(holder):
    asked_at = holder.clock.monotonic()
    holder.clock.advance(4.0)
    assert holder.grant(6.0, asked_at=asked_at)
    holder.clock.advance(1.9)
    assert holder.lease.wait(0.0)
    holder.clock.advance(0.1)
    assert not holder.lease.wait(0.0)
    assert not holder.lease.admits(1)


def test_an_answer_that_comes_too_late_grants_nothing(holder):
    asked_at = holder.clock.monotonic()
    holder.clock.advance(6.0)
    assert holder.grant(6.0, asked_at=asked_at)
    assert not holder.lease.wait(0.0)


def test_an_older_answer_does_not_shorten_it(holder):
    asked_at = holder.clock.monotonic()
    holder.clock.advance(2.0)
    holder.grant(6.0)
    holder.grant(6.0, asked_at=asked_at)
    holder.clock.advance(5.0)
    assert holder.lease.wait(0.0)


def test_only_epochs_above_the_floor_are_admitted(holder):
    holder.grant(6.0, floor=4)
    assert not holder.lease.admits(4)
    assert holder.lease.admits(5)


def test_told_nothing_is_left_it_is_another_incarnation_without_a_lease(holder):
    holder.grant(6.0)
    before = holder.lease.incarnation
    assert not holder.grant(0.0)
    assert holder.lease.incarnation != before
    assert not holder.lease.wait(0.0)
    assert not holder.lease.admits(10**9)


def test_an_answer_to_an_earlier_incarnation_means_nothing(holder):
    before = AgentLease(agent_id="a", incarnation=holder.lease.incarnation, seconds=60.0)
    holder.grant(0.0)
    assert holder.lease.take_in(before, holder.clock.monotonic())
    assert not holder.lease.wait(0.0)


def test_who_waits_for_it_is_woken(holder):
    got = []
    waiting = threading.Thread(target=lambda: got.append(holder.lease.wait(10.0)))
    waiting.start()
    holder.grant(6.0)
    waiting.join(10.0)
    assert got == [True]
