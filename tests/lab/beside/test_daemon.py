"""The all-in-one daemon on Neutron's networks, with real packets."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.lab.haproxy.lan import leftovers
from tests.lab.linux.daemon import DRIVER, Daemon, eventually
from tests.lab.networks import Machine, call, machine, make_network
from tests.lab.site import NeutronLab

pytestmark = pytest.mark.slow

VIP = "10.0.0.100"


@pytest.fixture
def daemon(tmp_path: Path, lab: NeutronLab) -> Iterator[Daemon]:
    made = Daemon(tmp_path / "state", "neutron", neutron_auth="none", neutron_url=lab.url)
    made.start()
    yield made
    made.remove_devices()
    made.stop()
    assert leftovers() == set()
    assert [port["name"] for port in ports(lab)] == []


@pytest.fixture
def device(daemon: Daemon, lab: NeutronLab) -> Any:
    made = daemon.make(
        "fleet/devices",
        name="lb1",
        driver=DRIVER,
        parameters={"ovsdb": lab.switch.connection},
        wiring={"kind": "virtual", "host": lab.host},
    )
    daemon.await_status("fleet/devices", made["id"], "ONLINE")
    return made


class Tenant:
    """A project with a client, a member, and a VIP between its networks. Every tenant has the
    same addresses, and a member at another one."""

    def __init__(
        self, lab: NeutronLab, daemon: Daemon, until: ExitStack, *, name: str, member: str
    ) -> None:
        self.headers = {"X-Project-Id": name, "X-Roles": "member"}
        self._daemon = daemon
        self.front, self.back = (make_network(lab, name, f"10.{n}.0.0/24") for n in (0, 9))
        self.client: Machine = until.enter_context(machine(lab, self.front))
        self.member: Machine = until.enter_context(machine(lab, self.back, address=member))
        self.address = member
        self.member.serve(member, 80)
        self.pool: Any = None
        self.vip: Any = None

    def balance(self) -> None:
        subnet_id = self.back.subnet_id
        self.pool = self._make(
            "lb/pools", subnet_id=subnet_id, protocol="HTTP", lb_method="ROUND_ROBIN"
        )
        self._make("lb/members", pool_id=self.pool["id"], address=self.address, protocol_port=80)
        self.vip = self._make(
            "lb/vips",
            subnet_id=self.front.subnet_id,
            pool_id=self.pool["id"],
            protocol="HTTP",
            protocol_port=80,
            address=VIP,
        )
        self._daemon.await_status("lb/vips", self.vip["id"], "ACTIVE")
        eventually(lambda: self.client.reaches(VIP, 80))

    @property
    def is_served(self) -> bool:
        """Whether the client gets an answer, and from the tenant's own member."""
        return self.client.get(f"http://{VIP}/").text == f"{self.address}:80\n"

    def leave(self) -> None:
        self._daemon.remove("lb/vips", self.vip["id"])
        self._daemon.remove("lb/pools", self.pool["id"])

    def _make(self, path: str, **fields: Any) -> Any:
        return self._daemon.make(path, self.headers, **fields)


def ports(lab: NeutronLab) -> list[Any]:
    """Those that were made for VIPs and devices."""
    found = call(lab, "GET", "ports")["ports"]
    return [each for each in found if each["name"].startswith("pierhead-")]


def test_tenants_with_the_same_addresses_are_kept_apart_on_one_device(lab, daemon, device):
    with ExitStack() as until:
        red, blue = (
            Tenant(lab, daemon, until, name=name, member=member)
            for name, member in (("red", "10.9.0.20"), ("blue", "10.9.0.21"))
        )
        red.balance()
        assert red.is_served
        assert not blue.client.reaches(VIP, 80)
        assert not red.client.reaches(red.address, 80)
        blue.balance()
        assert [red.is_served, blue.is_served] == [True, True]
        made = ports(lab)
        owners = {each["project_id"] for each in made if "vip" in each["name"]}
        assert owners == {"red", "blue"}
        assert {each["binding:host_id"] for each in made if "device" in each["name"]} == {lab.host}
        assert len(made) == 6
        red.leave()
        eventually(lambda: len(ports(lab)) == 3)
        assert blue.is_served
        blue.leave()
        eventually(lambda: ports(lab) == [])


def test_a_subnet_of_another_tenant_is_refused(lab, daemon):
    network = make_network(lab, "red", "10.0.0.0/24")
    body = {"subnet_id": network.subnet_id, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    headers = {"X-Project-Id": "blue", "X-Roles": "member"}
    answer = daemon.ask("POST", "lb/pools", {"pool": body}, headers)
    assert (answer.status_code, answer.json()["NeutronError"]["type"]) == (404, "SubnetNotFound")


def test_networks_are_neutrons(daemon):
    assert daemon.ask("GET", "networks").status_code == 404
    assert daemon.ask("GET", "subnets").status_code == 404
