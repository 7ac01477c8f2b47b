"""Sorts orders into what must change, what is done already, and what cannot be."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.service import LoadBalancerService, read_service
from adapters.devices.haproxy.syntax import Refused
from core.domain.messages import ServiceOrder
from core.domain.service import ServiceKind
from core.ports.device_driver import Outcome


@dataclass
class Plan:
    """What the orders come to."""

    changes: dict[str, LoadBalancerService | None] = field(default_factory=dict)
    """Services whose configuration changes; None: they go."""
    renewed: list[LoadBalancerService] = field(default_factory=list)
    """Other revisions of what HAProxy runs already."""
    failures: dict[str, str] = field(default_factory=dict)


def plan(
    orders: Sequence[ServiceOrder],
    running: Mapping[str, LoadBalancerService],
    held: Container[str],
    parameters: Parameters,
    *,
    complete: bool,
) -> Plan:
    """Compare orders with what runs; of several for one service the newest counts.

    `held` are services that are kept and do not run. With `complete` the orders count even
    if what runs is newer.
    """
    newest: dict[str, ServiceOrder] = {}
    for order in orders:
        known = newest.get(order.service_id)
        if known is None or order.revision >= known.revision:
            newest[order.service_id] = order
    result = Plan()
    for order in newest.values():
        try:
            current = running.get(order.service_id)
            if complete or current is None or order.revision >= current.revision:
                _sort(order, current, parameters, result)
        except Refused as refusal:
            result.failures[order.service_id] = str(refusal)
    for identity in [name for name, wanted in result.changes.items() if wanted is None]:
        if identity not in running and identity not in held:
            del result.changes[identity]
    return result


def outcomes(orders: Sequence[ServiceOrder], failures: Mapping[str, str]) -> list[Outcome]:
    """The answer to each order."""
    return [
        Outcome(
            service_id=order.service_id,
            revision=order.revision,
            failure=failures.get(order.service_id),
        )
        for order in orders
    ]


def _sort(
    order: ServiceOrder,
    current: LoadBalancerService | None,
    parameters: Parameters,
    result: Plan,
) -> None:
    if order.kind is not ServiceKind.LOADBALANCER:
        raise Refused(f"HAProxy offers no {order.kind}")
    if order.spec is None:
        result.changes[order.service_id] = None
        return
    if current is not None and (current.revision, current.document) == (order.revision, order.spec):
        return
    service = read_service(order.service_id, order.revision, order.spec, parameters)
    if current is not None and current.rendered == service.rendered:
        result.renewed.append(service)
    else:
        result.changes[order.service_id] = service
