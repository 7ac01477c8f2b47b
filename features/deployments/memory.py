"""The whole system in this process, with devices in memory that simulate their traffic."""

import socket
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dependency_injector import providers

from adapters.devices.memory import (
    AdvisedMemoryAdvisor,
    AdvisedMemoryDriver,
    MemoryAdvisor,
    MemoryDriver,
)
from features.deployments.base import Answer, Endpoint, Lent, PortClosed
from features.deployments.lite import LiteAdvisor, LiteDriver
from pierhead.containers.memory import Memory


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


class MemoryDeployment:
    """Implements Deployment with the memory container behind real HTTP."""

    driver = "memory"
    lacks = frozenset({"traffic", "process", "split"})

    def start(self) -> None:
        """See Deployment.start."""
        self._container = container = Memory()
        self._driver: MemoryDriver = container.device_driver()
        advisors = (MemoryAdvisor(), LiteAdvisor(), AdvisedMemoryAdvisor())
        drivers = (self._driver, LiteDriver(), AdvisedMemoryDriver())
        container.core.advisors.override(
            providers.Dict({advisor.info.name: advisor for advisor in advisors})
        )
        container.agency.drivers.override(
            providers.Dict({driver.info.name: driver for driver in drivers})
        )
        container.core.first_start().run()
        container.runtime().start()
        self._server = make_server("127.0.0.1", 0, container.app(), _Server, _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        """See Deployment.stop."""
        self._server.shutdown()
        self._server.server_close()
        self._container.runtime().stop(stop_devices=True)

    def kill(self) -> None:
        """See Deployment.kill."""
        raise NotImplementedError("nothing outlives the process")

    def restart(self) -> None:
        """See Deployment.restart."""
        raise NotImplementedError("nothing is kept")

    def mend(self) -> None:
        """See Deployment.mend. No scenario can end anything."""

    def lend_network(self, project: str) -> Lent | None:
        """See Deployment.lend_network."""
        return None

    def add_member(self, endpoint: Endpoint) -> None:
        """See Deployment.add_member."""
        self.set_member_alive(endpoint, alive=True)

    def set_member_alive(self, endpoint: Endpoint, *, alive: bool) -> None:
        """See Deployment.set_member_alive."""
        self._driver.set_member_alive(endpoint.address, endpoint.port, alive=alive)

    def remove_members(self) -> None:
        """See Deployment.remove_members."""

    def request(
        self,
        vip: Endpoint,
        *,
        source: str | None = None,
        cookies: dict[str, str] | None = None,
        path: str = "/",
    ) -> Answer:
        """See Deployment.request."""
        try:
            member = self._driver.request(vip.address, vip.port)
        except ConnectionRefusedError as refused:
            raise PortClosed(f"{vip.address}:{vip.port}") from refused
        return Answer(member=Endpoint(member.address, member.port) if member else None)

    def connect(self, vip: Endpoint) -> socket.socket:
        """See Deployment.connect."""
        raise NotImplementedError("there is no traffic")

    def sources(self, vip: Endpoint, count: int) -> list[str]:
        """See Deployment.sources."""
        raise NotImplementedError("there is no traffic")

    def traces_of(self, text: str) -> list[str]:
        """See Deployment.traces_of."""
        raise NotImplementedError("nothing is kept")

    def device_processes(self, device_id: str) -> list[int]:
        """See Deployment.device_processes."""
        raise NotImplementedError("devices are no processes")
