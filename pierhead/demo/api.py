"""The HTTP API as the demonstration uses it, through requests."""

from enum import Enum
from typing import Any

import requests

from pierhead.demo.errors import NotObserved
from pierhead.demo.polling import until

Json = dict[str, Any]

_TIMEOUT = 10.0


class Kind(Enum):
    """A resource: its path, and its names in envelopes."""

    DRIVER = ("/v2.0/fleet/drivers", "driver", "drivers")
    DEVICE = ("/v2.0/fleet/devices", "device", "devices")
    SERVICE_TYPE = ("/v2.0/fleet/service-types", "service_type", "service_types")
    BINDING = ("/v2.0/fleet/bindings", "binding", "bindings")
    DECISION = ("/v2.0/fleet/decisions", "decision", "decisions")
    AGENT = ("/v2.0/fleet/agents", "agent", "agents")
    NETWORK = ("/v2.0/networks", "network", "networks")
    SUBNET = ("/v2.0/subnets", "subnet", "subnets")
    VIP = ("/v2.0/lb/vips", "vip", "vips")
    POOL = ("/v2.0/lb/pools", "pool", "pools")
    MEMBER = ("/v2.0/lb/members", "member", "members")
    HEALTH_MONITOR = ("/v2.0/lb/health_monitors", "health_monitor", "health_monitors")

    def __init__(self, path: str, one: str, many: str) -> None:
        self.path = path
        self.one = one
        self.many = many


class Api:
    """One person's session. Every refusal and every missing answer is a NotObserved."""

    def __init__(self, url: str, *, project: str = "demo", roles: str = "admin") -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers.update({"X-Project-Id": project, "X-Roles": roles})
        # A proxy or .netrc meant for the outside world must not come between.
        self._session.trust_env = False

    def create(self, kind: Kind, **fields: Any) -> Json:
        """The new object."""
        return self._object("POST", kind, kind.path, {kind.one: fields})

    def show(self, kind: Kind, identity: str) -> Json:
        return self._object("GET", kind, f"{kind.path}/{identity}")

    def find(self, kind: Kind, **filters: str) -> list[Json]:
        found: list[Json] = self._send("GET", kind.path, params=filters).json()[kind.many]
        return found

    def update(self, kind: Kind, identity: str, **fields: Any) -> Json:
        """The object as it is after the change."""
        return self._object("PUT", kind, f"{kind.path}/{identity}", {kind.one: fields})

    def delete(self, kind: Kind, identity: str) -> None:
        self._send("DELETE", f"{kind.path}/{identity}")

    def associate(self, pool_id: str, health_monitor_id: str) -> None:
        """Have a pool use a health monitor."""
        path = f"{Kind.POOL.path}/{pool_id}/health_monitors"
        self._send("POST", path, body={"health_monitor": {"id": health_monitor_id}})

    def exists(self, kind: Kind, identity: str) -> bool:
        answer = self._request("GET", f"{kind.path}/{identity}")
        return answer.status_code != 404

    def wait_for_status(self, kind: Kind, identity: str, wanted: str, *, seconds: float) -> Json:
        """The object once its status is `wanted`."""

        seen: list[Json] = []

        def look() -> Json | None:
            seen[:] = [self.show(kind, identity)]
            return seen[0] if seen[0]["status"] == wanted else None

        try:
            return until(look, what=f"{kind.one} becomes {wanted}", seconds=seconds)
        except NotObserved as late:
            if not seen:
                raise
            reason = seen[0].get("status_description") or seen[0].get("status_reason") or "-"
            raise NotObserved(f"{late}; it is {seen[0]['status']} ({reason})") from None

    def wait_until_gone(self, kind: Kind, identity: str, *, seconds: float) -> None:
        until(lambda: not self.exists(kind, identity), what=f"{kind.one} is gone", seconds=seconds)

    def _object(self, method: str, kind: Kind, path: str, body: Json | None = None) -> Json:
        found: Json = self._send(method, path, body=body).json()[kind.one]
        return found

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, str] | None = None,
    ) -> requests.Response:
        answer = self._request(method, path, body=body, params=params)
        if answer.status_code >= 300:
            raise NotObserved(f"{method} {path} succeeds: {answer.status_code} {answer.text[:500]}")
        return answer

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, str] | None = None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method, self._url + path, json=body, params=params, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise NotObserved(f"{method} {path} is answered: {error}") from error
