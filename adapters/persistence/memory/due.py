"""What the conductor must look at, and the services' observations, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from adapters.persistence.collection import DEVICES, SERVICES
from adapters.persistence.memory.tables import Tables
from core.domain.device import Device
from core.domain.service import Cause, Service

D = TypeVar("D", Service, Device)

_OBSERVATIONS = "observations"


class MemoryDueWork:
    """DueWork; looks at every service and device."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def services(self, now: float, limit: int) -> list[Service]:
        return _due(self._services().values(), now, limit)

    def devices(self, now: float, limit: int) -> list[Device]:
        return _due(self._devices().values(), now, limit)

    def next_at(self) -> float | None:
        times = [service.due_at for service in self._services().values()]
        times += [device.due_at for device in self._devices().values()]
        return min((at for at in times if at is not None), default=None)

    def wake(self, cause: Cause, now: float) -> int:
        sleeping = [
            service
            for service in self._services().values()
            if service.cause is cause and (service.due_at is None or service.due_at > now)
        ]
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
