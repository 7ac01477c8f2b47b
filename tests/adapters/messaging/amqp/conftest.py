"""A broker, and buses that are closed after each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from adapters.messaging.amqp import AmqpAgentBus, AmqpDeadLetters, AmqpServerBus, BusAddress
from tests.adapters.messaging.amqp.support import Proxy
from tests.messaging import until


class Buses:
    """Makes buses that are connected, and closes them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def add(self, make: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        bus = self._stack.enter_context(closing(make(*arguments, **options)))
        until(lambda: bus.connected)
        return bus

    def server(self, address: BusAddress) -> AmqpServerBus:
        return self.add(AmqpServerBus, address)

    def agent(self, address: BusAddress, agent_id: str = "a") -> AmqpAgentBus:
        return self.add(AmqpAgentBus, address, agent_id)


@pytest.fixture
def address(rabbitmq_url: str, rabbitmq_prefix: str) -> BusAddress:
    return BusAddress(urls=(rabbitmq_url,), prefix=rabbitmq_prefix, heartbeat=1)


@pytest.fixture
def buses() -> Iterator[Buses]:
    with ExitStack() as stack:
        yield Buses(stack)


@pytest.fixture
def dead(address: BusAddress) -> AmqpDeadLetters:
    return AmqpDeadLetters(address)


@pytest.fixture
def proxy(address: BusAddress) -> Iterator[Proxy]:
    with closing(Proxy(address.urls[0])) as proxy:
        yield proxy
