"""What tests do with a Neutron that has Pierhead inside."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests

from tests.lab.networks import wait_until
from tests.lab.site import NeutronLab

_HOST = "appliance-1"
"""Where our mechanism driver binds the device's ports."""


@dataclass(frozen=True)
class Tenant:
    """Somebody who calls Neutron."""

    lab: NeutronLab
    project: str
    roles: str

    def ask(self, method: str, path: str, **body: object) -> requests.Response:
        """Whatever Neutron answers."""
        with self.lab.session(self.project, self.roles) as session:
            return session.request(
                method, f"{self.lab.url}/v2.0/{path}", json=body or None, timeout=60
            )

    def get(self, path: str) -> Any:
        """The body of an answer that must be good."""
        return self._good("GET", path)

    def make(self, path: str, singular: str, **values: object) -> dict[str, Any]:
        """One new object."""
        made: dict[str, Any] = self._good("POST", path, **{singular: values})[singular]
        return made

    def put(self, path: str, **body: object) -> Any:
        """The answer to a change."""
        return self._good("PUT", path, **body)

    def delete(self, path: str) -> None:
        """Delete something."""
        self._good("DELETE", path)

    def refusal(self, method: str, path: str, **body: object) -> tuple[int, str]:
        """Status and type of an error."""
        answer = self.ask(method, path, **body)
        return answer.status_code, answer.json()["NeutronError"]["type"]

    def subnet(self, cidr: str = "10.0.0.0/24") -> str:
        """The id of a subnet of his own on a network of its own."""
        network = self.make("networks", "network", name="network")
        wanted = {"network_id": network["id"], "cidr": cidr, "ip_version": 4}
        subnet_id: str = self.make("subnets", "subnet", enable_dhcp=False, **wanted)["id"]
        return subnet_id

    def pool(self, subnet_id: str, **more: object) -> dict[str, Any]:
        """A pool on the subnet."""
        wanted = {"subnet_id": subnet_id, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        return self.make("lb/pools", "pool", **wanted, **more)

    def vip(self, pool: dict[str, Any], **more: object) -> dict[str, Any]:
        """A VIP on the pool's own subnet."""
        wanted = {
            "subnet_id": pool["subnet_id"],
            "pool_id": pool["id"],
            "protocol": "HTTP",
            "protocol_port": 80,
            **more,
        }
        return self.make("lb/vips", "vip", **wanted)

    def wait_active(self, vip_id: str) -> None:
        """Wait until a VIP is deployed."""
        wait_until(
            lambda: self.get(f"lb/vips/{vip_id}")["vip"]["status"] == "ACTIVE",
            f"VIP {vip_id} is ACTIVE",
        )

    def wait_gone(self, vip_id: str) -> None:
        """Wait until a VIP is no longer there."""
        wait_until(
            lambda: self.ask("GET", f"lb/vips/{vip_id}").status_code == 404,
            f"VIP {vip_id} is gone",
        )

    def _good(self, method: str, path: str, **body: object) -> Any:
        answer = self.ask(method, path, **body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class House:
    """A lab with an agent, a device and an operator."""

    lab: NeutronLab
    device: str

    @classmethod
    def begin(cls, lab: NeutronLab, settings: Path) -> Self:
        """Start an agent, and register a physical device in memory."""
        lab.start_process(
            "pierhead-agent",
            [
                *(str(lab.python), "-m", "pierhead", "agent", "--config", str(settings)),
                *("--state-dir", str(lab.folder / "agent")),
            ],
        )
        operator = Tenant(lab, "operator", "admin")
        device = operator.make(
            "fleet/devices",
            "device",
            name="one",
            driver="memory",
            # Tests use the same addresses, one after the other and at once.
            isolates_overlapping=True,
            wiring={"kind": "physical", "host": _HOST},
        )
        wait_until(
            lambda: operator.get(f"fleet/devices/{device['id']}")["device"]["status"] == "ONLINE",
            "the device is ONLINE",
        )
        return cls(lab, device["id"])

    @property
    def operator(self) -> Tenant:
        """An admin."""
        return self.as_role("operator", "admin")

    def tenant(self) -> Tenant:
        """A member of a project that nobody else has."""
        return self.as_role(f"project-{secrets.token_hex(4)}", "member")

    def as_role(self, project: str, roles: str) -> Tenant:
        """Somebody with these roles."""
        return Tenant(self.lab, project, roles)
