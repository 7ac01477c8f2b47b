"""The contract of core.ports.agent_bus.AgentBus."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.domain.messages import (
    AgentLease,
    ApplyServices,
    Command,
    ProbeDevice,
    ReleaseDevice,
    RetireDevice,
)
from core.ports.agent_bus import AgentBus, Batch
from core.ports.server_bus import ServerBus
from tests.messaging import LONG, Ends, handle, hello, order, take, until


@pytest.fixture
def send(server: ServerBus, agent: AgentBus):
    """Send commands and wait until they have come."""

    def send(*commands: Command) -> None:
        before = agent.backlog()
        for command in commands:
            server.send("a", command)
        until(lambda: agent.backlog() == before + len(commands))

    return send


def test_commands_arrive_equal_and_in_order(agent: AgentBus, send) -> None:
    sent = [
        ProbeDevice(device=handle("d")),
        order("d", 1),
        order("d", 2, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        RetireDevice(device=handle("d", generation=3, epoch=4)),
        ReleaseDevice(device=handle("d")),
    ]
    send(*sent)
    batch = take(agent)
    assert batch == Batch("d", tuple(sent))
    assert agent.backlog() == len(sent)
    agent.done(batch)
    assert agent.backlog() == 0
    assert agent.take(0) is None


def test_a_command_goes_to_its_agent_alone(ends: Ends, server: ServerBus) -> None:
    one, other = ends.agent("a"), ends.agent("b")
    server.send("b", order("d", 1))
    server.send("a", order("e", 1))
    assert take(one).device_id == "e"
    assert take(other).device_id == "d"
    assert one.take(0) is None
    assert other.take(0) is None


def test_a_device_is_its_takers_alone_until_done(agent: AgentBus, send) -> None:
    send(order("d", 1))
    batch = take(agent)
    send(order("d", 2), order("d", 3))
    assert agent.take(0) is None
    send(order("e", 1))
    assert take(agent).device_id == "e"
    agent.done(batch)
    assert take(agent).commands == (order("d", 2), order("d", 3))


def test_devices_take_turns(agent: AgentBus, send) -> None:
    for name in "abc":
        send(order(name, 1))
    served = []
    for _ in range(6):
        batch = take(agent)
        served.append(batch.device_id)
        send(order(batch.device_id, 2))
        agent.done(batch)
    assert served == list("abcabc")


def test_done_again_changes_nothing(agent: AgentBus, send) -> None:
    send(order("d", 1))
    batch = take(agent)
    agent.done(batch)
    send(order("d", 1))
    again = take(agent)
    agent.done(batch)
    send(order("d", 2))
    assert agent.take(0) is None
    agent.done(again)
    assert take(agent).commands == (order("d", 2),)


def test_a_waiting_taker_wakes_up(agent: AgentBus, server: ServerBus) -> None:
    with ThreadPoolExecutor(2) as pool:
        takers = [pool.submit(agent.take, LONG) for _ in range(2)]
        server.send("a", order("a", 1))
        server.send("a", order("b", 1))
        batches = [taker.result(timeout=LONG) for taker in takers]
    assert {batch.device_id for batch in batches if batch} == {"a", "b"}


def test_a_waiting_taker_gets_what_came_meanwhile(agent: AgentBus, send) -> None:
    send(order("d", 1))
    batch = take(agent)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(agent.take, LONG)
        send(order("d", 2))
        agent.done(batch)
        assert waiting.result(timeout=LONG) == Batch("d", (order("d", 2),))


def test_many_takers_keep_each_devices_order(agent: AgentBus, server: ServerBus) -> None:
    devices, rounds = "abcd", 50
    seen: dict[str, list[int]] = {name: [] for name in devices}
    held: set[str] = set()
    guard = threading.Lock()
    overlaps = []

    def work() -> None:
        while sum(map(len, seen.values())) < len(devices) * rounds:
            batch = agent.take(0.05)
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
            agent.done(batch)

    with ThreadPoolExecutor(5) as pool:
        takers = [pool.submit(work) for _ in range(4)]
        for revision in range(rounds):
            for name in devices:
                server.send("a", order(name, revision))
        for taker in takers:
            taker.result(timeout=LONG)
    assert overlaps == []
    assert seen == {name: list(range(rounds)) for name in devices}


def test_a_device_rests_while_more_gathers_for_it(agent: AgentBus, send) -> None:
    send(ProbeDevice(device=handle("a")))
    first = take(agent)
    send(ProbeDevice(device=handle("a")))
    agent.done(first, rest=0.5)
    assert agent.take(0.0) is None
    send(ProbeDevice(device=handle("a")))
    send(ProbeDevice(device=handle("b")))
    assert take(agent).device_id == "b"
    gathered = take(agent)
    assert (gathered.device_id, len(gathered.commands)) == ("a", 2)


def test_what_was_not_done_goes_to_the_next_of_the_same_id(ends: Ends, agent: AgentBus, send):
    send(order("d", 1), order("e", 1))
    agent.done(take(agent))
    assert take(agent).device_id == "e"
    agent.close()
    heir = ends.agent("a")
    assert take(heir) == Batch("e", (order("e", 1),))
    assert heir.take(0.2) is None


def test_a_hello_is_answered(agent: AgentBus, server: ServerBus) -> None:
    lease = AgentLease(agent_id="a", incarnation="i", seconds=9.5)
    said = hello(zones=("z",), group="g", leaving=True)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(agent.greet, said, LONG)
        (greeting,) = server.hellos(LONG)
        assert greeting.hello == said
        server.answer(greeting, lease)
        assert waiting.result(timeout=LONG) == lease


def test_a_hello_without_an_answer(agent: AgentBus, server: ServerBus) -> None:
    assert agent.greet(hello(), timeout=0.05) is None


def test_a_late_answer_is_not_taken_for_that_to_the_next_hello(
    agent: AgentBus, server: ServerBus
) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert agent.greet(hello(incarnation="old"), timeout=0.05) is None
        (late,) = server.hellos(LONG)
        waiting = pool.submit(agent.greet, hello(incarnation="new"), LONG)
        (greeting,) = server.hellos(LONG)
        server.answer(late, AgentLease(agent_id="a", incarnation="old", seconds=1.0))
        server.answer(greeting, AgentLease(agent_id="a", incarnation="new", seconds=2.0))
        answer = waiting.result(timeout=LONG)
    assert answer is not None
    assert answer.incarnation == "new"


def test_closing_twice_is_no_matter(agent: AgentBus) -> None:
    agent.close()
    agent.close()
