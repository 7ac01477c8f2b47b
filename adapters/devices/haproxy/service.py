"""A load balancer that was ordered for a device."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.render import render
from adapters.devices.haproxy.rendered import Rendered
from adapters.devices.haproxy.store import StoredService
from adapters.devices.haproxy.syntax import Refused
from adapters.devices.hosting.wire import namespace_of
from core.domain.binding import Attachment
from core.domain.loadbalancer.spec import LoadBalancerSpec
from core.domain.wiring import Plug


@dataclass(frozen=True, slots=True)
class LoadBalancerService:
    """An order with the sections that carry it out."""

    revision: int
    document: Mapping[str, object]
    spec: LoadBalancerSpec
    rendered: Rendered
    attachments: tuple[Attachment, ...] = ()

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def pool_ids(self) -> frozenset[str]:
        pools = (listener.default_pool for listener in self.spec.listeners)
        return frozenset(pool.id for pool in pools if pool is not None)

    @property
    def wires(self) -> dict[str, Attachment]:
        """The attachments that have an end on this host, by their network namespaces."""
        return _wires(self.attachments)

    def stored(self) -> StoredService:
        return StoredService(self.id, self.revision, self.document, self.attachments)


def read_service(
    identity: str,
    revision: int,
    document: Mapping[str, object],
    parameters: Parameters,
    attachments: tuple[Attachment, ...] = (),
) -> LoadBalancerService:
    """Read an order's document. Raises Refused."""
    try:
        spec = msgspec.convert(document, LoadBalancerSpec)
    except msgspec.ValidationError as error:
        raise Refused(f"the specification cannot be read: {error}") from None
    if spec.id != identity:
        raise Refused(f"the specification is that of {spec.id[:80]!r}")
    namespaces = {each.network_id: name for name, each in _wires(attachments).items()}
    rendered = render(spec, parameters, namespaces)
    return LoadBalancerService(revision, document, spec, rendered, attachments)


def _wires(attachments: Iterable[Attachment]) -> dict[str, Attachment]:
    return {
        namespace_of(each.device_id, each.network_id): each
        for each in attachments
        if each.plug is not Plug.NONE
    }


def backend_name(service_id: str, pool_id: str) -> str:
    """The backend of a pool; statistics are kept under this name."""
    return f"{service_id}.{pool_id}"
