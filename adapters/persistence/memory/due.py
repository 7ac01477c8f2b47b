"""What the conductor must look at, and the services' observations, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from adapters.persistence.collection import DEVICES, SERVICES
from adapters.persistence.memory.tables import Tables
from core.domain.device import Device
from core.domain.lifecycle import Status
from core.domain.service import Cause, Service
from core.ports.due_work import DueCounts, DueTimes

D = TypeVar("D", Service, Device)

_OBSERVATIONS = "observations"


class MemoryDueWork:
    """DueWork; looks at every service and device."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def services(self, now: float, limit: int) -> list[Service]:
        # Nobody else holds any: write units go one at a time.
        return _due(self._services().values(), now, limit)

    def devices(self, now: float, limit: int) -> list[Device]:
        return _due(self._devices().values(), now, limit)

    def next_times(self) -> DueTimes:
        return DueTimes(
            _first(service.due_at for service in self._services().values()),
            _first(device.due_at for device in self._devices().values()),
        )

    def wake(self, cause: Cause, now: float) -> int:
        return self._wake((one for one in self._services().values() if one.cause is cause), now)

    def wake_all(self, now: float) -> int:
        return self._wake(self._unsettled(), now)

    def counts(self, now: float) -> DueCounts:
        unsettled = self._unsettled()
        pending = [one for one in unsettled if one.status is not Status.ERROR]
        return DueCounts(
            pending=len(pending),
            failed=len(unsettled) - len(pending),
            overdue=sum(one.due_at is not None and one.due_at <= now for one in unsettled),
            oldest=min(
                (one.changed_at for one in pending if one.changed_at is not None), default=None
            ),
        )

    def _unsettled(self) -> list[Service]:
        # A service is ACTIVE only as long as it runs what is wanted.
        return [one for one in self._services().values() if one.status is not Status.ACTIVE]

    def _wake(self, services: Iterable[Service], now: float) -> int:
        sleeping = [one for one in services if one.due_at is None or one.due_at > now]
        rows = self._tables.changing(SERVICES.name)
        for service in sleeping:
            rows[service.id] = replace(service, due_at=now)
        return len(sleeping)

    def _services(self) -> Mapping[object, Service]:
        return self._tables.rows(SERVICES.name)

    def _devices(self) -> Mapping[object, Device]:
        return self._tables.rows(DEVICES.name)


def _due(items: Iterable[D], now: float, limit: int) -> list[D]:
    due = [
        (getattr(item, "cause", None) is not None, item.due_at, item.id, item)
        for item in items
        if item.due_at is not None and item.due_at <= now
    ]
    return [entry[-1] for entry in sorted(due, key=lambda entry: entry[:3])[:limit]]


class MemoryObservations:
    """Observations."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, observations: Mapping[str, Mapping[str, object]]) -> None:
        self._tables.changing(_OBSERVATIONS).update(observations)

    def of(self, service_ids: list[str]) -> dict[str, Mapping[str, object]]:
        rows = self._tables.rows(_OBSERVATIONS)
        return {one: rows[one] for one in service_ids if one in rows}

    def remove(self, service_id: str) -> None:
        self._tables.changing(_OBSERVATIONS).pop(service_id, None)


def _first(times: Iterable[float | None]) -> float | None:
    return min((at for at in times if at is not None), default=None)
