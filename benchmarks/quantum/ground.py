"""A Neutron with Pierhead inside, one device, and networks with clients and members."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import requests

from tests.lab.embedded_site import OWN, RPC_SERVER, EmbeddedSite
from tests.lab.networks import Machine, TenantNetwork, machine, make_network
from tests.lab.site import NeutronLab

PROJECT = "bench"
MEMBER = "10.0.0.20"
CLIENT = "10.0.0.10"
_CIDR = "10.0.0.0/24"
_UNLIMITED = {"quota_vip": -1, "quota_pool": -1, "quota_port": -1, "quota_network": -1}
_GIVE_UP = 120.0
_ASK_EVERY = 0.01

Json = dict[str, Any]


class Place(StrEnum):
    """Where the conductor runs."""

    INSIDE = "conductor inside"
    """In Neutron's RPC server, by calls in process."""
    BESIDE = "conductor beside"
    """A process of its own, by REST."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    networks: int
    vips: int
    """Further ones on each network."""
    calls: int

    @classmethod
    def few(cls) -> Self:
        return cls(networks=3, vips=2, calls=10)

    @classmethod
    def many(cls) -> Self:
        return cls(networks=10, vips=4, calls=50)


@dataclass(frozen=True)
class Ground:
    """One site with one device."""

    site: EmbeddedSite
    place: Place

    @property
    def lab(self) -> NeutronLab:
        """Its Neutron."""
        return self.site.lab

    @contextmanager
    def network(self) -> Iterator[tuple[TenantNetwork, Machine]]:
        """A network with a member that serves, and its client. All have the same addresses."""
        network = make_network(self.lab, PROJECT, _CIDR)
        with (
            machine(self.lab, network, address=MEMBER) as member,
            machine(self.lab, network, address=CLIENT) as client,
        ):
            member.serve(MEMBER)
            yield network, client

    def make_pool(self, network: TenantNetwork) -> str:
        """A pool with the network's member; its id."""
        wanted = {"subnet_id": network.subnet_id, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        pool = self.ask("POST", "lb/pools", pool={"name": "pool", **wanted})["pool"]
        member = {"pool_id": pool["id"], "address": MEMBER, "protocol_port": 80}
        self.ask("POST", "lb/members", member=member)
        return str(pool["id"])

    def make_vip(self, network: TenantNetwork, pool_id: str) -> Json:
        """The VIP as it was answered: not yet ACTIVE."""
        wanted = {"subnet_id": network.subnet_id, "pool_id": pool_id}
        vip: Json = self.ask(
            "POST",
            "lb/vips",
            vip={"name": "vip", "protocol": "HTTP", "protocol_port": 80, **wanted},
        )["vip"]
        return vip

    def wait_active(self, vip_id: str) -> None:
        """Ask until the VIP is ACTIVE."""
        deadline = time.monotonic() + _GIVE_UP
        while (vip := self.ask("GET", f"lb/vips/{vip_id}")["vip"])["status"] != "ACTIVE":
            if time.monotonic() > deadline:
                raise AssertionError(f"VIP {vip_id} is not ACTIVE: {vip['status_description']}")
            time.sleep(_ASK_EVERY)

    def remove(self, vip_id: str) -> None:
        """Delete the VIP, and wait until it is gone."""
        self.ask("DELETE", f"lb/vips/{vip_id}")
        deadline = time.monotonic() + _GIVE_UP
        while self.send("GET", f"lb/vips/{vip_id}").status_code != 404:
            if time.monotonic() > deadline:
                raise AssertionError(f"VIP {vip_id} is not gone")
            time.sleep(_ASK_EVERY)

    def ask(self, method: str, path: str, **body: object) -> Json:
        """A request of the tenant, who is an admin, too; AssertionError when it is refused."""
        answer = self.send(method, path, **body)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def send(self, method: str, path: str, **body: object) -> requests.Response:
        """The same, with the answer as it is."""
        with self.lab.session(PROJECT) as session:
            return session.request(
                method, f"{self.lab.url}/v2.0/{path}", json=body or None, timeout=60
            )


@contextmanager
def prepared(place: Place) -> Iterator[Ground]:
    """A site with its device, until the context is left."""
    inside = place is Place.INSIDE
    with EmbeddedSite(
        conductor=RPC_SERVER if inside else OWN, extra={"QUOTAS": _UNLIMITED}
    ) as site:
        ground = Ground(site, place)
        site.start_agent().wait_ready()
        if not inside:
            site.start_conductor().wait_ready()
        wanted = {"name": f"edge-{secrets.token_hex(2)}", "driver": "haproxy-namespace"}
        device = ground.ask("POST", "fleet/devices", device=wanted)["device"]
        deadline = time.monotonic() + _GIVE_UP
        path = f"fleet/devices/{device['id']}"
        while ground.ask("GET", path)["device"]["status"] != "ONLINE":
            if time.monotonic() > deadline:
                raise AssertionError("the device is not ONLINE")
            time.sleep(_ASK_EVERY)
        yield ground
        site.stop()
