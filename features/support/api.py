"""The HTTP API as the steps use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of the API: its path, and the names of one and of many in documents."""

    path: str
    one: str
    many: str


KINDS: Mapping[str, Kind] = {
    "driver": Kind("/v2.0/fleet/drivers", "driver", "drivers"),
    "device": Kind("/v2.0/fleet/devices", "device", "devices"),
    "device pool": Kind("/v2.0/fleet/device-pools", "device_pool", "device_pools"),
    "service type": Kind("/v2.0/fleet/service-types", "service_type", "service_types"),
    "binding": Kind("/v2.0/fleet/bindings", "binding", "bindings"),
    "decision": Kind("/v2.0/fleet/decisions", "decision", "decisions"),
    "agent": Kind("/v2.0/fleet/agents", "agent", "agents"),
    "dead letter": Kind("/v2.0/fleet/dead-letters", "dead_letter", "dead_letters"),
    "network": Kind("/v2.0/networks", "network", "networks"),
    "subnet": Kind("/v2.0/subnets", "subnet", "subnets"),
    "VIP": Kind("/v2.0/lb/vips", "vip", "vips"),
    "pool": Kind("/v2.0/lb/pools", "pool", "pools"),
    "member": Kind("/v2.0/lb/members", "member", "members"),
    "health monitor": Kind("/v2.0/lb/health_monitors", "health_monitor", "health_monitors"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name a request is made."""

    project: str
    is_admin: bool

    @property
    def headers(self) -> dict[str, str]:
        """What tells the API who asks."""
        return {
            "X-User-Id": f"user-of-{self.project}",
            "X-Project-Id": self.project,
            # With those that Keystone implies.
            "X-Roles": "admin,member,reader" if self.is_admin else "member,reader",
        }


PROVIDER = Caller("provider", is_admin=True)


class Api:
    """One connection to the API at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def send(
        self,
        caller: Caller,
        method: str,
        path: str,
        body: Json | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One request; a server's failure is never what a feature expects, unless it tells when
        to try again."""
        response = self._session.request(
            method, self._url + path, json=body, params=params, headers=caller.headers, timeout=30
        )
        told = "Retry-After" in response.headers
        assert response.status_code < 500 or told, f"{method} {path}: {response.text}"
        return response

    def send_raw(self, caller: Caller, method: str, path: str, text: str) -> requests.Response:
        """A request with any text for a body."""
        headers = {**caller.headers, "Content-Type": "application/json"}
        response = self._session.request(
            method, self._url + path, data=text.encode(), headers=headers, timeout=30
        )
        assert response.status_code < 500, f"{method} {path}: {response.text}"
        return response

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()
