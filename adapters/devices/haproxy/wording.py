"""What a tenant is told of a failure: nothing of the host, nor of anybody else's services."""

import re

from adapters.devices.haproxy.rendered import Endpoint
from adapters.devices.haproxy.service import LoadBalancerService

REFUSED = "the device does not accept the configuration"
NOT_WIRED = "the device cannot be connected to the network for now"
NOT_CONNECTED = "the network service has not connected the device to the network yet"


def used_by_another(endpoint: Endpoint) -> str:
    """Somebody else's load balancer has the address and port."""
    return f"{endpoint} is used by another load balancer on the device"


def refusal_of(service: LoadBalancerService | None, words: str) -> str:
    """HAProxy's words about a service, as far as they are about its own addresses."""
    for endpoint in sorted(service.rendered.endpoints) if service else ():
        written = re.escape(f"[{endpoint.address}:{endpoint.port}]")
        if match := re.search(rf"cannot bind socket \(([^()]*)\) for {written}", words):
            return f"cannot listen on {endpoint}: {match[1]}"
    return REFUSED
