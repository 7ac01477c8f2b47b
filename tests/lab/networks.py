"""Tenants' networks in the lab, and machines on them."""

import ipaddress
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.config import INTEGRATION_BRIDGE
from tests.lab.netns import Namespace, make_namespace, run
from tests.lab.site import NeutronLab

WIRING_SECONDS = 30.0
"""How long the agent may take to wire a port."""


@dataclass(frozen=True)
class TenantNetwork:
    """A network with one subnet."""

    network_id: str
    subnet_id: str
    project: str
    cidr: str
    gateway: str | None
    vlan: int
    mtu: int


class Machine(Namespace):
    """A namespace that is on a network by a port, as a virtual machine is."""

    def __init__(self, lab: NeutronLab, port: Mapping[str, Any], network: TenantNetwork) -> None:
        super().__init__(f"machine-{port['id'][:8]}")
        self.port_id: str = port["id"]
        self.mac: str = port["mac_address"]
        self.address: str = port["fixed_ips"][0]["ip_address"]
        self.network = network
        self._lab = lab

    @property
    def tap(self) -> str:
        """The interface on the integration bridge."""
        return f"tap{self.port_id[:11]}"

    def plug(self) -> None:
        """Bring it to its network; returns when packets flow."""
        prefix = ipaddress.ip_network(self.network.cidr).prefixlen
        make_namespace(self.name)
        run("ip", "link", "add", self.tap, "type", "veth", "peer", "eth0", "netns", self.name)
        self.run("ip", "link", "set", "eth0", "address", self.mac, "mtu", str(self.network.mtu))
        # Open vSwitch in userspace does not complete the checksums that veth leaves out.
        self.run("ethtool", "-K", "eth0", "tx", "off")
        self.add_address(f"{self.address}/{prefix}")
        self.run("ip", "link", "set", "eth0", "up")
        if self.network.gateway is not None:
            self.run("ip", "route", "add", "default", "via", self.network.gateway)
        run("ip", "link", "set", self.tap, "up")
        self._lab.switch.vsctl(
            *("add-port", INTEGRATION_BRIDGE, self.tap, "--", "set", "Interface", self.tap),
            f"external_ids:iface-id={self.port_id}",
            f'external_ids:attached-mac="{self.mac}"',
            "external_ids:iface-status=active",
        )
        wait_until(lambda: self.status == "ACTIVE", f"port {self.port_id} is wired")

    def unplug(self) -> None:
        """Pull the plug; the namespace and the port stay."""
        self._lab.switch.vsctl("--if-exists", "del-port", self.tap)

    @property
    def status(self) -> str:
        """What Neutron says of its port: ACTIVE, DOWN or BUILD."""
        status: str = call(self._lab, "GET", f"ports/{self.port_id}")["port"]["status"]
        return status

    def delete(self) -> None:
        """Remove everything of it, the port too."""
        self.unplug()
        if Path(f"/run/netns/{self.name}").exists():
            self.close()
        call(self._lab, "DELETE", f"ports/{self.port_id}")


def make_network(
    lab: NeutronLab,
    project: str,
    cidr: str,
    *,
    name: str = "",
    gateway: bool = True,
    shared: bool = False,
) -> TenantNetwork:
    """A network of a project with a subnet.

    Of 256 addresses and more it hands out the upper half, so that a test may choose lower ones.
    """
    name = name or f"network-{secrets.token_hex(3)}"
    network = call(
        lab, "POST", "networks", network={"name": name, "project_id": project, "shared": shared}
    )["network"]
    wanted = {
        "network_id": network["id"],
        "project_id": project,
        "name": name,
        "ip_version": 4,
        "cidr": cidr,
        "enable_dhcp": False,
        **({} if gateway else {"gateway_ip": None}),
        **_upper_half(ipaddress.ip_network(cidr)),
    }
    subnet = call(lab, "POST", "subnets", subnet=wanted)["subnet"]
    return TenantNetwork(
        network_id=network["id"],
        subnet_id=subnet["id"],
        project=project,
        cidr=subnet["cidr"],
        gateway=subnet["gateway_ip"],
        vlan=network["provider:segmentation_id"],
        mtu=network["mtu"],
    )


def _upper_half(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> dict[str, Any]:
    size = network.num_addresses
    if size < 256:
        return {}
    pool = {"start": str(network[size // 2]), "end": str(network[size - 2])}
    return {"allocation_pools": [pool]}


@contextmanager
def machine(
    lab: NeutronLab, network: TenantNetwork, *, address: str | None = None
) -> Iterator[Machine]:
    """A machine of the network's tenant, plugged, for a while."""
    wanted = {
        "network_id": network.network_id,
        "project_id": network.project,
        "binding:host_id": lab.host,
        "device_owner": "compute:lab",
        "device_id": secrets.token_hex(8),
        "fixed_ips": [
            {"subnet_id": network.subnet_id, **({"ip_address": address} if address else {})}
        ],
    }
    made = Machine(lab, call(lab, "POST", "ports", port=wanted)["port"], network)
    try:
        made.plug()
        yield made
    finally:
        made.delete()


def call(lab: NeutronLab, method: str, path: str, **body: object) -> dict[str, Any]:
    """A request of the operator's to Neutron; its answer, or AssertionError with what it says."""
    with lab.session() as session:
        answer = session.request(
            method, f"{lab.url}/v2.0/{path}", json=body if body else None, timeout=60
        )
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else {}


def wait_until(holds: Callable[[], bool], what: str, *, seconds: float = WIRING_SECONDS) -> None:
    """Wait for anything, asking often."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
