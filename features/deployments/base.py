"""What the steps need of a deployment, so that one set of steps serves all of them."""

import socket
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens. `network` is named where addresses alone do not tell which one it
    is."""

    address: str
    port: int
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request to a VIP brought; `member` None: no member answered."""

    member: Endpoint | None
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A network with one subnet that a deployment keeps for scenarios of a project. `prefix`
    are the first three octets of its addresses."""

    network_id: str
    subnet_id: str
    prefix: str


class PortClosed(Exception):
    """Nobody listens at the VIP."""


class Deployment(Protocol):
    """A running Pierhead with members that can live and die."""

    driver: str
    """The driver that the features call "standard"."""

    lacks: frozenset[str]
    """Tags of scenarios that make no sense here."""

    url: str

    def start(self) -> None:
        """Start with nothing stored."""

    def stop(self) -> None:
        """Stop everything, devices included, and leave nothing behind."""

    def kill(self) -> None:
        """End all of Pierhead as a power cut would. Devices go on."""

    def restart(self) -> None:
        """Start again with what is stored, at the same URL."""

    def mend(self) -> None:
        """Have run again what a scenario ended or held up."""

    def lend_network(self, project: str) -> Lent | None:
        """A network of a project that nothing else of the scenario uses; None: scenarios make
        their own."""

    def add_member(self, endpoint: Endpoint) -> None:
        """Let a member's server live at `endpoint`."""

    def set_member_alive(self, endpoint: Endpoint, *, alive: bool) -> None:
        """Let a member's server die or come back."""

    def remove_members(self) -> None:
        """Forget all members' servers, and take back the networks that were lent."""

    def request(
        self,
        vip: Endpoint,
        *,
        source: str | None = None,
        cookies: dict[str, str] | None = None,
        path: str = "/",
    ) -> Answer:
        """Send one request on a connection of its own. Raises PortClosed."""

    def connect(self, vip: Endpoint) -> socket.socket:
        """A connection to a VIP."""

    def sources(self, vip: Endpoint, count: int) -> list[str]:
        """Addresses from which clients can reach a VIP."""

    def traces_of(self, text: str) -> list[str]:
        """Where `text` stands in what the deployment keeps or logs."""

    def device_processes(self, device_id: str) -> list[int]:
        """The processes that run for a device."""
