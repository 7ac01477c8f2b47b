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
    """Other revisions, or other wires, of what HAProxy runs already."""
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def coming(self) -> list[LoadBalancerService]:
        """All that shall run from now on."""
        return [*self.renewed, *(each for each in self.changes.values() if each is not None)]

    def refuse(self, failures: Mapping[str, str]) -> None:
        """Leave these services as they are, for the reasons given."""
        self.failures |= failures
        self.renewed = [each for each in self.renewed if each.id not in failures]
        for identity in failures:
            self.changes.pop(identity, None)


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
    wanted = (order.revision, order.spec, order.attachments)
    if current and (current.revision, current.document, current.attachments) == wanted:
        return
    service = read_service(
        order.service_id, order.revision, order.spec, parameters, order.attachments
    )
    if current is not None and current.rendered == service.rendered:
        result.renewed.append(service)
    else:
        result.changes[order.service_id] = service
