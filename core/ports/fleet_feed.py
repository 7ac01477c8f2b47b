"""Port: how replicas of the scheduler follow what changes about devices."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """A state of the fleet: `revision` counts the units of work that changed anything about
    it, and `writer` is a mark that no two states share, so that a unit that was undone is
    told from the one that then took its number, and what a unit changed by the time that
    somebody looked from what it changed later."""

    revision: int
    writer: str


class FleetFeed(Protocol):
    """What changed about devices: their rows, limits, claims, networks and bindings.

    Everything that changes a device through the unit of work is noted by the store itself.
    """

    def ask(self) -> None:
        """Have the store begin to look for the position, if it can while other things are done;
        `position` waits for what is missing."""

    def position(self) -> FeedPosition:
        """Where the feed stands, what this unit of work changed itself included."""

    def changed_since(self, revision: int) -> list[str]:
        """Ids of devices that changed after this revision, those that are gone included."""
