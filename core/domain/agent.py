"""Agents as the operator sees them, and when one counts as dead."""

from dataclasses import dataclass

LEASE_BEATS = 3
"""A lease lasts for so many heartbeats: an agent may miss two."""

GRACE_BEATS = 1
"""Heartbeats after the end of a lease before devices are given to another agent: clocks do not
run equally fast, and an answer takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A process that runs device drivers, as its last hello described it.

    `lost`: it was silent for too long, and its devices are given away; it must begin anew.
    `floor` is the epoch at which this incarnation began.
    """

    id: str
    incarnation: str
    group: str
    zones: tuple[str, ...]
    host: str
    version: str
    drivers: tuple[str, ...]
    backlog: int
    started_at: float
    seen_at: float
    heartbeat: float
    floor: int = 0
    leaving: bool = False
    lost: bool = False

    @property
    def lease_seconds(self) -> float:
        """For how long after its hello an agent may act on its devices."""
        return self.heartbeat * LEASE_BEATS

    def is_alive(self, now: float, listening_for: float = float("inf")) -> bool:
        """Whether it may still act, or may have tried to say so: who listened for a shorter
        time than a lease lasts cannot tell."""
        if self.leaving or self.lost:
            return False
        silence = min(now - self.seen_at, listening_for)
        return silence <= self.heartbeat * (LEASE_BEATS + GRACE_BEATS)

    def can_reach(self, group: str, zone: str | None, driver: str) -> bool:
        """Whether a device of this group, zone and driver can be given to it."""
        in_zone = not self.zones or zone is None or zone in self.zones
        return self.group == group and in_zone and driver in self.drivers
