"""The properties that messages have beside their text."""

import time

from pika import BasicProperties, DeliveryMode

from core.domain.messages import ApplyServices, Command, ProbeDevice, Report, ServiceReport

JSON = "application/json"
TRACEPARENT = "traceparent"
REASON = "x-pierhead-reason"
QUEUE = "x-pierhead-queue"
DELIVERIES = "x-pierhead-deliveries"
_LONGEST_REASON = 1000


def durable(message: object, message_id: str, traceparent: str | None = None) -> BasicProperties:
    """Those of a message that must not get lost."""
    return BasicProperties(
        content_type=JSON,
        type=type(message).__name__,
        message_id=message_id,
        delivery_mode=DeliveryMode.Persistent,
        headers=None if traceparent is None else {TRACEPARENT: traceparent},
    )


def command_trace(command: Command) -> str | None:
    """The traceparent that all orders of a command have in common."""
    if not isinstance(command, ApplyServices | ProbeDevice):
        return None
    traces = {order.traceparent for order in command.orders}
    return traces.pop() if len(traces) == 1 else None


def report_trace(report: Report) -> str | None:
    """The traceparent of what is reported."""
    return report.traceparent if isinstance(report, ServiceReport) else None


def dead(
    properties: BasicProperties, *, message_id: str, queue: str, reason: str
) -> BasicProperties:
    """Those of a message that is put aside: its own, and why."""
    headers = dict(properties.headers or {})
    headers |= {
        REASON: reason[:_LONGEST_REASON],
        QUEUE: queue,
        DELIVERIES: int(headers.get("x-delivery-count", 0)) + 1,
    }
    return BasicProperties(
        content_type=properties.content_type,
        type=properties.type,
        message_id=message_id,
        timestamp=int(time.time()),
        delivery_mode=DeliveryMode.Persistent,
        headers=headers,
    )
