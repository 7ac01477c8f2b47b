"""The bus between server and agents that are threads of one process."""

import itertools
import math
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from adapters.messaging.codec import (
    decode_command,
    decode_hello,
    decode_lease,
    decode_report,
    encode_command,
    encode_hello,
    encode_lease,
    encode_report,
)
from adapters.messaging.contents import contents
from adapters.messaging.device_queues import Arrived, DeviceQueues
from core.domain.messages import AgentHello, AgentLease, Command, Report
from core.ports.agent_bus import AgentBus, Batch
from core.ports.dead_letters import DeadLetter
from core.ports.server_bus import Delivery, Greeting

_QUEUE = "reports"
_MOST_REPORTS = 500


class InProcessBus:
    """A ServerBus and the DeadLetters; `agent` gives the agents' ends.

    Every message passes as JSON, so it is the same as between processes.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._report_came = threading.Condition(self._guard)
        self._hello_came = threading.Condition(self._guard)
        self._answered = threading.Condition(self._guard)
        self._numbers = itertools.count(1)
        self._commands: defaultdict[str, DeviceQueues] = defaultdict(DeviceQueues)
        self._reports: list[bytes] = []
        self._hellos: dict[int, bytes] = {}
        self._leases: dict[int, bytes | None] = {}
        """What the hellos that somebody waits with were answered."""
        self._dead: dict[str, tuple[DeadLetter, bytes]] = {}

    def agent(self, agent_id: str) -> AgentBus:
        """The end of the agent with this id."""
        with self._guard:
            return _AgentEnd(self, self._commands[agent_id])

    def send(self, agent_id: str, command: Command) -> None:
        arrived = Arrived(decode_command(encode_command(command)))
        with self._guard:
            queues = self._commands[agent_id]
        queues.put(arrived)

    def reports(self, timeout: float) -> Delivery | None:
        with self._guard:
            self._report_came.wait_for(lambda: self._reports, timeout)
            texts = self._reports[:_MOST_REPORTS]
            del self._reports[:_MOST_REPORTS]
        if not texts:
            return None
        return Delivery(next(self._numbers), tuple(decode_report(text) for text in texts))

    def done(self, delivery: Delivery, refused: Sequence[tuple[Report, str]] = ()) -> None:
        del delivery  # Nobody else could get it again.
        for report, reason in refused:
            text = encode_report(report)
            letter = _dead_letter(str(next(self._numbers)), text, reason)
            with self._guard:
                self._dead[letter.id] = letter, text

    def hellos(self, timeout: float) -> Sequence[Greeting]:
        with self._guard:
            self._hello_came.wait_for(lambda: self._hellos, timeout)
            texts, self._hellos = self._hellos, {}
        return [Greeting(number, decode_hello(text)) for number, text in texts.items()]

    def answer(self, greeting: Greeting, lease: AgentLease) -> None:
        text = encode_lease(lease)
        with self._guard:
            if greeting.number in self._leases:
                self._leases[greeting.number] = text
                self._answered.notify_all()

    def listening_since(self) -> float | None:
        return -math.inf

    def close(self) -> None:
        """Nothing waits to be sent."""

    def find(self, limit: int) -> Sequence[DeadLetter]:
        with self._guard:
            return [letter for letter, _ in self._dead.values()][:limit]

    def replay(self, identity: str) -> bool:
        with self._guard:
            _, text = self._dead.pop(identity, (None, None))
        if text is not None:
            self.take_report(text)
        return text is not None

    def drop(self, identity: str) -> bool:
        with self._guard:
            return self._dead.pop(identity, None) is not None

    def take_report(self, text: bytes) -> None:
        """A report came."""
        with self._guard:
            self._reports.append(text)
            self._report_came.notify()

    def take_hello(self, text: bytes, timeout: float) -> bytes | None:
        """A hello came; what it was answered."""
        number = next(self._numbers)
        with self._guard:
            self._leases[number] = None
            self._hellos[number] = text
            self._hello_came.notify()
            self._answered.wait_for(lambda: self._leases[number] is not None, timeout)
            return self._leases.pop(number)


class _AgentEnd:
    """An AgentBus."""

    def __init__(self, bus: InProcessBus, queues: DeviceQueues) -> None:
        self._bus = bus
        self._queues = queues

    def take(self, timeout: float) -> Batch | None:
        return self._queues.take(timeout)

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        self._queues.done(batch, rest)

    def report(self, report: Report) -> None:
        self._bus.take_report(encode_report(report))

    def greet(self, hello: AgentHello, timeout: float) -> AgentLease | None:
        answer = self._bus.take_hello(encode_hello(hello), timeout)
        return None if answer is None else decode_lease(answer)

    def backlog(self) -> int:
        return self._queues.backlog()

    def close(self) -> None:
        self._queues.give_back()


def _dead_letter(identity: str, text: bytes, reason: str) -> DeadLetter:
    about = contents(text)
    return DeadLetter(
        id=identity,
        queue=_QUEUE,
        kind=about.kind,
        device_id=about.device_id,
        service_ids=about.service_ids,
        reason=reason,
        deliveries=1,
        died_at=time.time(),
        size=len(text),
    )
