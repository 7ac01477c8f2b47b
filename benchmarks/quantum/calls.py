"""What Neutron itself takes for the ports that Pierhead makes there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.network.neutron.calls import Document, NeutronCalls
from adapters.network.neutron.rest import NeutronAccess, RestCalls
from benchmarks.figures import Figure, p50_p95
from benchmarks.quantum.ground import PROJECT, Ground, Sizes
from tests.lab.networks import Machine, TenantNetwork, call, make_network
from tests.lab.wiring.in_process import calls_within

IN_PROCESS, REST = "Neutron, in process", "Neutron, by REST"
CREATE_VIP, CREATE_DEVICE = "create a VIP's port", "create and bind a device's port"

_UPDATE, _DELETE = "update a port", "delete a port"
_OWNER = "neutron:LOADBALANCER"


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """Each call in process and by REST, and how long Neutron's agent takes to wire a port."""
    lab = ground.lab
    network = make_network(lab, PROJECT, "10.7.0.0/24")
    figures = []
    with calls_within(lab, PROJECT) as within:
        rest = RestCalls(NeutronAccess(endpoint=lab.url, project_id=PROJECT, timeout=60.0))
        for way, calls in ((IN_PROCESS, within), (REST, rest)):
            figures += _ports(way, calls, network, lab.host, sizes.calls)
    wired: list[float] = []
    for _ in range(sizes.networks):
        wanted = {"network_id": network.network_id, "binding:host_id": lab.host}
        plugged = Machine(lab, call(lab, "POST", "ports", port=wanted)["port"], network)
        with _timed(wired):
            plugged.plug()
        plugged.delete()
    figures += p50_p95(
        "Neutron's agent: plugged in to ACTIVE", wired, note="looks for changes once a second"
    )
    return figures


def _ports(
    way: str, calls: NeutronCalls, network: TenantNetwork, host: str, count: int
) -> list[Figure]:
    seconds: dict[str, list[float]] = {
        name: [] for name in (CREATE_VIP, CREATE_DEVICE, _UPDATE, _DELETE)
    }
    for _ in range(count):
        with _timed(seconds[CREATE_VIP]):
            vip = calls.create_port(_body(network))
        with _timed(seconds[CREATE_DEVICE]):
            device = calls.create_port(_device_body(network, host))
        with _timed(seconds[_UPDATE]):
            pairs = [{"ip_address": network.cidr}, {"ip_address": "10.8.0.0/24"}]
            calls.update_port(device["id"], {"allowed_address_pairs": pairs})
        for port in (vip, device):
            with _timed(seconds[_DELETE]):
                calls.delete_port(port["id"])
    return [
        figure
        for key, values in seconds.items()
        for figure in p50_p95(f"{way}: {key}", values, note=f"{len(values)} calls")
    ]


def _body(network: TenantNetwork) -> Document:
    return {
        "name": "bench",
        "network_id": network.network_id,
        "project_id": PROJECT,
        "device_id": "bench",
        "device_owner": _OWNER,
        "admin_state_up": True,
        "fixed_ips": [{"subnet_id": network.subnet_id}],
    }


def _device_body(network: TenantNetwork, host: str) -> Document:
    pairs = [{"ip_address": network.cidr}]
    return {**_body(network), "binding:host_id": host, "allowed_address_pairs": pairs}


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    """Add what it takes."""
    began = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - began)
