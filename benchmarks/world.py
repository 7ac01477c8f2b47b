"""A daemon with one HAProxy device, one subnet and members that answer: where phases begin."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.client import LightClient
from pierhead.demo.api import Json, Kind
from pierhead.demo.daemon import Daemon
from pierhead.demo.members import WebServer, start_web_servers

VIP_PORT = 8080
_MEMBERS = 4


class World:
    """`servers` are members that any pool may use."""

    def __init__(self, daemon: Daemon, servers: list[WebServer], subnet_id: str) -> None:
        self.daemon = daemon
        self.servers = servers
        self.client = LightClient(daemon.port)
        self._subnet_id = subnet_id

    def new_client(self) -> LightClient:
        """A connection for another thread."""
        return LightClient(self.daemon.port)

    def make_pool(self, client: LightClient, members: int) -> str:
        """The id of a pool with its members, without a health monitor."""
        pool = client.create(
            Kind.POOL, protocol="HTTP", lb_method="ROUND_ROBIN", subnet_id=self._subnet_id
        )
        for server in self.servers[:members]:
            self.add_member(client, pool["id"], server)
        return str(pool["id"])

    def add_member(self, client: LightClient, pool_id: str, server: WebServer) -> str:
        """The id of the new member."""
        member = client.create(
            Kind.MEMBER, pool_id=pool_id, address=server.address, protocol_port=server.port
        )
        return str(member["id"])

    def make_vip(self, client: LightClient, pool_id: str) -> Json:
        """The VIP as the API answered: not yet ACTIVE."""
        return client.create(
            Kind.VIP,
            protocol="HTTP",
            protocol_port=VIP_PORT,
            subnet_id=self._subnet_id,
            pool_id=pool_id,
        )

    def members_of(self, pool_id: str) -> list[str]:
        """Ids of a pool's members."""
        return [member["id"] for member in self.client.find(Kind.MEMBER, pool_id=pool_id)]

    @property
    def haproxy_version(self) -> str:
        return str(self.client.find(Kind.DEVICE)[0]["version"])


@contextmanager
def new_world() -> Iterator[World]:
    """A fresh daemon, cleared away at the end."""
    octet = 64 + secrets.randbelow(128)
    with Daemon("pierhead-bench-") as daemon:
        servers = start_web_servers(
            {f"member-{n}": f"127.{octet}.255.{200 + n}" for n in range(_MEMBERS)}
        )
        try:
            daemon.start()
            yield World(daemon, servers, _prepare(LightClient(daemon.port), octet))
        finally:
            for server in servers:
                server.kill()


def _prepare(client: LightClient, octet: int) -> str:
    client.create(Kind.SERVICE_TYPE, name="bench", drivers=["haproxy"], default=True)
    device = client.create(
        Kind.DEVICE, name="haproxy-1", driver="haproxy", parameters={}, limits={"vips": None}
    )
    client.wait_active(Kind.DEVICE, device["id"])
    network = client.create(Kind.NETWORK, name="bench")
    subnet = client.create(
        Kind.SUBNET, network_id=network["id"], cidr=f"127.{octet}.0.0/16", ip_version=4
    )
    return str(subnet["id"])
