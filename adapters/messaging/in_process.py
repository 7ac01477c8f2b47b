"""The bus between server and agents that are threads of one process."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence

from adapters.messaging.codec import (
    decode_command,
    decode_report,
    encode_command,
    encode_report,
)
from core.domain.messages import Command, Report
from core.ports.agent_bus import Batch


class InProcessBus:
    """An AgentBus. Every message passes as JSON, so it is the same as between processes.

    Devices are served in the order in which their first waiting command came.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._command_came = threading.Condition(self._guard)
        self._report_came = threading.Condition(self._guard)
        self._waiting: OrderedDict[str, list[bytes]] = OrderedDict()
        """Devices that can be taken, the longest waiting first."""
        self._taken: dict[str, list[bytes]] = {}
        """Devices in someone's hands, with what came for them meanwhile."""
        self._rests_until: dict[str, float] = {}
        """Devices that cannot be taken before a time of the monotonic clock."""
        self._reports: deque[bytes] = deque()

    def send(self, command: Command) -> None:
        text = encode_command(command)
        device_id = command.device.id
        with self._guard:
            if device_id in self._taken:
                self._taken[device_id].append(text)
            else:
                self._waiting.setdefault(device_id, []).append(text)
                self._command_came.notify()

    def take(self, timeout: float) -> Batch | None:
        deadline = time.monotonic() + timeout
        with self._guard:
            device_id = self._ready()
            while device_id is None:
                now = time.monotonic()
                if now >= deadline:
                    return None
                rested = (self._rests_until.get(each, now) for each in self._waiting)
                self._command_came.wait(min(min(rested, default=deadline), deadline) - now)
                device_id = self._ready()
            texts = self._waiting.pop(device_id)
            self._taken[device_id] = []
            self._rests_until.pop(device_id, None)
        return Batch(device_id, tuple(decode_command(text) for text in texts))

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        with self._guard:
            if rest > 0.0:
                self._rests_until[batch.device_id] = time.monotonic() + rest
            came_meanwhile = self._taken.pop(batch.device_id, None)
            if came_meanwhile:
                self._waiting[batch.device_id] = came_meanwhile
                self._command_came.notify()

    def _ready(self) -> str | None:
        now = time.monotonic()
        return next(
            (each for each in self._waiting if self._rests_until.get(each, now) <= now), None
        )

    def report(self, report: Report) -> None:
        text = encode_report(report)
        with self._guard:
            self._reports.append(text)
            self._report_came.notify()

    def reports(self, timeout: float) -> Sequence[Report]:
        with self._guard:
            self._report_came.wait_for(lambda: self._reports, timeout)
            texts = tuple(self._reports)
            self._reports.clear()
        return [decode_report(text) for text in texts]

    def backlog(self) -> int:
        with self._guard:
            queues = (*self._waiting.values(), *self._taken.values())
            return sum(len(texts) for texts in queues)
