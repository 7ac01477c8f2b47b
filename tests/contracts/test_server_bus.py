"""The contract of core.ports.server_bus.ServerBus."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.domain.device import Capabilities, DeviceFacts
from core.domain.messages import (
    AgentLease,
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    ServiceReport,
)
from core.ports.agent_bus import AgentBus
from core.ports.server_bus import ServerBus
from tests.messaging import LONG, Ends, handle, hello, receive, reports_of

FACTS = DeviceFacts(version="2.8", capabilities=Capabilities(protocols=frozenset({"TCP"})))


def test_reports_arrive_equal_and_in_order(server: ServerBus, agent: AgentBus) -> None:
    sent = [
        ServiceReport(device_id="d", service_id="s", revision=1, failure="no", epoch=2),
        DeviceReport(device_id="d", generation=1, facts=FACTS, note="restarted"),
        DeviceReport(device_id="d", generation=1, failure="gone"),
        DeviceRetired(device_id="d"),
        DeviceReleased(device_id="d", epoch=7),
        ObservationReport(device_id="d", services={"s": {"members": {"m": {"up": True}}}}),
    ]
    for report in sent:
        agent.report(report)
    deliveries = receive(server, len(sent))
    assert reports_of(deliveries) == sent
    for delivery in deliveries:
        server.done(delivery)
    assert server.reports(0) is None


def test_reports_wake_the_server(server: ServerBus, agent: AgentBus) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.reports, LONG)
        agent.report(DeviceRetired(device_id="d"))
        delivery = waiting.result(timeout=LONG)
    assert delivery is not None
    assert delivery.reports == (DeviceRetired(device_id="d"),)


def test_many_reports_come_some_hundreds_at_a_time(server: ServerBus, agent: AgentBus) -> None:
    sent = [DeviceRetired(device_id="d", epoch=number) for number in range(1500)]
    for report in sent:
        agent.report(report)
    came = []
    while len(came) < len(sent):
        delivery = server.reports(LONG)
        assert delivery is not None
        assert 0 < len(delivery.reports) < 1000
        came += delivery.reports
        server.done(delivery)
    assert came == sent


def test_done_again_changes_nothing(server: ServerBus, agent: AgentBus) -> None:
    agent.report(DeviceRetired(device_id="d"))
    (delivery,) = receive(server)
    server.done(delivery)
    server.done(delivery)
    agent.report(DeviceRetired(device_id="e"))
    assert reports_of(receive(server)) == [DeviceRetired(device_id="e")]


def test_nothing_waits(server: ServerBus) -> None:
    began = time.monotonic()
    assert server.reports(0.05) is None
    assert list(server.hellos(0.05)) == []
    assert 0.1 <= time.monotonic() - began < LONG


def test_hellos_of_many_agents_are_each_answered(ends: Ends, server: ServerBus) -> None:
    names = [f"agent-{number}" for number in range(4)]
    agents = [ends.agent(name) for name in names]
    with ThreadPoolExecutor(len(names)) as pool:
        waiting = [
            pool.submit(bus.greet, hello(name), LONG)
            for name, bus in zip(names, agents, strict=True)
        ]
        answered = 0
        while answered < len(names):
            for each in server.hellos(LONG):
                lease = AgentLease(agent_id=each.hello.agent_id, incarnation="i", seconds=1.0)
                server.answer(each, lease)
                answered += 1
        leases = [each.result(timeout=LONG) for each in waiting]
    assert [lease.agent_id for lease in leases if lease] == names


def test_it_knows_since_when_it_hears_hellos(server: ServerBus) -> None:
    since = server.listening_since()
    assert since is not None
    assert since <= time.monotonic()
    assert server.listening_since() == since


@pytest.mark.parametrize("broken", [{"id": 5}, {"parameters": {"a": object()}}, {"version": 2}])
def test_what_does_not_fit_is_not_sent(server: ServerBus, agent: AgentBus, broken: dict) -> None:
    with pytest.raises(ValueError, match=r"ProbeDevice|Expected"):
        server.send("a", ProbeDevice(device=handle("d", **broken)))
    assert agent.take(0.1) is None


def test_a_report_that_does_not_fit_is_not_sent(agent: AgentBus) -> None:
    with pytest.raises(ValueError, match="device_id"):
        agent.report(DeviceRetired(device_id=3))
