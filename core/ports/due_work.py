"""Port: what is due."""

from typing import Protocol

from core.domain.device import Device
from core.domain.service import Cause, Service


class DueWork(Protocol):
    """What the conductor must look at, and when."""

    def services(self, now: float, limit: int) -> list[Service]:
        """Services that are due: those whose last step did not fail first, so that many
        that cannot succeed hold up none that can; then the longest waiting."""

    def devices(self, now: float, limit: int) -> list[Device]:
        """Devices that are due, the longest waiting first."""

    def next_at(self) -> float | None:
        """When the next service or device falls due; None when none ever will by itself."""

    def wake(self, cause: Cause, now: float) -> int:
        """Make services that failed from `cause` due at once; return how many."""
