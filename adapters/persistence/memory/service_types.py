"""The service types, in memory."""

from collections.abc import Mapping

from adapters.persistence.collection import SERVICE_TYPES, SERVICES
from adapters.persistence.memory.repository import MemoryRepository
from adapters.persistence.memory.tables import Tables
from adapters.persistence.misuse import BrokenReference
from core.domain.service import Service
from core.domain.service_type import ServiceType


class MemoryServiceTypes(MemoryRepository[ServiceType]):
    """The service types, of which none goes that a service has."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, SERVICE_TYPES)
        self._tables = tables

    def remove(self, *identities: str) -> None:
        services: Mapping[object, Service] = self._tables.rows(SERVICES.name)
        if any(service.service_type_id in identities for service in services.values()):
            raise BrokenReference("a service has this service type")
        super().remove(*identities)
