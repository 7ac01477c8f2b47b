"""The contract of core.ports.agent_bus.AgentBus."""

import threading
from concurrent.futures import ThreadPoolExecutor

from core.domain.device import Capabilities, DeviceFacts
from core.domain.messages import (
    AgentHello,
    ApplyServices,
    Command,
    DeviceHandle,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    RetireDevice,
    ServiceOrder,
    ServiceReport,
)
from core.domain.service import ServiceKind
from core.ports.agent_bus import AgentBus, Batch

LONG = 30.0


def device(name: str) -> DeviceHandle:
    parameters = {"password": "s3cret", "ports": [1, 2]}
    return DeviceHandle(id=name, name=name, driver="haproxy", version=None, parameters=parameters)


def order(device_name: str, revision: int) -> ApplyServices:
    return ApplyServices(
        device=device(device_name),
        orders=(
            ServiceOrder(
                service_id="s",
                kind=ServiceKind.LOADBALANCER,
                revision=revision,
                spec={"listeners": [{"port": 80, "default_pool": None}]},
            ),
            ServiceOrder(
                service_id="t", kind=ServiceKind.LOADBALANCER, revision=revision, spec=None
            ),
        ),
        complete=True,
    )


def take(bus: AgentBus) -> Batch:
    batch = bus.take(LONG)
    assert batch is not None
    return batch


def test_commands_arrive_equal_and_in_order(bus: AgentBus) -> None:
    sent: list[Command] = [
        ProbeDevice(device=device("d")),
        order("d", 1),
        order("d", 2),
        RetireDevice(device=device("d")),
    ]
    for command in sent:
        bus.send(command)
    assert bus.backlog() == 4
    batch = take(bus)
    assert batch == Batch("d", tuple(sent))
    assert bus.backlog() == 0
    bus.done(batch)
    assert bus.take(0) is None


def test_a_device_is_its_takers_alone_until_done(bus: AgentBus) -> None:
    bus.send(order("d", 1))
    batch = take(bus)
    bus.send(order("d", 2))
    bus.send(order("d", 3))
    assert bus.take(0) is None
    assert bus.backlog() == 2
    bus.send(order("e", 1))
    assert take(bus).device_id == "e"
    bus.done(batch)
    assert take(bus).commands == (order("d", 2), order("d", 3))


def test_devices_take_turns(bus: AgentBus) -> None:
    for name in "abc":
        bus.send(order(name, 1))
    served = []
    for _ in range(6):
        batch = take(bus)
        served.append(batch.device_id)
        bus.send(order(batch.device_id, 2))
        bus.done(batch)
    assert served == list("abcabc")


def test_done_again_changes_nothing(bus: AgentBus) -> None:
    bus.send(order("d", 1))
    batch = take(bus)
    bus.done(batch)
    bus.send(order("d", 2))
    bus.done(batch)
    assert take(bus).commands == (order("d", 2),)


def test_a_waiting_taker_wakes_up(bus: AgentBus) -> None:
    with ThreadPoolExecutor(2) as pool:
        takers = [pool.submit(bus.take, LONG) for _ in range(2)]
        bus.send(order("a", 1))
        bus.send(order("b", 1))
        batches = [taker.result(timeout=LONG) for taker in takers]
    assert {batch.device_id for batch in batches if batch} == {"a", "b"}


def test_a_waiting_taker_gets_what_came_meanwhile(bus: AgentBus) -> None:
    bus.send(order("d", 1))
    batch = take(bus)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bus.take, LONG)
        bus.send(order("d", 2))
        bus.done(batch)
        assert waiting.result(timeout=LONG) == Batch("d", (order("d", 2),))


def test_reports_arrive_equal_and_in_order(bus: AgentBus) -> None:
    facts = DeviceFacts(version="2.8", capabilities=Capabilities(protocols=frozenset({"TCP"})))
    sent = [
        ServiceReport(device_id="d", service_id="s", revision=1, failure="no"),
        DeviceReport(device_id="d", generation=1, facts=facts, note="restarted"),
        DeviceReport(device_id="d", generation=1, failure="gone"),
        DeviceRetired(device_id="d"),
        ObservationReport(device_id="d", services={"s": {"members": {"m": {"up": True}}}}),
        AgentHello(
            agent_id="a",
            host="h",
            version="1",
            drivers=("haproxy",),
            devices=("d",),
            backlog=0,
            started_at=1.25,
        ),
    ]
    for report in sent:
        bus.report(report)
    assert list(bus.reports(LONG)) == sent
    assert list(bus.reports(0)) == []


def test_reports_wake_the_server(bus: AgentBus) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bus.reports, LONG)
        bus.report(DeviceRetired(device_id="d"))
        assert list(waiting.result(timeout=LONG)) == [DeviceRetired(device_id="d")]


def test_many_takers_keep_each_devices_order(bus: AgentBus) -> None:
    devices, rounds = "abcd", 50
    seen: dict[str, list[int]] = {name: [] for name in devices}
    held: set[str] = set()
    guard = threading.Lock()
    overlaps = []

    def work() -> None:
        while sum(map(len, seen.values())) < len(devices) * rounds:
            batch = bus.take(0.05)
            if batch is None:
                continue
            with guard:
                if batch.device_id in held:
                    overlaps.append(batch.device_id)
                held.add(batch.device_id)
            for command in batch.commands:
                assert isinstance(command, ApplyServices)
                seen[batch.device_id].append(command.orders[0].revision)
            with guard:
                held.discard(batch.device_id)
            bus.done(batch)

    with ThreadPoolExecutor(5) as pool:
        takers = [pool.submit(work) for _ in range(4)]
        for revision in range(rounds):
            for name in devices:
                bus.send(order(name, revision))
        for taker in takers:
            taker.result(timeout=LONG)
    assert overlaps == []
    assert seen == {name: list(range(rounds)) for name in devices}


def test_a_device_rests_while_more_gathers_for_it(bus: AgentBus) -> None:
    bus.send(ProbeDevice(device=device("a")))
    first = bus.take(1.0)
    bus.send(ProbeDevice(device=device("a")))
    bus.done(first, rest=0.2)
    assert bus.take(0.0) is None
    bus.send(ProbeDevice(device=device("a")))
    bus.send(ProbeDevice(device=device("b")))
    other = bus.take(1.0)
    assert other.device_id == "b"
    gathered = bus.take(5.0)
    assert (gathered.device_id, len(gathered.commands)) == ("a", 2)
