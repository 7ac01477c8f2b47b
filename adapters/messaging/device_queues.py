"""The commands that came to an agent, by device."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from core.domain.messages import Command
from core.ports.agent_bus import Batch


@dataclass(frozen=True, slots=True)
class Arrived:
    """A command that came. `message_id` tells it from others where the bus delivers again.

    `unreadable` says why the parameters of its device cannot be read, if so.
    """

    command: Command
    message_id: str = ""
    unreadable: str | None = None


@dataclass(slots=True)
class _Taken:
    batch: Batch
    items: tuple[Arrived, ...]
    came_meanwhile: list[Arrived] = field(default_factory=list)


class DeviceQueues:
    """Hands out all that waits for a device at once, to one taker at a time.

    Devices are served in the order in which their first waiting command came. For use by many
    threads at once.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._came = threading.Condition(self._guard)
        self._waiting: OrderedDict[str, list[Arrived]] = OrderedDict()
        """Devices that can be taken, the longest waiting first."""
        self._taken: dict[str, _Taken] = {}
        """Devices in someone's hands."""
        self._rests_until: dict[str, float] = {}
        """Devices that cannot be taken before a time of the monotonic clock."""

    def put(self, item: Arrived) -> None:
        """A command came."""
        device_id = item.command.device.id
        with self._guard:
            taken = self._taken.get(device_id)
            if taken is not None:
                taken.came_meanwhile.append(item)
            else:
                self._waiting.setdefault(device_id, []).append(item)
                self._came.notify()

    def take(self, timeout: float) -> Batch | None:
        """As AgentBus.take."""
        deadline = time.monotonic() + timeout
        with self._guard:
            device_id = self._ready()
            while device_id is None:
                now = time.monotonic()
                if now >= deadline:
                    return None
                rested = (self._rests_until.get(each, now) for each in self._waiting)
                self._came.wait(min(min(rested, default=deadline), deadline) - now)
                device_id = self._ready()
            items = tuple(self._waiting.pop(device_id))
            batch = Batch(
                device_id,
                tuple(item.command for item in items),
                next((item.unreadable for item in items if item.unreadable), None),
            )
            self._taken[device_id] = _Taken(batch, items)
            self._rests_until.pop(device_id, None)
            return batch

    def done(self, batch: Batch, rest: float) -> tuple[Arrived, ...]:
        """As AgentBus.done; what the batch was made of, nothing when it was done before."""
        with self._guard:
            taken = self._taken.get(batch.device_id)
            if taken is None or taken.batch is not batch:
                return ()
            del self._taken[batch.device_id]
            if rest > 0.0:
                self._rests_until[batch.device_id] = time.monotonic() + rest
            if taken.came_meanwhile:
                self._waiting[batch.device_id] = taken.came_meanwhile
                self._came.notify()
            return taken.items

    def forget_waiting(self) -> tuple[Arrived, ...]:
        """Drop what nobody took, and return it: it will be delivered again."""
        with self._guard:
            dropped = [item for items in self._waiting.values() for item in items]
            self._waiting.clear()
            for taken in self._taken.values():
                dropped += taken.came_meanwhile
                taken.came_meanwhile.clear()
            return tuple(dropped)

    def give_back(self) -> None:
        """What was taken waits again, before what came meanwhile."""
        with self._guard:
            for device_id, taken in self._taken.items():
                self._waiting[device_id] = [*taken.items, *taken.came_meanwhile]
                self._came.notify()
            self._taken.clear()
            self._rests_until.clear()

    def backlog(self) -> int:
        """How many commands wait or are in a taker's hands."""
        with self._guard:
            taken = (len(each.items) + len(each.came_meanwhile) for each in self._taken.values())
            return sum(taken) + sum(map(len, self._waiting.values()))

    def _ready(self) -> str | None:
        now = time.monotonic()
        return next(
            (each for each in self._waiting if self._rests_until.get(each, now) <= now), None
        )
