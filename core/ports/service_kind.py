"""Port: what the common machinery must ask a kind of service."""

from collections.abc import Mapping
from typing import Protocol

from core.domain.placement.request import Requirements
from core.domain.service import Service, ServiceKind
from core.ports.unit_of_work import UnitOfWork


class ServiceKindModel(Protocol):
    """Knows what a service of its kind consists of (R5: a new kind is one more of these)."""

    kind: ServiceKind

    def requirements(self, work: UnitOfWork, service: Service) -> Requirements:
        """What the service, as it is wanted now, needs of a device."""

    def spec(self, work: UnitOfWork, service: Service) -> Mapping[str, object]:
        """The whole wanted state for the driver, in JSON terms."""

    def forget(self, work: UnitOfWork, service: Service) -> None:
        """Remove what is stored of a service that no device runs any more."""
