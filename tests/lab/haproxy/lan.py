"""Tenants' networks without Neutron: Linux bridges, or VLANs and ports of Open vSwitch."""

import ipaddress
import secrets
import socket
import subprocess
from typing import Any

from core.domain.binding import Attachment
from core.domain.wiring import Plug
from tests.lab.netns import Namespace, make_namespace, run
from tests.lab.webserver import WebServer
from tests.servers.openvswitch import OpenVSwitch


class Lan:
    """A network with one range of addresses, and machines on it."""

    def __init__(self, cidr: str, *, gateway: bool = False) -> None:
        self.id = f"network-{secrets.token_hex(4)}"
        self.bridge = f"br{secrets.token_hex(5)}"
        self.network = ipaddress.ip_network(cidr)
        self.machines: list[Namespace] = []
        self.servers: list[Server] = []
        self._gateway = gateway

    def address(self, number: int) -> str:
        return str(self.network[number])

    def with_length(self, number: int) -> str:
        return f"{self.network[number]}/{self.network.prefixlen}"

    def attachment(self, device_id: str, number: int = 5, **fields: Any) -> Attachment:
        """A device's place on the network, at the address of this number."""
        known: dict[str, Any] = {
            "device_id": device_id,
            "network_id": self.id,
            "interface": "data",
            "plug": Plug.BRIDGE,
            "bridge": self.bridge,
            "mac": f"02:00:00:00:{number:02x}:{secrets.randbelow(256):02x}",
            "mtu": 1400,
            "addresses": (self.with_length(number),),
            "gateways": (self.address(1),) if self._gateway else (),
            "cidrs": (str(self.network),),
        }
        return Attachment(**{**known, **fields})

    def machine(self, number: int) -> Namespace:
        """A machine at the address of this number, plugged into the bridge."""
        made = make_namespace()
        self.machines.append(made)
        outer = f"m{secrets.token_hex(5)}"
        run("ip", "link", "add", outer, "type", "veth", "peer", "eth0", "netns", made.name)
        self._settle(made)
        made.run("ip", "address", "add", self.with_length(number), "dev", "eth0", *self._no_dad())
        made.run("ip", "link", "set", "eth0", "up")
        if self._gateway and number != 1:
            made.run("ip", "route", "add", "default", "via", self.address(1))
        run("ip", "link", "set", outer, "up")
        self._plug(outer)
        return made

    def member(self, number: int, port: int = 80) -> Namespace:
        """A machine with a web server."""
        made = self.machine(number)
        self.servers.append(made.call(lambda: Server(self.address(number), port)))
        return made

    def close(self) -> None:
        for server in self.servers:
            server.stop()
        for each in self.machines:
            each.close()
        self._close_bridge()

    def _close_bridge(self) -> None:
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)

    def _plug(self, outer: str) -> None:
        if self.bridge not in interfaces():
            run("ip", "link", "add", self.bridge, "type", "bridge")
            run("ip", "link", "set", self.bridge, "up")
        run("ip", "link", "set", outer, "master", self.bridge)

    def _settle(self, machine: Namespace) -> None:
        """Nothing to do where the kernel switches."""

    def _no_dad(self) -> list[str]:
        return ["nodad"] if self.network.version == 6 else []


class Server(WebServer):
    """Notes who asks."""

    def __init__(self, address: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.clients: set[str] = set()
        super().__init__(address, port)

    def verify_request(self, request: object, client_address: tuple[str, ...]) -> bool:
        self.clients.add(client_address[0])
        return True


class SwitchedLan(Lan):
    """A VLAN of a bridge of Open vSwitch."""

    def __init__(self, cidr: str, switch: OpenVSwitch, bridge: str, tag: int) -> None:
        super().__init__(cidr)
        self.bridge = bridge
        self.tag = tag
        self._switch = switch

    def _close_bridge(self) -> None:
        """Other networks use it too."""

    def _plug(self, outer: str) -> None:
        self._switch.vsctl("add-port", self.bridge, outer, f"tag={self.tag}")

    def _settle(self, machine: Namespace) -> None:
        machine.run("ethtool", "-K", "eth0", "tx", "off")


def interfaces() -> set[str]:
    """The names of this host's interfaces."""
    rows = run("ip", "-brief", "link").splitlines()
    return {row.split()[0].partition("@")[0] for row in rows}


def leftovers() -> set[str]:
    """What of the driver's is on this host: namespaces and interfaces."""
    names = {row.split()[0] for row in run("ip", "netns").splitlines()}
    return {name for name in names | interfaces() if name.startswith("ph")}
