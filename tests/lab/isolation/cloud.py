"""Tenants with load balancers and an operator with devices, in one site."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from tests.lab.embedded_site import EmbeddedSite
from tests.lab.isolation.leftovers import leftovers
from tests.lab.netns import Namespace
from tests.lab.networks import TenantNetwork, wait_until
from tests.lab.site import NeutronLab

DRIVER = "haproxy-namespace"
SETTLED_SECONDS = 90.0
"""How long anything may take that is asked of a site whose parts all live."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Balancer:
    """A VIP with its pool."""

    id: str
    pool_id: str
    project: str
    address: str


class Cloud:
    """What is made by it ends with it."""

    def __init__(self, site: EmbeddedSite) -> None:
        self._site = site
        self._devices: list[str] = []
        self._balancers: list[Balancer] = []

    @property
    def lab(self) -> NeutronLab:
        """Its Neutron."""
        return self._site.lab

    def device(self, name: str, **given: object) -> str:
        """Register a device and wait until it was probed; its id."""
        body = {"name": name, "driver": DRIVER, **given}
        made: Json = self.ask("POST", "fleet/devices", device=body)["device"]
        self._devices.append(made["id"])
        self.wait(lambda: self.shown_device(made["id"])["status"] == "ONLINE", f"{name} is ONLINE")
        return str(made["id"])

    def shown_device(self, device_id: str) -> Json:
        """A device as the operator sees it."""
        shown: Json = self.ask("GET", f"fleet/devices/{device_id}")["device"]
        return shown

    def balancer(
        self,
        vip_network: TenantNetwork,
        member_network: TenantNetwork | None = None,
        members: tuple[str, ...] = (),
        *,
        project: str | None = None,
        address: str | None = None,
    ) -> Balancer:
        """Accept a VIP on port 80 whose members serve on port 80; it is not ACTIVE yet."""
        behind = member_network or vip_network
        project = project or vip_network.project
        pool = self.ask(
            "POST",
            "lb/pools",
            project,
            pool={
                "name": "pool",
                "subnet_id": behind.subnet_id,
                "protocol": "HTTP",
                "lb_method": "ROUND_ROBIN",
            },
        )["pool"]
        for member in members:
            self.add_member(project, pool["id"], member)
        try:
            vip = self.ask(
                "POST",
                "lb/vips",
                project,
                vip={
                    "name": "vip",
                    "subnet_id": vip_network.subnet_id,
                    "pool_id": pool["id"],
                    "protocol": "HTTP",
                    "protocol_port": 80,
                    **({"address": address} if address else {}),
                },
            )["vip"]
        except AssertionError:
            self._remove_pool(project, pool["id"])
            raise
        balancer = Balancer(vip["id"], pool["id"], project, vip["address"])
        self._balancers.append(balancer)
        return balancer

    def add_member(self, project: str, pool_id: str, address: str) -> None:
        """Have the pool use a server."""
        member = {"pool_id": pool_id, "address": address, "protocol_port": 80}
        self.ask("POST", "lb/members", project, member=member)

    def status(self, balancer: Balancer) -> str:
        """The VIP's."""
        return str(self.shown(balancer)["status"])

    def shown(self, balancer: Balancer) -> Json:
        """The VIP as its tenant sees it."""
        vip: Json = self.ask("GET", f"lb/vips/{balancer.id}", balancer.project)["vip"]
        return vip

    def wait_active(self, *balancers: Balancer, seconds: float = SETTLED_SECONDS) -> None:
        """Wait until the VIPs are ACTIVE."""
        for each in balancers:
            self.wait(lambda each=each: self.status(each) == "ACTIVE", "VIP is ACTIVE", seconds)

    def wait_error(self, balancer: Balancer) -> str:
        """Wait until the VIP is in ERROR; why it is."""
        self.wait(lambda: self.status(balancer) == "ERROR", "VIP is in ERROR")
        return str(self.shown(balancer)["status_description"])

    def refusals(self, balancer: Balancer) -> Mapping[str, list[Json]]:
        """By the id of each device, why it was not chosen for the VIP."""
        listed = self.ask("GET", f"fleet/decisions?service_id={balancer.id}")["decisions"]
        newest = max(listed, key=lambda each: each["decided_at"])
        shown = self.ask("GET", f"fleet/decisions/{newest['id']}")["decision"]
        told = shown["why_not"]["devices"]
        return {each["device_id"]: each["reasons"] for each in told if not each["fits"]}

    def remove(self, *balancers: Balancer, seconds: float = SETTLED_SECONDS) -> None:
        """Delete VIPs with their pools, and wait until they are gone."""
        for each in balancers:
            self.ask("DELETE", f"lb/vips/{each.id}", each.project)
        self.wait_gone(*balancers, seconds=seconds)

    def wait_gone(self, *balancers: Balancer, seconds: float = SETTLED_SECONDS) -> None:
        """Wait until VIPs that were deleted are gone, and remove their pools."""
        for each in balancers:
            self.wait(lambda each=each: self._is_gone(each), "VIP is gone", seconds)
            self._remove_pool(each.project, each.pool_id)
            self._balancers.remove(each)

    def close(self) -> None:
        """Delete everything, and see that nothing is left."""
        self.remove(*self._balancers)
        while self._devices:
            device = self._devices.pop()
            self.wait(lambda device=device: not self._networks(device), "device is detached")
            self.ask("DELETE", f"fleet/devices/{device}")
        listed = lambda: self.ask("GET", "fleet/devices")["devices"]  # noqa: E731
        self.wait(lambda: not listed(), "devices are gone")
        self.wait(lambda: not leftovers(self.lab), "nothing is left")

    def wait(self, holds: Callable[[], bool], what: str, seconds: float = SETTLED_SECONDS) -> None:
        """Wait for anything; AssertionError with how things are when it does not come."""
        try:
            wait_until(holds, what, seconds=seconds)
        except AssertionError as late:
            said = {name: role.said[-2000:] for name, role in self._site.roles.items()}
            vips = [self.send("GET", f"lb/vips/{each.id}").text for each in self._balancers]
            wires = self.send("GET", "fleet/attachments").text
            raise AssertionError(f"{late}: {vips} {wires} {leftovers(self.lab)} {said}") from None

    def ask(self, method: str, path: str, project: str | None = None, **body: object) -> Json:
        """A request of a tenant, or of the operator; AssertionError with what is said against
        it."""
        answer = self.send(method, path, project, **body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def send(
        self, method: str, path: str, project: str | None = None, **body: object
    ) -> requests.Response:
        """The same, with the answer as it is."""
        with self.lab.session(project, "member" if project else "admin") as session:
            return session.request(
                method, f"{self.lab.url}/v2.0/{path}", json=body or None, timeout=60
            )

    def _networks(self, device_id: str) -> list[Json]:
        networks: list[Json] = self.shown_device(device_id)["usage"]["networks"]
        return networks

    def _is_gone(self, balancer: Balancer) -> bool:
        return self.send("GET", f"lb/vips/{balancer.id}", balancer.project).status_code == 404

    def _remove_pool(self, project: str, pool_id: str) -> None:
        for member in self.ask("GET", f"lb/members?pool_id={pool_id}", project)["members"]:
            self.ask("DELETE", f"lb/members/{member['id']}", project)
        self.ask("DELETE", f"lb/pools/{pool_id}", project)


def answers(client: Namespace, address: str) -> str | None:
    """Who serves a client that asks a VIP; None: nobody."""
    try:
        answer = client.get(f"http://{address}/", timeout=2.0)
    except requests.RequestException:
        return None
    return answer.text.strip() if answer.status_code == 200 else None
