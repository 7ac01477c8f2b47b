"""Dead letters on RabbitMQ."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, UnroutableError

from adapters.messaging.amqp import letters
from adapters.messaging.amqp.address import BusAddress
from adapters.messaging.amqp.topology import COMMAND_DELIVERIES, REPORT_DELIVERIES, Topology
from adapters.messaging.contents import contents
from core.ports.dead_letters import BusFailure, DeadLetter

_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Found:
    tag: int
    properties: pika.BasicProperties
    body: bytes = field(repr=False)

    @property
    def headers(self) -> Mapping[str, Any]:
        return self.properties.headers or {}

    @property
    def id(self) -> str:
        return self.properties.message_id or hashlib.sha256(self.body).hexdigest()[:32]


class AmqpDeadLetters:
    """DeadLetters. Each call makes a connection of its own; while one looks, letters are out
    of others' sight."""

    def __init__(self, address: BusAddress) -> None:
        self._address = address
        self._topology = Topology(address.prefix)

    def find(self, limit: int) -> Sequence[DeadLetter]:
        with self._channel() as channel:
            oldest: list[DeadLetter] = []
            for each in self._look(channel):
                if len(oldest) < limit:
                    oldest.append(self._letter(each))
            return oldest

    def replay(self, identity: str) -> bool:
        with self._channel() as channel:
            found = self._seek(channel, identity)
            if found is None:
                return False
            queue = self._queue(found)
            channel.confirm_delivery()
            try:
                channel.basic_publish("", queue, found.body, _renewed(found), mandatory=True)
            except UnroutableError as error:
                raise BusFailure(f"there is no queue {queue} any more") from error
            channel.basic_ack(found.tag)
            return True

    def drop(self, identity: str) -> bool:
        with self._channel() as channel:
            found = self._seek(channel, identity)
            if found is not None:
                channel.basic_ack(found.tag)
            return found is not None

    @contextmanager
    def _channel(self) -> Iterator[BlockingChannel]:
        """What is got by it and not acknowledged has its old place again afterwards."""
        every_node = [
            self._address.parameters(number, "dead letters")
            for number in range(len(self._address.urls))
        ]
        for each in every_node:
            each.blocked_connection_timeout = _BUSY_SECONDS
        try:
            with pika.BlockingConnection(every_node) as connection:
                channel = connection.channel()
                self._topology.declare(channel)
                yield channel
                channel.basic_nack(0, multiple=True, requeue=True)
                channel.close()
        except (AMQPError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise BusFailure(f"the bus cannot be reached: {reason}") from error

    def _look(self, channel: BlockingChannel) -> Iterator[_Found]:
        """All of them. Who stops before the last one puts those that were seen behind it."""
        while True:
            method, properties, body = channel.basic_get(self._topology.dead)
            if method is None or properties is None:
                return
            yield _Found(method.delivery_tag, properties, body or b"")

    def _seek(self, channel: BlockingChannel, identity: str) -> _Found | None:
        sought = None
        for each in self._look(channel):
            if sought is None and each.id == identity:
                sought = each
        return sought

    def _letter(self, found: _Found) -> DeadLetter:
        about = contents(found.body)
        return DeadLetter(
            id=found.id,
            queue=self._queue(found),
            kind=about.kind,
            device_id=about.device_id,
            service_ids=about.service_ids,
            reason=self._reason(found),
            deliveries=self._deliveries(found),
            died_at=_died_at(found),
            size=len(found.body),
        )

    def _queue(self, found: _Found) -> str:
        return str(found.headers.get(letters.QUEUE) or _death(found).get("queue", ""))

    def _reason(self, found: _Found) -> str:
        given = found.headers.get(letters.REASON)
        if given is not None:
            return str(given)
        reason = str(_death(found).get("reason", ""))
        if reason == "delivery_limit":
            return f"delivered {self._deliveries(found)} times and never done"
        return reason

    def _deliveries(self, found: _Found) -> int:
        counted = found.headers.get(letters.DELIVERIES)
        if counted is not None:
            return int(counted)
        if _death(found).get("reason") != "delivery_limit":
            return 1
        of_reports = self._queue(found) == self._topology.reports
        return 1 + (REPORT_DELIVERIES if of_reports else COMMAND_DELIVERIES)


def _death(found: _Found) -> Mapping[str, Any]:
    """What the broker noted of the last time that it put the message aside."""
    deaths = found.headers.get("x-death") or [{}]
    first: Mapping[str, Any] = deaths[0]
    return first


def _died_at(found: _Found) -> float | None:
    noted = _death(found).get("time")
    if isinstance(noted, datetime):
        return noted.replace(tzinfo=UTC).timestamp()
    stamp = found.properties.timestamp
    return None if stamp is None else float(stamp)


def _renewed(found: _Found) -> pika.BasicProperties:
    """As it was sent first."""
    trace = found.headers.get(letters.TRACEPARENT)
    return pika.BasicProperties(
        content_type=found.properties.content_type,
        type=found.properties.type,
        message_id=found.properties.message_id,
        delivery_mode=pika.DeliveryMode.Persistent,
        headers=None if trace is None else {letters.TRACEPARENT: trace},
    )
