"""Schemathesis sends what the OpenAPI document allows, and much that it does not."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.adapters.http.site import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ADMIN = {"X-Project-Id": "demo", "X-Roles": "admin"}

schemathesis.openapi.format("ip-address", st.sampled_from(["127.20.0.7", "127.20.0.8", "::1"]))
schemathesis.openapi.format("cidr", st.integers(8, 30).map(lambda n: f"127.40.0.0/{n}"))


class Furnished:
    """The API of a site with one object of each kind, whose identities are known."""

    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.site = site = Site()
        service_type = site.service_type()
        subnet = site.subnet()
        sticky = {"type": "HTTP_COOKIE"}
        vip = site.vip(subnet_id=subnet["id"], session_persistence=sticky)
        address = {"address": "127.20.0.9", "protocol_port": 80}
        member = site.make("lb/members", pool_id=vip["pool_id"], **address)
        check = {"type": "HTTP", "delay": 5, "timeout": 3, "max_retries": 2}
        monitor = site.make("lb/health_monitors", **check)
        path = f"/v2.0/lb/pools/{vip['pool_id']}/health_monitors"
        site.ask("POST", path, {"health_monitor": {"id": monitor["id"]}})
        device = site.make("fleet/devices", name="edge", driver="acme", labels={"rack": "7"})
        burst = site.make("fleet/device-pools", name="burst", driver="acme")
        self.known = {
            "vips": vip["id"],
            "pools": vip["pool_id"],
            "members": member["id"],
            "health_monitors": monitor["id"],
            "networks": subnet["network_id"],
            "subnets": subnet["id"],
            "devices": device["id"],
            "device-pools": burst["id"],
            "drivers": "acme",
            "service-types": service_type["id"],
        }

    def __call__(self, environment: Any, start_response: Any) -> Any:
        return self.site.app(environment, start_response)

    def aim(self, case: Any) -> None:
        """Have a case name objects that exist, where it would name any."""
        for name in case.path_parameters or {}:
            plural = {"pool_id": "pools", "monitor_id": "health_monitors"}.get(name)
            if plural is None:
                plural = case.path.split("/")[-2]
            case.path_parameters[name] = self.known.get(plural, "none")
        self._aim_body(case.body)

    def _aim_body(self, body: Any) -> None:
        for item in body if isinstance(body, list) else []:
            self._aim_body(item)
        for name, value in body.items() if isinstance(body, dict) else []:
            if name in {"subnet_id", "pool_id", "network_id"} and isinstance(value, str):
                body[name] = self.known[f"{name.removesuffix('_id')}s"]
            self._aim_body(value)


FURNISHED = Furnished()
schema = schemathesis.openapi.from_wsgi("/openapi.json", FURNISHED)


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=3,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_to_the_document(case):
    """Once as it comes, and once as an admin's request about objects that exist."""
    case.call_and_validate(checks=CHECKS)
    if case.method == "DELETE":
        FURNISHED.refresh()
    FURNISHED.aim(case)
    case.call_and_validate(checks=CHECKS, headers=ADMIN)
