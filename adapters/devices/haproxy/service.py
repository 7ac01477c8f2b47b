"""A load balancer that was ordered for a device."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.render import render
from adapters.devices.haproxy.rendered import Rendered
from adapters.devices.haproxy.store import StoredService
from adapters.devices.haproxy.syntax import Refused
from core.domain.loadbalancer.spec import LoadBalancerSpec


@dataclass(frozen=True, slots=True)
class LoadBalancerService:
    """An order with the sections that carry it out."""

    revision: int
    document: Mapping[str, object]
    spec: LoadBalancerSpec
    rendered: Rendered

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def pool_ids(self) -> frozenset[str]:
        pools = (listener.default_pool for listener in self.spec.listeners)
        return frozenset(pool.id for pool in pools if pool is not None)

    def stored(self) -> StoredService:
        return StoredService(self.id, self.revision, self.document)


def read_service(
    identity: str, revision: int, document: Mapping[str, object], parameters: Parameters
) -> LoadBalancerService:
    """Read an order's document. Raises Refused."""
    try:
        spec = msgspec.convert(document, LoadBalancerSpec)
    except msgspec.ValidationError as error:
        raise Refused(f"the specification cannot be read: {error}") from None
    if spec.id != identity:
        raise Refused(f"the specification is that of {spec.id[:80]!r}")
    return LoadBalancerService(revision, document, spec, render(spec, parameters))


def backend_name(service_id: str, pool_id: str) -> str:
    """The backend of a pool; statistics are kept under this name."""
    return f"{service_id}.{pool_id}"
