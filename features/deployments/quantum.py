"""Inside Neutron, wired to its networks: real HAProxy in them, and real packets."""

import shutil
import socket
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import requests

from features.deployments import lite
from features.deployments.base import Answer, Endpoint, Lent
from features.deployments.processes import OBSERVE_SECONDS, device_processes, traces_below
from features.deployments.tenant_networks import TenantNetworks
from features.support.api import PROVIDER
from features.support.polling import eventually
from features.support.traffic import connect, send
from tests.lab.embedded_site import EmbeddedSite
from tests.lab.site import NeutronLab
from tests.split.site import RoleProcess

T = TypeVar("T")

DRIVERS = ("haproxy-namespace", "memory-advised", "lite")
HEARTBEAT = 2.0
AGENTS = ("agent-1", "agent-2")
_WITHIN = 60.0


class QuantumDeployment:
    """Implements Deployment with a Neutron that has the service plugin, its conductor in
    Neutron's RPC server, and two agents on the host that Neutron's own agent wires."""

    driver = "haproxy-namespace"
    lacks = frozenset({"limited", "split", "catalogue"})

    def __init__(self) -> None:
        self._site = EmbeddedSite(
            drivers=DRIVERS,
            settings={"heartbeat_seconds": HEARTBEAT, "observe_seconds": OBSERVE_SECONDS},
            # Scenarios are many tenants at once.
            extra={"QUOTAS": {"quota_vip": -1, "quota_pool": -1, "quota_port": -1}},
            furnish=_install_lite,
        )
        self._networks: TenantNetworks

    @property
    def url(self) -> str:
        """See Deployment.url."""
        return self._site.lab.url

    def start(self) -> None:
        """See Deployment.start."""
        self._site.__enter__()
        try:
            for name in AGENTS:
                self._site.start_agent(name)
            self._wait_ready()
        except BaseException:
            self._site.__exit__(None, None, None)
            raise
        self._networks = TenantNetworks(self._site.lab)

    def stop(self) -> None:
        """See Deployment.stop."""
        try:
            self._site.stop()
        finally:
            self._site.__exit__(None, None, None)

    def kill(self) -> None:
        """See Deployment.kill. Neutron's own agent and the servers go on."""
        for process in (self._site.lab.api, self._site.lab.rpc_server):
            process.kill()
        for role in self._site.roles.values():
            # Alone: what it started for devices goes on.
            RoleProcess.kill(role)

    def restart(self) -> None:
        """See Deployment.restart."""
        self.mend()

    def mend(self) -> None:
        """See Deployment.mend."""
        lab = self._site.lab
        processes = [lab.api, lab.rpc_server, *self._site.roles.values()]
        ended = [each for each in processes if not each.running]
        for process in ended:
            process.restart()
        if ended:
            lab.wait_ready()
            self._wait_ready()

    def lend_network(self, project: str) -> Lent | None:
        """See Deployment.lend_network."""
        return self._networks.lend(project).lent

    def add_member(self, endpoint: Endpoint) -> None:
        """See Deployment.add_member."""
        self.set_member_alive(endpoint, alive=True)

    def set_member_alive(self, endpoint: Endpoint, *, alive: bool) -> None:
        """See Deployment.set_member_alive."""
        self._networks.at(endpoint.network).set_alive(endpoint, alive=alive)

    def remove_members(self) -> None:
        """See Deployment.remove_members."""
        self._networks.take_back()

    def request(
        self,
        vip: Endpoint,
        *,
        source: str | None = None,
        cookies: dict[str, str] | None = None,
        path: str = "/",
    ) -> Answer:
        """See Deployment.request. The client is on the VIP's network."""
        return self._as_client(vip, partial(send, vip, source=source, cookies=cookies, path=path))

    def connect(self, vip: Endpoint) -> socket.socket:
        """See Deployment.connect."""
        return self._as_client(vip, partial(connect, vip))

    def sources(self, vip: Endpoint, count: int) -> list[str]:
        """See Deployment.sources."""
        return self._networks.at(vip.network).sources(count)

    def traces_of(self, text: str) -> list[str]:
        """See Deployment.traces_of. What the broker keeps goes with the messages."""
        lab = self._site.lab
        folders = (self._site.folder, lab.folder, lab.postgres.folder)
        return [found for folder in folders for found in traces_below(folder, text)]

    def device_processes(self, device_id: str) -> list[int]:
        """See Deployment.device_processes."""
        return device_processes(self._site.folder, device_id)

    def _as_client(self, vip: Endpoint, act: Callable[[], T]) -> T:
        return self._networks.at(vip.network).clients.call(act)

    def _wait_ready(self) -> None:
        for role in self._site.roles.values():
            role.wait_ready()
        eventually(self._has_agents, within=_WITHIN)

    def _has_agents(self) -> None:
        answer = requests.get(f"{self.url}/v2.0/fleet/agents", headers=PROVIDER.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        alive = {each["id"] for each in answer.json()["agents"] if each["alive"]}
        assert alive >= set(AGENTS), answer.text


def _install_lite(lab: NeutronLab) -> None:
    """Have an installed distribution in Neutron's environment that brings the lite driver."""
    packages = lab.environment.plugin.packages
    shutil.copy(lite.__file__, packages / "pierhead_lite.py")
    metadata = packages / "pierhead_lite-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pierhead-lite\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pierhead.drivers]\nlite = pierhead_lite:PLUGIN\n")
