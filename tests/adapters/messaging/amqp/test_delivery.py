"""Messages on a RabbitMQ that works: delivered again, put aside, shared."""

import json
from concurrent.futures import ThreadPoolExecutor

import pika
import pytest
from structlog.testing import capture_logs

from adapters.messaging.amqp.topology import COMMAND_DELIVERIES, Topology
from adapters.messaging.codec import encode_command, encode_report
from core.domain.messages import AgentLease, DeviceReleased, DeviceRetired, ServiceReport
from tests.adapters.messaging import golden_messages as golden
from tests.adapters.messaging.amqp.support import die_over_a_command, publish
from tests.messaging import LONG, hello, order, receive, reports_of, take, until

pytestmark = pytest.mark.slow

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def kept(address, queue: str) -> list[tuple[pika.BasicProperties, bytes]]:
    """All messages in a queue, which stay there."""
    with pika.BlockingConnection(pika.URLParameters(address.urls[0])) as connection:
        channel = connection.channel()
        found = []
        while (got := channel.basic_get(queue))[0] is not None:
            found.append((got[1], got[2]))
        return found


@pytest.fixture
def topology(address) -> Topology:
    return Topology(address.prefix)


def test_a_command_of_an_agent_that_was_killed_is_delivered_again(address, buses) -> None:
    server, agent = buses.server(address), buses.agent(address)
    agent.close()
    server.send("a", order("d", 1))
    assert die_over_a_command(address, "a") == "d"
    heir = buses.agent(address)
    assert take(heir).commands == (order("d", 1),)


def test_what_is_done_is_not_delivered_again(address, buses) -> None:
    server, agent = buses.server(address), buses.agent(address)
    agent.close()
    server.send("a", order("d", 1))
    assert die_over_a_command(address, "a", done=True) == "d"
    assert reports_of(receive(server)) == [DeviceReleased(device_id="d")]
    assert buses.agent(address).take(0.3) is None


def test_a_command_that_kills_is_put_aside_replayed_and_dropped(
    address, buses, dead, topology
) -> None:
    server, agent = buses.server(address), buses.agent(address)
    agent.close()
    server.send("a", order("d", 1))
    for _ in range(COMMAND_DELIVERIES + 1):
        assert die_over_a_command(address, "a") == "d"
    heir = buses.agent(address)
    assert heir.take(0.3) is None
    (letter,) = until(lambda: dead.find(10))
    assert letter.queue == topology.agent_queue("a")
    assert (letter.kind, letter.device_id, letter.service_ids) == ("ApplyServices", "d", ("s", "t"))
    assert letter.deliveries == COMMAND_DELIVERIES + 1
    assert letter.reason == f"delivered {letter.deliveries} times and never done"
    assert letter.died_at is not None
    assert "s3cret" not in repr(letter)
    assert dead.replay(letter.id)
    batch = take(heir)
    assert batch.commands == (order("d", 1),)
    heir.done(batch)
    assert dead.find(10) == []


def test_a_command_is_acknowledged_after_what_was_reported_is_safe(address, buses, proxy) -> None:
    """The way of the agent is cut between its report and the confirmation, over and over: no
    command is gone without its report."""
    server = buses.server(address)
    away = buses.agent(type(address)(urls=(proxy.url,), prefix=address.prefix, heartbeat=1))
    for number in range(100):
        server.send("a", order(f"d{number}", 1))
    reported: set[str] = set()
    with ThreadPoolExecutor(1) as pool:

        def work() -> None:
            while len(reported) < 100:
                batch = away.take(0.1)
                if batch is None:
                    continue
                away.report(DeviceReleased(device_id=batch.device_id))
                away.done(batch)

        working = pool.submit(work)
        for _ in range(5):
            proxy.cut()
            until(lambda: not away.connected)
            proxy.mend()
            until(lambda: away.connected)
        while len(reported) < 100:
            (delivery,) = receive(server)
            reported |= {report.device_id for report in delivery.reports}
            server.done(delivery)
        working.result(timeout=LONG)
    # An acknowledgement may have got lost on the way, and its command come again.
    while (batch := away.take(0.2)) is not None:
        away.done(batch)
    away.close()
    assert buses.agent(address).take(0.2) is None


def test_a_command_in_work_is_not_handed_out_again_after_the_way_was_cut(
    address, buses, proxy
) -> None:
    server = buses.server(address)
    away = buses.agent(type(address)(urls=(proxy.url,), prefix=address.prefix, heartbeat=1))
    server.send("a", order("d", 1))
    batch = take(away)
    proxy.cut()
    until(lambda: not away.connected)
    proxy.mend()
    until(lambda: away.connected)
    assert away.take(0.3) is None
    away.done(batch)
    assert away.take(0.3) is None
    away.close()
    assert buses.agent(address).take(0.3) is None


def test_the_traceparent_is_in_the_headers(address, buses, topology) -> None:
    server, agent = buses.server(address), buses.agent(address)
    report = ServiceReport(device_id="d", service_id="s", revision=1, traceparent=TRACE)
    agent.report(report)
    (delivery,) = receive(server)
    server.done(delivery, [(report, "to see it")])
    seen = [properties for properties, _ in until(lambda: kept(address, topology.dead))]
    agent.close()
    server.send("a", order("d", 1, traceparent=TRACE))
    server.close()
    (command,) = until(lambda: kept(address, topology.agent_queue("a")))
    assert command[0].headers["traceparent"] == TRACE
    (said,) = seen
    assert said.headers["traceparent"] == TRACE
    assert (said.type, said.delivery_mode) == ("ServiceReport", 2)
    assert said.content_type == "application/json"


BAD = [b"\xff", b"{}", b'{"type":"NewThing","version":1,"content":{"device":{"id":"d"}}}']


@pytest.mark.parametrize("body", BAD)
def test_an_agent_puts_aside_what_it_does_not_understand(
    address, buses, dead, topology, body
) -> None:
    agent = buses.agent(address)
    with capture_logs() as logs:
        publish(address, topology.commands, "a", body)
        publish(address, topology.commands, "a", encode_command(order("d", 1)))
        assert take(agent).commands == (order("d", 1),)
        (letter,) = until(lambda: dead.find(10))
    assert letter.queue == topology.agent_queue("a")
    assert letter.reason
    assert letter.size == len(body)
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == [
        "message put aside"
    ]


@pytest.mark.parametrize("body", BAD)
def test_a_server_puts_aside_what_it_does_not_understand(
    address, buses, dead, topology, body
) -> None:
    server = buses.server(address)
    report = DeviceRetired(device_id="d")
    publish(address, topology.uplink, topology.reports, body)
    publish(address, topology.uplink, topology.reports, encode_report(report))
    deliveries = receive(server)
    assert reports_of(deliveries) == [report]
    server.done(deliveries[0])
    (letter,) = until(lambda: dead.find(10))
    assert letter.queue == topology.reports
    assert dead.drop(letter.id)


def test_hellos_that_nobody_understands_stop_nothing(address, buses, topology) -> None:
    server, agent = buses.server(address), buses.agent(address)
    publish(address, topology.uplink, topology.hellos, b"{}")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(agent.greet, hello(), LONG)
        (greeting,) = server.hellos(LONG)
        server.answer(greeting, AgentLease(agent_id="a", incarnation="i", seconds=1.0))
        assert waiting.result(timeout=LONG) is not None


def test_both_ends_read_what_a_later_version_sends(address, buses, dead, topology) -> None:
    server, agent = buses.server(address), buses.agent(address)
    for name, exchange, key in (
        ("ApplyServices", topology.commands, "a"),
        ("ServiceReport", topology.uplink, topology.reports),
    ):
        message = golden.load(golden.FOLDER / "v1" / f"{name}.full.json")
        message["new"] = message["content"]["new"] = {"x": 1}
        publish(address, exchange, key, json.dumps(message).encode())
        publish(address, exchange, key, json.dumps({**message, "version": 2}).encode())
    (command,) = take(agent).commands
    assert command.device.id == "d1"
    assert [report.service_id for report in reports_of(receive(server))] == ["s1"]
    letters = until(lambda: (found := dead.find(10)) and len(found) == 2 and found)
    assert {letter.kind for letter in letters} == {"ApplyServices", "ServiceReport"}


def test_reports_go_to_one_server_and_to_another_when_it_ends(address, buses) -> None:
    first, agent = buses.server(address), buses.agent(address)
    agent.report(DeviceRetired(device_id="d", epoch=0))
    (kept_back,) = receive(first)
    second = buses.server(address)
    sent = [DeviceRetired(device_id="d", epoch=number) for number in range(1, 50)]
    for report in sent:
        agent.report(report)
    deliveries = receive(first, len(sent))
    assert reports_of(deliveries) == sent
    assert second.reports(0.2) is None
    for delivery in deliveries[:1]:
        first.done(kept_back)
        first.done(delivery)
    first.close()
    left = sent[len(deliveries[0].reports) :]
    agent.report(DeviceRetired(device_id="e"))
    assert reports_of(receive(second, len(left) + 1)) == [*left, DeviceRetired(device_id="e")]


def test_each_hello_goes_to_one_server(address, buses) -> None:
    servers = [buses.server(address) for _ in range(2)]
    agent = buses.agent(address)
    heard = []
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(agent.greet, hello(backlog=each), LONG) for each in range(20)]
        while len(heard) < 20:
            for number, server in enumerate(servers):
                for greeting in server.hellos(0.05):
                    heard.append((number, greeting.hello.backlog))
                    lease = AgentLease(agent_id="a", incarnation="i", seconds=1.0)
                    server.answer(greeting, lease)
        assert all(each.result(timeout=LONG) for each in waiting)
    assert sorted(backlog for _, backlog in heard) == list(range(20))
    assert {number for number, _ in heard} == {0, 1}


def test_a_hello_that_nobody_hears_is_forgotten(address, buses, topology) -> None:
    agent = buses.agent(address)
    assert agent.greet(hello(heartbeat=0.05), timeout=0.05) is None
    assert until(lambda: not kept(address, topology.greetings))
    assert list(buses.server(address).hellos(0.2)) == []


def test_a_command_for_an_agent_that_never_was_is_dropped(address, buses) -> None:
    server = buses.server(address)
    with capture_logs() as logs:
        server.send("nobody", order("d", 1))
        (line,) = until(lambda: [each for each in logs if each["event"] == "no such agent"])
    assert line["agent"] == "nobody"
    assert buses.agent(address, "nobody").take(0.2) is None


def test_a_device_call_of_any_length_starves_no_heartbeats(address, buses) -> None:
    """The taker holds its batch for many heartbeats, and the bus is there all the time."""
    assert address.heartbeat == 1
    server, agent = buses.server(address), buses.agent(address)
    server.send("a", order("d", 1))
    with capture_logs() as logs:
        batch = take(agent)
        assert agent.take(5.0) is None
        agent.report(DeviceReleased(device_id="d"))
        agent.done(batch)
        receive(server)
    assert logs == []
    agent.close()
    assert buses.agent(address).take(0.2) is None
