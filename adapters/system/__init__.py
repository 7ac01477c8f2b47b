"""Time, identities and the doorbell."""

from adapters.system.clock import ManualClock, SystemClock
from adapters.system.doorbell import ThreadDoorbell
from adapters.system.ids import CountingIds, UuidSource

__all__ = ["CountingIds", "ManualClock", "SystemClock", "ThreadDoorbell", "UuidSource"]
