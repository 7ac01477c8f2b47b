"""A RabbitMQ that goes away and comes back: nothing that was acknowledged is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from adapters.messaging.amqp import AmqpDeadLetters, AmqpDoorbell, BusAddress
from core.domain.messages import AgentLease, DeviceReleased
from core.ports.dead_letters import BusFailure
from tests.messaging import LONG, hello, order, receive, reports_of, take, until
from tests.servers.rabbitmq import RabbitMq, rabbitmq

pytestmark = pytest.mark.slow

YOUNG_SECONDS = 2.0
"""RabbitMQ 3.10 cannot use queues again that it made just before it was killed."""

NOWHERE = BusAddress(urls=("amqp://127.0.0.1:1",))


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMq]:
    with rabbitmq() as server:
        yield server


@pytest.fixture
def own_address(broker: RabbitMq, request: pytest.FixtureRequest) -> BusAddress:
    return BusAddress(urls=(broker.url,), prefix=request.node.name[:60], heartbeat=1)


@contextmanager
def working(agent) -> Iterator[None]:
    """An agent that does what it is told, and reports it."""
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            if (batch := agent.take(0.05)) is not None:
                for command in batch.commands:
                    revision = command.orders[0].revision
                    agent.report(DeviceReleased(device_id=batch.device_id, epoch=revision))
                agent.done(batch)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        ending.set()
        worker.join()


def settle_all(server, missing: set[tuple[str, int]], resend: bool) -> None:
    """Take in reports until each is there; send again what is not answered, as the conductor
    does, when messages may be lost."""
    deadline = time.monotonic() + 2 * LONG
    while missing:
        assert time.monotonic() < deadline, f"{len(missing)} never came"
        delivery = server.reports(0.5)
        if delivery is None:
            for name, revision in missing if resend else ():
                server.send("a", order(name, revision))
            continue
        missing -= {(report.device_id, report.epoch) for report in delivery.reports}
        server.done(delivery)


def restart(broker: RabbitMq) -> None:
    broker.stop()
    broker.start()


def die(broker: RabbitMq) -> None:
    broker.kill()
    broker.start()


def lose_all(broker: RabbitMq) -> None:
    broker.kill()
    broker.lose_data()
    broker.start()


def freeze(broker: RabbitMq) -> None:
    broker.pause()
    time.sleep(4)
    broker.resume()


@pytest.mark.parametrize(
    ("outage", "resend"), [(restart, False), (die, False), (lose_all, True), (freeze, False)]
)
def test_work_goes_on_after_an_outage(broker, own_address, buses, outage, resend) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    time.sleep(YOUNG_SECONDS)
    everything = {(f"d{number % 20}", number) for number in range(600)}
    with working(agent):
        halfway = threading.Event()

        def send() -> None:
            for name, number in sorted(everything, key=lambda each: each[1]):
                server.send("a", order(name, number))
                if number == 300:
                    halfway.set()

        sending = threading.Thread(target=send)
        sending.start()
        halfway.wait()
        outage(broker)
        sending.join()
        settle_all(server, set(everything), resend)
    until(lambda: server.connected and agent.connected)


def test_what_was_said_while_the_broker_was_away_is_delivered(broker, own_address, buses) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    broker.stop()
    until(lambda: not (server.connected or agent.connected))
    assert server.listening_since() is None
    server.send("a", order("d", 1))
    agent.report(DeviceReleased(device_id="d"))
    began = time.monotonic()
    assert agent.greet(hello(), timeout=0.1) is None
    assert server.reports(0.1) is None
    assert time.monotonic() - began < 2.0
    broker.start()
    back = time.monotonic()
    assert reports_of(receive(server)) == [DeviceReleased(device_id="d")]
    assert take(agent).commands == (order("d", 1),)
    since = until(server.listening_since)
    assert since >= back - 5.0


def test_a_hello_waits_for_the_broker(broker, own_address, buses) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    broker.stop()
    until(lambda: not (server.connected or agent.connected))
    answers = []
    asking = threading.Thread(target=lambda: answers.append(agent.greet(hello(), LONG)))
    asking.start()
    broker.start()
    (greeting,) = server.hellos(LONG)
    lease = AgentLease(agent_id="a", incarnation="i", seconds=1.0)
    server.answer(greeting, lease)
    asking.join()
    assert answers == [lease]


def test_reports_that_were_not_recorded_come_again(broker, own_address, buses) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    agent.report(DeviceReleased(device_id="d"))
    (old,) = receive(server)
    restart(broker)
    (again,) = receive(server)
    assert again.reports == old.reports
    # The delivery of before must not be mistaken for another one of the new connection.
    server.done(old)
    server.close()
    heir = buses.server(own_address)
    (last,) = receive(heir)
    assert last.reports == old.reports
    heir.done(last)


def test_a_broker_short_of_memory_holds_messages_up(broker, own_address, buses) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        with capture_logs() as logs:
            # The broker says that it takes nothing when the first message comes.
            until(lambda: server.send("a", order("d", 1)) or logs)
        assert logs[0]["event"] == "bus takes no messages"
        assert agent.take(0.2) is None
    finally:
        broker.control("set_vm_memory_high_watermark", "absolute", "512MB")
    assert order("d", 1) in take(agent).commands


def test_the_doorbell_is_for_nothing_while_the_broker_is_away(broker, own_address, buses) -> None:
    outside = buses.add(AmqpDoorbell, own_address, listen=False)
    inside = buses.add(AmqpDoorbell, own_address, listen=True)
    assert inside.wait(LONG)
    broker.stop()
    until(lambda: not (outside.connected or inside.connected))
    began = time.monotonic()
    for _ in range(10_000):
        outside.ring()
    assert time.monotonic() - began < 0.5
    assert not inside.wait(0.1)
    broker.start()
    # Somebody may have rung meanwhile.
    assert inside.wait(LONG)
    until(lambda: outside.connected)
    outside.ring()
    assert inside.wait(LONG)


def test_a_queue_that_does_not_survive_is_made_anew(broker, own_address, buses) -> None:
    server = buses.server(own_address)
    time.sleep(YOUNG_SECONDS)
    agent = buses.agent(own_address)
    die(broker)
    until(lambda: server.connected and agent.connected, seconds=2 * LONG)
    server.send("a", order("d", 1))
    assert take(agent).commands == (order("d", 1),)


def test_nothing_waits_for_a_broker_that_is_not_there() -> None:
    from adapters.messaging.amqp import AmqpAgentBus, AmqpServerBus

    with capture_logs() as logs:
        buses = [
            AmqpServerBus(NOWHERE),
            AmqpAgentBus(NOWHERE, "a"),
            AmqpDoorbell(NOWHERE, listen=True),
        ]
        until(lambda: len(logs) == 3)
        assert not any(bus.connected for bus in buses)
        for bus in buses:
            bus.close()
    # Each says it once, however often it tries.
    assert [line["event"] for line in logs] == ["bus away"] * 3
    assert all(line["node"] == "127.0.0.1:1" and line["reason"] for line in logs)


def test_dead_letters_that_cannot_be_reached() -> None:
    for ask in (AmqpDeadLetters(NOWHERE).find, AmqpDeadLetters(NOWHERE).drop):
        with pytest.raises(BusFailure, match=r"the bus cannot be reached: ."):
            ask(1)


def test_close_hands_over_what_waits(broker, own_address, buses) -> None:
    server, agent = buses.server(own_address), buses.agent(own_address)
    sent = [DeviceReleased(device_id="d", epoch=number) for number in range(2000)]
    for report in sent:
        agent.report(report)
    agent.close()
    came = []
    while len(came) < len(sent):
        (delivery,) = receive(server)
        came += delivery.reports
        server.done(delivery)
    assert came == sent


def test_the_next_node_of_a_cluster_is_tried(broker, buses) -> None:
    urls = ("amqp://127.0.0.1:1", broker.url)
    address = BusAddress(urls=urls, prefix="cluster")
    server, agent = buses.server(address), buses.agent(address)
    agent.report(DeviceReleased(device_id="d"))
    assert reports_of(receive(server)) == [DeviceReleased(device_id="d")]
    assert AmqpDeadLetters(address).find(1) == []
