"""Sealed commands on RabbitMQ."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pika
import pytest
from structlog.testing import capture_logs

from adapters.messaging.amqp import AmqpAgentBus, AmqpServerBus
from adapters.messaging.amqp.topology import Topology
from adapters.messaging.sealing import UNSEALED, CommandSeal
from adapters.secrets import FernetSecretStore
from core.domain.messages import ReleaseDevice
from tests.messaging import handle, order, take, until

pytestmark = pytest.mark.slow


@pytest.fixture
def seal(tmp_path: Path) -> CommandSeal:
    return CommandSeal(FernetSecretStore(tmp_path / "bus.key"))


@pytest.fixture
def server(address, buses, seal) -> AmqpServerBus:
    return buses.add(AmqpServerBus, address, seal)


@pytest.fixture
def agent(address, buses) -> Callable[[CommandSeal], AmqpAgentBus]:
    return lambda seal: buses.add(AmqpAgentBus, address, "a", seal)


def test_the_agent_gets_what_was_sent(server, agent, seal) -> None:
    end = agent(seal)
    server.send("a", order("d", 1))
    batch = take(end)
    assert (batch.commands, batch.unreadable) == ((order("d", 1),), None)


@pytest.mark.parametrize("other", [False, True], ids=["no key", "another key"])
def test_without_the_key_all_that_waits_is_unreadable(server, agent, other, tmp_path) -> None:
    end = agent(CommandSeal(FernetSecretStore(tmp_path / "other.key")) if other else UNSEALED)
    with capture_logs() as logs:
        server.send("a", ReleaseDevice(device=handle("d")))
        server.send("a", order("d", 1))
        until(lambda: end.backlog() == 2)
    batch = take(end)
    assert "bus_key_file" in str(batch.unreadable)
    assert [(each["event"], each["device"]) for each in logs] == [("command not opened", "d")]


def test_no_secret_lies_in_the_queue_or_among_dead_letters(
    address, server, agent, seal, dead
) -> None:
    with closing(agent(seal)):
        pass
    server.send("a", order("d", 1))
    queue = Topology(address.prefix).agent_queue("a")
    with pika.BlockingConnection(pika.URLParameters(address.urls[0])) as connection:
        channel = connection.channel()
        got = until(lambda: _some(channel.basic_get(queue)))
        assert b"s3cret" not in got[2]
        assert b"password" not in got[2]
        channel.basic_nack(got[0].delivery_tag, requeue=False)
        put_aside = until(lambda: _some(channel.basic_get(Topology(address.prefix).dead)))
        assert put_aside[2] == got[2]
    (letter,) = until(lambda: dead.find(10))
    assert (letter.kind, letter.device_id, letter.service_ids) == ("ApplyServices", "d", ("s", "t"))
    assert dead.replay(letter.id)
    assert take(agent(seal)).commands == (order("d", 1),)


def _some(got: tuple) -> tuple | None:
    return got if got[0] is not None else None
