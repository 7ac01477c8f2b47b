"""Time, identities and the doorbell."""

from adapters.system.agent_notices import NoAgentNotices
from adapters.system.clock import ManualClock, SystemClock
from adapters.system.doorbell import ThreadDoorbell
from adapters.system.ids import CountingIds, UuidSource

__all__ = [
    "CountingIds",
    "ManualClock",
    "NoAgentNotices",
    "SystemClock",
    "ThreadDoorbell",
    "UuidSource",
]
