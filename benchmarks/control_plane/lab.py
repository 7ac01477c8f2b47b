"""One api, one conductor and one agent on own servers: where the parts are measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from benchmarks.client import LightClient
from benchmarks.machine import CpuTime, Memory, descendants
from pierhead.demo.api import Json, Kind
from tests.servers.postgres import Postgres, postgres
from tests.servers.rabbitmq import rabbitmq
from tests.split.site import Site

DEVICES = 20
VIP_PORT = 8080
_DATABASE = "bench"


@dataclass
class Lab:
    """Roles at work on `DEVICES` devices in memory, and a subnet of 16 bits."""

    site: Site
    database: Postgres
    servers: Mapping[str, int]
    port: int
    subnet_id: str = ""
    stored: int = 0
    """VIPs that were made so far."""

    def client(self) -> LightClient:
        """A connection of one's own."""
        return LightClient(self.port)

    def prepare(self) -> None:
        """Make the devices and the network."""
        client = self.client()
        client.create(Kind.SERVICE_TYPE, name="bench", drivers=["memory"], default=True)
        devices = [
            client.create(Kind.DEVICE, name=f"memory-{n}", driver="memory", limits={"vips": None})
            for n in range(DEVICES)
        ]
        for device in devices:
            client.wait_active(Kind.DEVICE, device["id"])
        network = client.create(Kind.NETWORK, name="bench")
        subnet = client.create(
            Kind.SUBNET, network_id=network["id"], cidr="127.64.0.0/15", ip_version=4
        )
        self.subnet_id = str(subnet["id"])

    def make_pool(self, client: LightClient) -> str:
        """The id of a pool without members."""
        pool = client.create(
            Kind.POOL, protocol="HTTP", lb_method="ROUND_ROBIN", subnet_id=self.subnet_id
        )
        return str(pool["id"])

    def make_vip(self, client: LightClient, pool_id: str) -> Json:
        """The VIP as the API answered: not yet ACTIVE."""
        self.stored += 1
        return client.create(
            Kind.VIP,
            protocol="HTTP",
            protocol_port=VIP_PORT,
            subnet_id=self.subnet_id,
            pool_id=pool_id,
        )

    def settle(self) -> None:
        """Have the database tidied up, which it would do by itself in the middle of what comes:
        it looks once a minute, and filling takes less."""
        self.database.vacuum(_DATABASE)

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far, by part; the database's processes that ended are in it."""
        parts = {name: _cpu_of([role.pid]) for name, role in self.site.roles.items()}
        for name, pid in self.servers.items():
            parts[name] = _cpu_of([pid, *descendants(pid)])
        return parts

    def memory(self) -> dict[str, Memory]:
        """Memory of each role."""
        return {name: Memory.of(frozenset({role.pid})) for name, role in self.site.roles.items()}


@contextmanager
def new_lab() -> Iterator[Lab]:
    """Servers and roles, cleared away at the end. The database is durable."""
    with (
        postgres(durable=True) as database,
        rabbitmq() as bus,
        TemporaryDirectory(prefix="pierhead-bench-") as folder,
        Site(database.create(_DATABASE), bus.url, Path(folder), heartbeat=2.0) as site,
    ):
        site.upgrade()
        api = site.start_api()
        site.start_conductor()
        site.start_agent()
        port = urlsplit(api.url).port
        assert port is not None
        for role in site.roles.values():
            role.wait_ready()
        lab = Lab(site, database, {"postgresql": database.pid, "rabbitmq": bus.pid}, port)
        lab.prepare()
        yield lab
        site.stop()


def _cpu_of(pids: list[int]) -> float:
    total = 0.0
    for number, pid in enumerate(pids):
        try:
            used = CpuTime.of(pid)
        except FileNotFoundError:
            continue
        # What ended is counted by its parent, which is the first.
        total += used.own + (used.children if number == 0 else 0.0)
    return total
