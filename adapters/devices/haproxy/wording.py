"""What a tenant is told of a failure: nothing of the host, nor of anybody else's services."""

import re

from adapters.devices.haproxy.rendered import Endpoint, host
from adapters.devices.haproxy.service import LoadBalancerService

REFUSED = "the device does not accept the configuration"


def used_by_another(endpoint: Endpoint) -> str:
    """Somebody else's load balancer has the address and port."""
    return f"{_place(endpoint)} is used by another load balancer on the device"


def refusal_of(service: LoadBalancerService | None, words: str) -> str:
    """HAProxy's words about a service, as far as they are about its own addresses."""
    for endpoint in sorted(service.rendered.endpoints) if service else ():
        written = re.escape(f"[{endpoint[0]}:{endpoint[1]}]")
        if match := re.search(rf"cannot bind socket \(([^()]*)\) for {written}", words):
            return f"cannot listen on {_place(endpoint)}: {match[1]}"
    return REFUSED


def _place(endpoint: Endpoint) -> str:
    return f"{host(endpoint[0])}:{endpoint[1]}"
