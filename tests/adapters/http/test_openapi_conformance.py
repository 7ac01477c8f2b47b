"""Schemathesis sends what the OpenAPI document allows, and much that it does not."""

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

schemathesis.openapi.format("ip-address", st.ip_addresses().map(str))
schemathesis.openapi.format("cidr", st.integers(8, 30).map(lambda n: f"127.0.0.0/{n}"))


def furnished() -> Site:
    """A site with one object of each kind."""
    site = Site()
    site.service_type()
    subnet = site.subnet()
    vip = site.vip(subnet_id=subnet["id"], session_persistence={"type": "HTTP_COOKIE"})
    site.make("lb/members", pool_id=vip["pool_id"], address="127.20.0.9", protocol_port=80)
    monitor = site.make("lb/health_monitors", type="HTTP", delay=5, timeout=3, max_retries=2)
    path = f"/v2.0/lb/pools/{vip['pool_id']}/health_monitors"
    site.ask("POST", path, {"health_monitor": {"id": monitor["id"]}})
    site.make("fleet/devices", name="edge", driver="acme", labels={"rack": "7"})
    return site


SITE = furnished()
schema = schemathesis.openapi.from_wsgi("/openapi.json", SITE.app)


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_to_the_document(case):
    case.call_and_validate(checks=CHECKS)
