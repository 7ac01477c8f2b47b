"""Makes the request for a device out of what a service is wanted to be."""

from dataclasses import replace

from core.domain.binding import Binding, NetworkNeed
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service import Service
from core.domain.service_type import Policy, ServiceType


def request_for(
    service: Service,
    service_type: ServiceType | None,
    requirements: Requirements,
    binding: Binding | None,
) -> PlacementRequest:
    """The request of a service; one that has a binding asks for changes on its device."""
    if binding is not None:
        networks = _union(requirements.networks, binding.networks)
        requirements = replace(requirements, networks=networks)
    return PlacementRequest(
        service_id=service.id,
        project_id=service.project_id,
        kind=service.kind,
        service_type_id=service.service_type_id,
        drivers=service_type.drivers if service_type is not None else (),
        requirements=requirements,
        policy=service_type.policy if service_type is not None else Policy(),
        bound=binding,
    )


def _union(
    first: tuple[NetworkNeed, ...], second: tuple[NetworkNeed, ...]
) -> tuple[NetworkNeed, ...]:
    """What is needed now, then what the device still runs on until it confirms the change."""
    return first + tuple(need for need in second if need not in first)
