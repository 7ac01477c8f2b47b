"""How often, and from where, Neutron is told of agents."""

import queue
import threading
from dataclasses import replace

import pytest

from adapters.quantum.agent_notices import NeutronAgentNotices
from core.domain.agent import Agent

_PATIENCE = 10.0


def agent(**more) -> Agent:
    known = Agent(
        id="edge-1",
        incarnation="i",
        group="default",
        zones=(),
        host="host-1",
        version="1",
        drivers=("memory",),
        backlog=0,
        started_at=0.0,
        seen_at=0.0,
        heartbeat=1.0,
    )
    return replace(known, **more)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def reports() -> "queue.SimpleQueue[dict]":
    return queue.SimpleQueue()


def test_an_agent_is_told_of_once_in_a_while(watch, reports):
    notices = NeutronAgentNotices(reports.put, watch)
    notices.heard(agent())
    first = reports.get(timeout=_PATIENCE)
    assert first["host"] == "edge-1"
    assert first["start_flag"]
    assert first["configurations"]["host"] == "host-1"
    notices.heard(agent(seen_at=5.0, backlog=3))
    watch.now += 30.0
    notices.heard(agent(seen_at=30.0))
    assert "start_flag" not in reports.get(timeout=_PATIENCE)
    assert reports.empty()


def test_a_change_is_told_at_once(watch, reports):
    notices = NeutronAgentNotices(reports.put, watch)
    notices.heard(agent())
    reports.get(timeout=_PATIENCE)
    notices.heard(agent(drivers=("memory", "haproxy")))
    told = reports.get(timeout=_PATIENCE)
    assert told["configurations"]["drivers"] == ["memory", "haproxy"]


def test_a_bus_that_hangs_holds_nobody_up_and_one_that_fails_ends_nothing(watch, reports):
    go_on = threading.Event()

    def report(state) -> None:
        assert go_on.wait(_PATIENCE)
        reports.put(state)
        if reports.qsize() == 1:
            raise OSError("the bus is away")

    notices = NeutronAgentNotices(report, watch)
    notices.heard(agent())
    notices.heard(agent(id="edge-2"))
    assert reports.empty()
    go_on.set()
    told = {reports.get(timeout=_PATIENCE)["host"] for _ in range(2)}
    assert told == {"edge-1", "edge-2"}
