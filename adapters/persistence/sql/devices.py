"""The devices, in SQL."""

from dataclasses import replace

from adapters.persistence.collection import UNNOTED
from adapters.persistence.sql.feed import SqlFleetFeed
from adapters.persistence.sql.records import DEVICES
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
from core.domain.device import Device
from core.domain.query import Query


class SqlDevices(SqlRepository[Device]):
    """The devices, of which every change is noted that placement could look at."""

    def __init__(self, session: Session, feed: SqlFleetFeed) -> None:
        super().__init__(session, DEVICES)
        self._feed = feed

    def add(self, *items: Device) -> None:
        super().add(*items)
        self._feed.touch(item.id for item in items)

    def save(self, *items: Device) -> None:
        before = {
            item.id: item for item in self.find(Query(filters={"id": tuple(i.id for i in items)}))
        }
        super().save(*items)
        self._feed.touch(item.id for item in items if _differ(before[item.id], item))

    def remove(self, *identities: str) -> None:
        known = [item.id for item in self.find(Query(filters={"id": identities}))]
        super().remove(*identities)
        self._feed.touch(known)


def _differ(before: Device, after: Device) -> bool:
    return replace(before, **{name: getattr(after, name) for name in UNNOTED}) != after
