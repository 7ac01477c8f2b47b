"""All that a device should run, as an agent is told that is new to it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain.binding import Attachment, Usage
from core.domain.device import Device
from core.domain.messages import ServiceOrder
from core.domain.query import Query
from core.domain.service import Service, ServiceKind
from core.ports.service_kind import ServiceKindModel
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.isolation import deal_with
from core.usecases.conductor.wiring import attachments_for
from core.usecases.lookup import related

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contents:
    """The orders for a device's settled services; `complete` when those are all. `unsettled`
    are the ids of the others, which get orders of their own."""

    orders: tuple[ServiceOrder, ...]
    unsettled: tuple[str, ...]
    complete: bool


def contents(
    work: UnitOfWork, device: Device, kinds: Mapping[ServiceKind, ServiceKindModel]
) -> Contents:
    """What is stored of the services on a device."""
    bound = work.bindings.find(Query(filters={"device_id": (device.id,)}))
    wired = _attachments(work, device)
    ready = {
        binding.service_id: attachments_for(binding, wired)
        for binding in bound
        if all((device.id, need.network_id) in wired for need in binding.networks)
    }
    services = related(work.services, "id", [binding.service_id for binding in bound])
    settled = [service for service in services if service.settled and service.id in ready]
    orders = [
        _order(service, spec, ready[service.id]) for service, spec in _specs(work, settled, kinds)
    ]
    return Contents(
        orders=tuple(orders),
        unsettled=tuple(service.id for service in services if not service.settled),
        complete=len(orders) == len(bound),
    )


def _attachments(work: UnitOfWork, device: Device) -> dict[tuple[str, str], Attachment]:
    """How the device is wired, by device and network."""
    usage = work.ledger.usage([device.id]).get(device.id, Usage())
    return {
        (device.id, network.network_id): network.attachment
        for network in usage.networks
        if network.attachment is not None
    }


def _specs(
    work: UnitOfWork,
    services: Sequence[Service],
    kinds: Mapping[ServiceKind, ServiceKindModel],
) -> list[tuple[Service, Mapping[str, object]]]:
    """Each service with its whole state, without those of which it cannot be told: the log
    does, and the device goes on with what it runs."""
    found: dict[str, Mapping[str, object]] = {}

    def look(some: Sequence[Service]) -> None:
        for kind, model in kinds.items():
            of_kind = [service for service in some if service.kind is kind]
            if of_kind:
                wanted = model.wanted(work, of_kind)
                found.update({identity: each.spec for identity, each in wanted.items()})

    def defective(service: Service, _: Exception) -> None:
        _log.error("service %s cannot be told to the agent", service.id)

    deal_with(services, look, defective)
    return [(service, found[service.id]) for service in services if service.id in found]


def _order(
    service: Service, spec: Mapping[str, object], attachments: tuple[Attachment, ...]
) -> ServiceOrder:
    return ServiceOrder(
        service_id=service.id,
        kind=service.kind,
        revision=service.desired_revision,
        spec=spec,
        traceparent=service.traceparent,
        attachments=attachments,
    )
