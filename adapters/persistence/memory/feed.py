"""What changed about devices, in memory."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adapters.persistence.collection import DEVICES, UNNOTED
from adapters.persistence.memory.repository import MemoryRepository
from adapters.persistence.memory.tables import Tables
from core.domain.device import Device
from core.ports.fleet_feed import FeedPosition

_POSITION = "fleet position"
_CHANGES = "fleet changes"
_START = FeedPosition(0, "")


class MemoryFleetFeed:
    """A FleetFeed."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def touch(self, device_ids: Iterable[str]) -> None:
        """Note that these devices changed."""
        touched = list(device_ids)
        if not touched:
            return
        self._tables.access.check_fleet()
        revision = self._tables.committed(_POSITION).get(0, _START).revision + 1
        self._tables.changing(_POSITION)[0] = FeedPosition(revision, uuid.uuid4().hex)
        self._tables.changing(_CHANGES).update(dict.fromkeys(touched, revision))

    def ask(self) -> None:
        """See FleetFeed.ask: it is there already."""

    def position(self) -> FeedPosition:
        found: FeedPosition = self._tables.rows(_POSITION).get(0, _START)
        return found

    def changed_since(self, revision: int) -> list[str]:
        changes = self._tables.rows(_CHANGES)
        return sorted(str(device) for device, changed in changes.items() if changed > revision)


class MemoryDevices(MemoryRepository[Device]):
    """The devices, of which every change is noted that placement could look at."""

    def __init__(self, tables: Tables, feed: MemoryFleetFeed) -> None:
        super().__init__(tables, DEVICES)
        self._feed = feed

    def add(self, *items: Device) -> None:
        super().add(*items)
        self._feed.touch(item.id for item in items)

    def save(self, *items: Device) -> None:
        before: dict[str, Any] = {item.id: self.get(item.id) for item in items}
        super().save(*items)
        self._feed.touch(item.id for item in items if _differ(before[item.id], item))

    def remove(self, *identities: str) -> None:
        known = [identity for identity in identities if self.get(identity) is not None]
        super().remove(*identities)
        self._feed.touch(known)


def _differ(before: Device, after: Device) -> bool:
    return replace(before, **{name: getattr(after, name) for name in UNNOTED}) != after
