"""The agent's right to act on the devices that it was given."""

import threading

from core.domain.messages import AgentLease
from core.ports.clock import Clock
from core.ports.id_source import IdSource


class Lease:
    """Runs out by itself unless the server goes on granting it. Thread-safe.

    It counts from when the agent asked, so that it never outlasts what the server reckons.
    """

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._changed = threading.Condition()
        self._incarnation = ids.new_id()
        self._until = clock.monotonic()
        self._floor: int | None = None

    @property
    def incarnation(self) -> str:
        """Which of the agent's lives this is."""
        return self._incarnation

    def take_in(self, lease: AgentLease, asked_at: float) -> bool:
        """Take in an answer to what was asked at `asked_at` (monotonic clock); False when the
        agent must begin anew, for which this is another incarnation already."""
        with self._changed:
            if lease.incarnation != self._incarnation:
                return True
            if lease.seconds <= 0.0:
                self._incarnation = self._ids.new_id()
                self._until = self._clock.monotonic()
                self._floor = None
                return False
            self._floor = lease.floor
            self._until = max(self._until, asked_at + lease.seconds)
            self._changed.notify_all()
            return True

    def wait(self, timeout: float) -> bool:
        """Whether the agent may act, now or within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(self._holds, timeout)

    def admits(self, epoch: int) -> bool:
        """Whether a command of this epoch was meant for this incarnation, and may be carried
        out now."""
        with self._changed:
            return self._holds() and self._floor is not None and epoch > self._floor

    def _holds(self) -> bool:
        return self._clock.monotonic() < self._until
