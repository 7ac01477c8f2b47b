"""The five steps of the documented workflow, from an empty daemon to a VIP that answers."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from pierhead.demo.api import Api, Json, Kind
from pierhead.demo.checks import check_parts
from pierhead.demo.daemon import Daemon
from pierhead.demo.errors import NotObserved
from pierhead.demo.members import WebServer
from pierhead.demo.polling import until
from pierhead.demo.report import Report
from pierhead.demo.traffic import burst

BURST = 300
"""Requests that are sent after each step."""

SERVICE_TYPE = "gold-lb"
DEVICE = "haproxy-1"
DRAINING_DEVICE = "haproxy-2"

_VIP_PORT = 8080
_SECONDS = 15.0


def loopback_pair() -> tuple[str, str]:
    """Two /24 networks inside 127.0.0.0/8 that nobody else is likely to use."""
    second, third = 64 + secrets.randbelow(128), 2 * secrets.randbelow(120)
    return f"127.{second}.{third}.0/24", f"127.{second}.{third + 1}.0/24"


def host_of(cidr: str, number: int) -> str:
    """An address of a /24 network."""
    return f"{cidr.rpartition('.')[0]}.{number}"


class Scene:
    """Who asks, and what they have made. `operator` runs the fleet, `tenant` has the VIP."""

    def __init__(self, daemon: Daemon, report: Report) -> None:
        self.daemon = daemon
        self.report = report
        self.operator = Api(daemon.url, project="operations", roles="admin")
        self.tenant = Api(daemon.url, project="demo", roles="member")
        self.devices: dict[str, Json] = {}
        self.members: dict[str, Json] = {}
        self.pool: Json = {}
        self.monitor: Json = {}
        self.vip: Json = {}
        self.decision: Json = {}

    @property
    def target(self) -> tuple[str, int]:
        return self.vip["address"], self.vip["protocol_port"]

    def add_devices(self) -> None:
        """Step 1: the operator registers devices and says which type of service they give."""
        with self.report.step("1 The operator adds devices to the registry") as step:
            self.operator.create(Kind.SERVICE_TYPE, name=SERVICE_TYPE, drivers=["haproxy"])
            for name, state in ((DEVICE, "enabled"), (DRAINING_DEVICE, "draining")):
                device = self.operator.create(
                    Kind.DEVICE, name=name, driver="haproxy", parameters={}, admin_state=state
                )
                self.devices[name] = device
            for name, device in self.devices.items():
                self.devices[name] = self.operator.wait_for_status(
                    Kind.DEVICE, device["id"], "ONLINE", seconds=_SECONDS
                )
            version = self.devices[DEVICE]["version"]
            step.note = f"{DEVICE} and {DRAINING_DEVICE} run HAProxy {version} on this machine"

    def create_vip(self, servers: Sequence[WebServer], client_cidr: str, cidr: str) -> None:
        """Step 2: the tenant describes a load balancer and names a service type."""
        with self.report.step("2 A tenant creates a VIP of a service type") as step:
            clients = self._subnet("clients", client_cidr)
            backends = self._subnet("servers", cidr)
            self.pool = self.tenant.create(
                Kind.POOL,
                name="web",
                protocol="HTTP",
                lb_method="ROUND_ROBIN",
                subnet_id=backends["id"],
            )
            for server in servers:
                self.members[server.name] = self._member(server)
            self.monitor = self.tenant.create(
                Kind.HEALTH_MONITOR, type="HTTP", delay=1, timeout=1, max_retries=2
            )
            self.tenant.associate(self.pool["id"], self.monitor["id"])
            self.vip = self.tenant.create(
                Kind.VIP,
                name="shop",
                protocol="HTTP",
                protocol_port=_VIP_PORT,
                subnet_id=clients["id"],
                pool_id=self.pool["id"],
                service_type=SERVICE_TYPE,
            )
            if self.vip["status"] != "PENDING_CREATE":
                raise NotObserved(f"a new VIP is PENDING_CREATE: it is {self.vip['status']}")
            address, port = self.target
            step.note = f"{address}:{port} with members {', '.join(self.members)}"

    def see_binding(self) -> None:
        """Step 3: a device was chosen and the VIP bound to it."""
        with self.report.step("3 Placement chooses a device and binds the VIP") as step:
            found = until(
                lambda: self.operator.find(Kind.BINDING, service_id=self.vip["id"]),
                what="the VIP is bound to a device",
                seconds=_SECONDS,
            )
            binding = found[0]
            _expect("the device that it is bound to", binding["device_id"], self._id(DEVICE))
            _expect("the address it is bound with", binding["vip_address"], self.vip["address"])
            _expect("the insertion mode", binding["mode"], "two-arm")
            self.decision = self.operator.show(Kind.DECISION, binding["decision_id"])
            refused = _verdict(self.decision, DRAINING_DEVICE)
            _expect("whether the draining device fits", refused["fits"], wanted=False)
            step.note = f"{DEVICE} of {self.decision['considered']} devices, {binding['mode']}"

    def see_agent(self) -> None:
        """Step 4: VIP, device type and device go to the agent."""
        with self.report.step("4 The agent gets VIP, device and parameters") as step:
            agent = until(
                lambda: [each for each in self.operator.find(Kind.AGENT) if each["alive"]],
                what="an agent is alive",
                seconds=_SECONDS,
            )[0]
            if "haproxy" not in agent["drivers"]:
                raise NotObserved(f"the agent has the driver: it has {agent['drivers']}")
            step.note = f"agent on {agent['host']} with driver {', '.join(agent['drivers'])}"

    def see_traffic(self) -> None:
        """Step 5: the driver configures the device, and the VIP answers."""
        with self.report.step("5 The driver configures the device") as step:
            self.vip = self.wait_active()
            if not self.daemon.device_processes:
                raise NotObserved("HAProxy runs as a process of its own: there is none")
            step.burst = burst(self.target, BURST)
            check_parts(step.burst, dict.fromkeys(self.members, 1), "once the VIP is ACTIVE")
            step.note = f"ACTIVE; {step.burst.total} requests answered by all members alike"

    def wait_active(self) -> Json:
        """The VIP once it is ACTIVE."""
        return self.tenant.wait_for_status(Kind.VIP, self.vip["id"], "ACTIVE", seconds=_SECONDS)

    def _subnet(self, name: str, cidr: str) -> Json:
        network = self.tenant.create(Kind.NETWORK, name=name)
        return self.tenant.create(
            Kind.SUBNET, name=name, network_id=network["id"], cidr=cidr, ip_version=4
        )

    def _member(self, server: WebServer) -> Json:
        return self.tenant.create(
            Kind.MEMBER,
            pool_id=self.pool["id"],
            address=server.address,
            protocol_port=server.port,
        )

    def _id(self, device: str) -> str:
        return str(self.devices[device]["id"])


def _verdict(decision: Json, device: str) -> Mapping[str, Any]:
    for verdict in decision["why_not"]["devices"]:
        if verdict["device_name"] == device:
            found: Mapping[str, Any] = verdict
            return found
    raise NotObserved(f"the decision tells of {device}: it does not")


def _expect(what: str, actual: object, wanted: object) -> None:
    if actual != wanted:
        raise NotObserved(f"{what} is {wanted}: it is {actual}")
