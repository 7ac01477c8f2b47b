"""Messages for tests, and both ends of a bus."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.domain.messages import (
    AgentHello,
    ApplyServices,
    DeviceHandle,
    ServiceOrder,
)
from core.domain.service import ServiceKind
from core.ports.agent_bus import AgentBus, Batch
from core.ports.dead_letters import DeadLetters
from core.ports.server_bus import Delivery, ServerBus

LONG = 30.0


@dataclass(frozen=True)
class Ends:
    """What shares one bus: servers, the agents by their ids, and the dead letters."""

    server: Callable[[], ServerBus]
    agent: Callable[[str], AgentBus]
    dead: DeadLetters


def until(condition: Callable[[], Any], seconds: float = LONG) -> Any:
    """What the condition says once it holds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
    return value


def handle(name: str, **changes: Any) -> DeviceHandle:
    parameters = {"password": "s3cret", "ports": [1, 2]}
    fields = {"id": name, "name": name, "driver": "haproxy", "version": None}
    return DeviceHandle(**{**fields, "parameters": parameters, **changes})


def order(device_name: str, revision: int, traceparent: str | None = None) -> ApplyServices:
    return ApplyServices(
        device=handle(device_name),
        orders=(
            ServiceOrder(
                service_id="s",
                kind=ServiceKind.LOADBALANCER,
                revision=revision,
                spec={"listeners": [{"port": 80, "default_pool": None}]},
                traceparent=traceparent,
            ),
            ServiceOrder(
                service_id="t",
                kind=ServiceKind.LOADBALANCER,
                revision=revision,
                spec=None,
                traceparent=traceparent,
            ),
        ),
        complete=True,
    )


def hello(agent_id: str = "a", **changes: Any) -> AgentHello:
    fields = {
        "agent_id": agent_id,
        "incarnation": "i",
        "host": "h",
        "version": "1",
        "drivers": ("haproxy",),
        "backlog": 0,
        "started_at": 1.25,
        "heartbeat": 30.0,
    }
    return AgentHello(**{**fields, **changes})


def take(bus: AgentBus) -> Batch:
    batch = bus.take(LONG)
    assert batch is not None
    return batch


def receive(bus: ServerBus, count: int = 1) -> list[Delivery]:
    """Deliveries with so many reports altogether."""
    deliveries: list[Delivery] = []
    while sum(len(each.reports) for each in deliveries) < count:
        delivery = bus.reports(LONG)
        assert delivery is not None
        deliveries.append(delivery)
    return deliveries


def reports_of(deliveries: list[Delivery]) -> list[Any]:
    return [report for delivery in deliveries for report in delivery.reports]
