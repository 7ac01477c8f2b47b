"""An agent's hellos, and what they are answered."""

import threading
from dataclasses import dataclass, field

import structlog
from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from adapters.messaging.amqp.letters import JSON
from adapters.messaging.amqp.topology import REPLY_TO, Topology
from adapters.messaging.codec import BadMessage, decode_lease
from core.domain.messages import AgentHello, AgentLease

_LIFE_BEATS = 2
"""After so many heartbeats there is a newer hello, and nobody needs the old one."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Question:
    """A hello, and later its answer."""

    message_id: str
    body: bytes = field(repr=False)
    life_ms: int
    _answer: AgentLease | None = None
    _answered: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float) -> AgentLease | None:
        """The answer, or None after `timeout` seconds."""
        self._answered.wait(timeout)
        return self._answer

    def settle(self, answer: AgentLease) -> None:
        """The answer came."""
        self._answer = answer
        self._answered.set()


class Greetings:
    """Sends hellos while somebody waits for the answer. `ask` and `forget` are for any thread,
    the rest for the link's own."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._questions: dict[str, Question] = {}
        self._channel: Channel | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a channel."""
        return self._channel is not None

    def ask(self, hello: AgentHello, body: bytes, message_id: str) -> Question:
        """A hello that is to be sent."""
        question = Question(message_id, body, int(hello.heartbeat * _LIFE_BEATS * 1000) + 1)
        self._questions[message_id] = question
        return question

    def forget(self, question: Question) -> None:
        """Nobody waits for the answer any more."""
        self._questions.pop(question.message_id, None)

    def open(self, channel: Channel) -> None:
        """Say by this channel what somebody waits with."""
        self._channel = channel
        for question in list(self._questions.values()):
            self.send(question)

    def close(self) -> None:
        """The channel is of no use any more."""
        self._channel = None

    def send(self, question: Question) -> None:
        """Say hello, now or once there is a channel."""
        channel = self._channel
        if channel is None or not channel.is_open or question.message_id not in self._questions:
            return
        properties = BasicProperties(
            content_type=JSON,
            type=AgentHello.__name__,
            message_id=question.message_id,
            correlation_id=question.message_id,
            reply_to=REPLY_TO,
            expiration=str(question.life_ms),
        )
        topology = self._topology
        channel.basic_publish(topology.uplink, topology.hellos, question.body, properties)

    def answered(
        self, _: Channel, __: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        """An answer came."""
        question = self._questions.get(properties.correlation_id or "")
        if question is None:
            return
        try:
            question.settle(decode_lease(body))
        except BadMessage as bad:
            _log.warning("unreadable answer to a hello", reason=str(bad))
