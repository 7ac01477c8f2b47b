"""Port: what is due."""

from dataclasses import dataclass
from typing import Protocol

from core.domain.device import Device
from core.domain.service import Cause, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCounts:
    """Services that are not settled: `pending` and `failed` (in ERROR), how many of both are
    `overdue` (their time to be looked at has come), and when the longest pending one was
    changed (seconds since the epoch)."""

    pending: int
    failed: int
    overdue: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class DueTimes:
    """Seconds since the epoch; None: none ever will by itself."""

    services: float | None
    devices: float | None

    @property
    def first(self) -> float | None:
        """The sooner of both."""
        return min((at for at in (self.services, self.devices) if at is not None), default=None)


class DueWork(Protocol):
    """What the conductor must look at, and when."""

    def services(self, now: float, limit: int) -> list[Service]:
        """Services that are due: those whose last step did not fail first, so that many
        that cannot succeed hold up none that can; then the longest waiting. A write unit holds
        them, and passes over those that others hold."""

    def devices(self, now: float, limit: int) -> list[Device]:
        """Devices that are due, the longest waiting first."""

    def next_times(self) -> DueTimes:
        """When the next service and the next device fall due."""

    def wake(self, cause: Cause, now: float) -> int:
        """Make services that failed from `cause` due at once; return how many."""

    def wake_all(self, now: float) -> int:
        """Make every service that is not settled due at once; return how many."""

    def counts(self, now: float) -> DueCounts:
        """How much there is to do."""
