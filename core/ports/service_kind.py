"""Port: what the common machinery must ask a kind of service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.placement.request import Requirements
from core.domain.service import Service, ServiceKind
from core.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service as it is wanted: what it needs of a device, and its whole state for the
    driver, in JSON terms."""

    requirements: Requirements
    spec: Mapping[str, object]


class ServiceKindModel(Protocol):
    """Knows what a service of its kind consists of (R5: a new kind is one more of these)."""

    kind: ServiceKind

    def wanted(self, work: UnitOfWork, services: Sequence[Service]) -> dict[str, Wanted]:
        """What each of the services, all of this kind, is wanted to be now, by its id."""

    def forget(self, work: UnitOfWork, service: Service) -> None:
        """Remove what is stored of a service that no device runs any more."""
