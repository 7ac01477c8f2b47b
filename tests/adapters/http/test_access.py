"""Who may see and do what, and what every response carries."""

import uuid

import pytest
import structlog
from falcon.testing import create_environ
from structlog.testing import capture_logs

from adapters.http.errors import status_of
from core.domain.errors import PierheadError
from core.ports.network_wirer import WiringFailure
from core.ports.store import StoreFailure
from tests.adapters.http.site import Site

ALICE = {"X-Project-Id": "alice"}
BOB = {"X-Tenant-Id": "bob", "X-Roles": "member, reader"}
ADMIN = {"X-Project-Id": "ops", "X-Roles": "reader,Admin"}
READ_ONLY_FLEET = ("bindings", "agents")


def test_without_headers_the_caller_is_the_admin_of_demo(site):
    assert site.make("networks")["tenant_id"] == "demo"
    assert site.ask("GET", "/v2.0/fleet/agents").status_code == 200


def test_tenants_see_and_touch_only_their_own(site):
    made = site.ask("POST", "/v2.0/networks", {"network": {}}, headers=ALICE).json["network"]
    assert made["tenant_id"] == made["project_id"] == "alice"
    path = f"/v2.0/networks/{made['id']}"
    assert site.ask("GET", path, headers=ALICE).status_code == 200
    assert site.ask("GET", path, headers=BOB).status_code == 404
    assert site.ask("PUT", path, {"network": {"name": "x"}}, headers=BOB).status_code == 404
    assert site.ask("DELETE", path, headers=BOB).status_code == 404
    assert site.ask("GET", "/v2.0/networks", headers=BOB).json["networks"] == []
    assert site.ask("GET", path, headers=ADMIN).status_code == 200


def test_only_an_admin_names_another_project(site):
    for attribute in ("tenant_id", "project_id"):
        body = {"network": {attribute: "carol"}}
        refused = site.ask("POST", "/v2.0/networks", body, headers=ALICE)
        assert refused.status_code == 400
        made = site.ask("POST", "/v2.0/networks", body, headers=ADMIN)
        assert made.json["network"]["tenant_id"] == "carol"


def test_the_fleet_is_for_admins_but_for_ones_own_devices(site):
    for plural in READ_ONLY_FLEET:
        result = site.ask("GET", f"/v2.0/fleet/{plural}", headers=ALICE)
        assert result.status_code == 403
        assert result.json["NeutronError"]["type"] == "Forbidden"
    body = {"service_type": {"name": "x", "drivers": ["acme"]}}
    assert site.ask("POST", "/v2.0/fleet/service-types", body, headers=ALICE).status_code == 403
    shared = site.make("fleet/devices", name="shared", driver="acme")
    body = {"device": {"name": "mine", "driver": "acme"}}
    mine = site.ask("POST", "/v2.0/fleet/devices", body, headers=ALICE).json["device"]
    assert mine["project_id"] == "alice"
    listed = site.ask("GET", "/v2.0/fleet/devices", headers=ALICE).json["devices"]
    assert [device["name"] for device in listed] == ["mine"]
    path = f"/v2.0/fleet/devices/{shared['id']}"
    assert site.ask("GET", path, headers=ALICE).status_code == 404


@pytest.mark.parametrize("project", ["", "a b", "a\tb", "x" * 256, "caf\xe9"])
def test_a_project_that_cannot_be_one_is_refused(site, project):
    headers = {"X-Project-Id": project}
    result = site.ask("GET", "/v2.0/networks", headers=headers)
    assert result.status_code == 400
    assert "X-Project-Id" in result.json["NeutronError"]["message"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://falconframework.org", 200),
        ("http://evil.example", 403),
        ("http://falconframework.org.evil.example", 403),
        ("http://falconframework.org:8080", 403),
        ("http://[", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_browser_on_another_site_is_refused(site, origin, status):
    result = site.ask("GET", "/v2.0/networks", headers={"Origin": origin})
    assert result.status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:9797", 200),
        ("127.0.0.1:9797", 200),
        ("[::1]:9797", 200),
        ("api.example", 200),
        ("rebound.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("999.0.0.1", 403),
        ("evil.example:80", 403),
        ("evil.example:80:80", 400),
        ("localhost:80:80", 400),
        ("a:b", 400),
        ("[::1", 400),
        ("::1", 400),
        ("localhost:99999", 400),
        ("localhost:", 400),
        ("local host", 400),
        ("", 400),
    ],
)
def test_a_server_that_knows_its_names_answers_to_no_other(host, status):
    site = Site(hosts=("api.example",))
    result = site.ask("GET", "/v2.0/networks", headers={"Host": host})
    assert result.status_code == status


@pytest.mark.parametrize("host", ["a:b", "a:80:80", "[::", "a/b"])
def test_a_malformed_host_is_refused_by_every_server(site, host):
    result = site.ask("GET", "/v2.0/networks?limit=1", headers={"Host": host})
    assert result.status_code == 400
    assert "Host" in result.json["NeutronError"]["message"]


@pytest.mark.parametrize(("hosts", "status"), [((), "400 Bad Request"), (None, "200 OK")])
def test_who_names_no_host_is_refused_by_a_server_that_knows_its_names(hosts, status):
    environ = create_environ("/v2.0/networks", http_version="1.0")
    seen = []
    Site(hosts=hosts).app(environ, lambda answered, _headers: seen.append(answered))
    assert seen == [status]


def test_a_tenant_registers_a_limited_number_of_devices(site):
    def register(name, headers):
        body = {"device": {"name": name, "driver": "acme"}}
        return site.ask("POST", "/v2.0/fleet/devices", body, headers=headers)

    assert [register(f"a{n}", ALICE).status_code for n in range(2)] == [201, 201]
    refused = register("a2", ALICE)
    assert refused.status_code == 409
    assert refused.json["NeutronError"]["type"] == "OverQuota"
    assert register("b0", BOB).status_code == 201
    assert register("shared", ADMIN).status_code == 201


def test_every_response_has_an_identity_of_its_own(site):
    seen = set()
    for path in ("/v2.0/networks", "/nothing", "/v2.0/networks?colour=1", "/healthz"):
        result = site.ask("GET", path)
        request_id = result.headers["x-openstack-request-id"]
        assert uuid.UUID(request_id.removeprefix("req-"))
        seen.add(request_id)
    assert len(seen) == 4


def test_head_answers_as_get_without_a_body(site):
    site.make("networks")
    got = site.ask("GET", "/v2.0/networks")
    head = site.ask("HEAD", "/v2.0/networks")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == "application/json"


@pytest.mark.parametrize("suffix", ["", ".json", "/"])
def test_older_clients_may_append_a_suffix(site, suffix):
    network = site.make("networks")
    paths = ["/v2.0/networks", f"/v2.0/networks/{network['id']}"]
    statuses = [site.ask("GET", path + suffix).status_code for path in paths]
    assert statuses == [200, 200]


def test_an_unexpected_failure_is_logged_and_not_told(site, monkeypatch):
    def fail(*_):
        raise RuntimeError("the password is xyzzy")

    monkeypatch.setattr(type(site.services.networks), "list", fail)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        result = site.ask("GET", "/v2.0/networks")
    assert result.status_code == 500
    assert result.json["NeutronError"]["type"] == "HTTPInternalServerError"
    assert "xyzzy" not in result.text
    assert logs[0]["exc_info"]
    assert logs[0]["request_id"] == result.headers["x-openstack-request-id"]


def test_a_failing_network_side_is_503_with_a_time_to_retry(site, monkeypatch):
    def fail(*_):
        raise WiringFailure("the switch is gone")

    monkeypatch.setattr(type(site.services.networks), "list", fail)
    result = site.ask("GET", "/v2.0/networks")
    assert result.status_code == 503
    assert int(result.headers["retry-after"]) > 0
    assert "the switch is gone" in result.json["NeutronError"]["message"]


def test_a_store_that_fails_is_503_with_a_time_to_retry_and_says_nothing_of_itself(
    site, monkeypatch
):
    def fail(*_):
        raise StoreFailure("connection to db.internal refused")

    monkeypatch.setattr(type(site.services.networks), "list", fail)
    with capture_logs() as logs:
        result = site.ask("GET", "/v2.0/networks")
    assert result.status_code == 503
    assert int(result.headers["retry-after"]) > 0
    assert result.json["NeutronError"]["type"] == "StoreFailure"
    assert "db.internal" not in result.text
    assert logs[0]["reason"] == "connection to db.internal refused"


def test_every_known_error_has_a_status():
    kinds = PierheadError.__subclasses__()
    assert len(kinds) >= 4
    for kind in kinds:
        error = kind.__new__(kind)
        assert status_of(error) in {400, 403, 404, 409}
