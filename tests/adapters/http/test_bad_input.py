"""Every class of bad input gets a 4xx that names the attribute, and stores nothing."""

import json

import pytest

NOBODY = "00000000-0000-0000-0000-0000000000ff"


@pytest.fixture
def valid(site):
    """Path -> a body that would be accepted."""
    subnet_id = site.subnet()["id"]
    site.service_type()
    pool_id = site.pool(subnet_id)["id"]
    http = {"subnet_id": subnet_id, "protocol": "HTTP"}
    return {
        "vips": {**http, "protocol_port": 80, "pool_id": pool_id},
        "pools": {**http, "lb_method": "ROUND_ROBIN"},
        "members": {"pool_id": pool_id, "address": "127.20.0.9", "protocol_port": 80},
        "health_monitors": {"type": "HTTP", "delay": 5, "timeout": 5, "max_retries": 3},
        "networks": {"name": "n"},
        "subnets": {
            "network_id": site.make("networks")["id"],
            "cidr": "127.30.0.0/24",
        },
        "devices": {"name": "edge", "driver": "acme"},
        "service-types": {"name": "silver", "drivers": ["acme"]},
    }


def path_of(plural: str) -> str:
    if plural in ("devices", "service-types"):
        return f"/v2.0/fleet/{plural}"
    return f"/v2.0/{plural}" if plural in ("networks", "subnets") else f"/v2.0/lb/{plural}"


def member_of(plural: str) -> str:
    return plural.removesuffix("s").replace("-", "_")


def count(site, plural: str) -> int:
    return len(site.ask("GET", path_of(plural)).json[plural.replace("-", "_")])


def attempt(site, valid, plural: str, change, *, status: int, named: str):
    before = count(site, plural)
    body = {key: value for key, value in {**valid[plural], **change}.items() if value != "ABSENT"}
    result = site.ask("POST", path_of(plural), {member_of(plural): body})
    error = result.json.get("NeutronError", {})
    assert (result.status_code, set(error)) == (status, {"type", "message", "detail"}), result.text
    assert named in error["message"]
    assert count(site, plural) == before
    return error


def test_the_valid_bodies_are_accepted(site, valid):
    for plural, body in valid.items():
        result = site.ask("POST", path_of(plural), {member_of(plural): body})
        assert result.status_code == 201, result.text


@pytest.mark.parametrize(
    ("plural", "change", "named"),
    [
        ("vips", {"colour": "red"}, "colour"),
        ("vips", {"status": "ACTIVE"}, "'status' is read-only"),
        ("vips", {"id": NOBODY}, "'id' is read-only"),
        ("vips", {"port_id": NOBODY}, "'port_id' is read-only"),
        ("vips", {"subnet_id": "ABSENT"}, "subnet_id"),
        ("vips", {"pool_id": "ABSENT"}, "pool_id"),
        ("vips", {"subnet_id": "web"}, "subnet_id"),
        ("vips", {"subnet_id": None}, "subnet_id"),
        ("vips", {"protocol": "UDP"}, "protocol"),
        ("vips", {"protocol": "http"}, "protocol"),
        ("vips", {"protocol_port": 65536}, "protocol_port"),
        ("vips", {"protocol_port": -1}, "protocol_port"),
        ("vips", {"protocol_port": 80.0}, "protocol_port"),
        ("vips", {"protocol_port": 80.5}, "protocol_port"),
        ("vips", {"protocol_port": True}, "protocol_port"),
        ("vips", {"protocol_port": "0x50"}, "protocol_port"),
        ("vips", {"protocol_port": "٨٠"}, "protocol_port"),
        ("vips", {"protocol_port": [80]}, "protocol_port"),
        ("vips", {"connection_limit": -2}, "connection_limit"),
        ("vips", {"connection_limit": 10**12}, "connection_limit"),
        ("vips", {"admin_state_up": "yes"}, "admin_state_up"),
        ("vips", {"admin_state_up": 1}, "admin_state_up"),
        ("vips", {"address": "127.20.0.300"}, "address"),
        ("vips", {"address": "fe80::1%eth0"}, "address"),
        ("vips", {"address": "127.20.0.5\n"}, "address"),
        ("vips", {"address": "127.99.0.1"}, "address"),
        ("vips", {"name": "x" * 256}, "name"),
        ("vips", {"name": "a\nbind *:22"}, "name"),
        ("vips", {"name": "a\n"}, "name"),
        ("vips", {"name": None}, "name"),
        ("vips", {"session_persistence": "SOURCE_IP"}, "session_persistence"),
        ("vips", {"session_persistence": {"type": "MAGIC"}}, "session_persistence.type"),
        ("vips", {"session_persistence": {"cookie_name": "x"}}, "session_persistence"),
        ("vips", {"session_persistence": {"type": "APP_COOKIE"}}, "session_persistence"),
        (
            "vips",
            {"session_persistence": {"type": "SOURCE_IP", "cookie_name": "x"}},
            "session_persistence",
        ),
        (
            "vips",
            {"session_persistence": {"type": "APP_COOKIE", "cookie_name": "a b\n"}},
            "cookie_name",
        ),
        ("vips", {"session_persistence": {"type": "SOURCE_IP", "ttl": 5}}, "ttl"),
        ("vips", {"tenant_id": "a", "project_id": "b"}, "project_id"),
        ("pools", {"lb_method": "RANDOM"}, "lb_method"),
        ("pools", {"health_monitors": "x"}, "health_monitors"),
        ("pools", {"health_monitors": ["x"]}, "health_monitors.0"),
        ("pools", {"health_monitors": [NOBODY, NOBODY]}, "health_monitors"),
        ("pools", {"vip_id": NOBODY}, "'vip_id' is read-only"),
        ("pools", {"provider": "f5"}, "provider"),
        ("members", {"weight": 257}, "weight"),
        ("members", {"weight": -1}, "weight"),
        ("members", {"address": "web-1"}, "address"),
        ("members", {"address": ""}, "address"),
        ("health_monitors", {"type": "UDP"}, "type"),
        ("health_monitors", {"max_retries": 0}, "max_retries"),
        ("health_monitors", {"max_retries": 11}, "max_retries"),
        ("health_monitors", {"delay": 4}, "delay"),
        ("health_monitors", {"timeout": -1, "delay": -1}, "delay"),
        ("health_monitors", {"expected_codes": "2xx"}, "expected_codes"),
        ("health_monitors", {"expected_codes": "200\n"}, "expected_codes"),
        ("health_monitors", {"expected_codes": "٢٠٠"}, "expected_codes"),
        ("health_monitors", {"url_path": "status"}, "url_path"),
        ("health_monitors", {"url_path": "/ HTTP/1.1\r\nX: y"}, "url_path"),
        ("health_monitors", {"http_method": "GET\r\nX: y"}, "http_method"),
        ("health_monitors", {"http_method": "DELETE"}, "http_method"),
        ("health_monitors", {"http_method": "POST"}, "http_method"),
        ("health_monitors", {"http_method": "get"}, "http_method"),
        ("members", {"address": "127.0.0.1", "protocol_port": 9797}, "Pierhead's own API"),
        ("subnets", {"cidr": "127.0.0.0/8"}, "127.0.0.0/24 is the host's own"),
        ("networks", {"shared": "perhaps"}, "shared"),
        ("networks", {"subnets": []}, "'subnets' is read-only"),
        ("subnets", {"cidr": "127.30.0.0"}, "cidr"),
        ("subnets", {"cidr": "127.30.0.0/33"}, "cidr"),
        ("subnets", {"cidr": "10.0.0.0/24"}, "cidr"),
        ("subnets", {"ip_version": 5}, "ip_version"),
        ("subnets", {"gateway_ip": "10.9.9.9"}, "gateway_ip"),
        ("subnets", {"allocation_pools": [{"start": "127.30.0.9"}]}, "allocation_pools.0.end"),
        ("subnets", {"host_routes": [{"destination": "x", "nexthop": "y"}]}, "host_routes.0"),
        ("devices", {"name": ""}, "name"),
        ("devices", {"driver": "nginx"}, "driver"),
        ("devices", {"parameters": []}, "parameters"),
        ("devices", {"parameters": {"port": 0}}, "parameters.port"),
        ("devices", {"parameters": {"port": 1.0}}, "parameters.port"),
        ("devices", {"limits": {"vips": -1}}, "limits.vips"),
        ("devices", {"limits": {"vip": 1}}, "limits.vip"),
        ("devices", {"labels": {"a\nb": "c"}}, "labels"),
        ("devices", {"labels": {"a": 1}}, "labels.a"),
        ("devices", {"admin_state": "off"}, "admin_state"),
        ("devices", {"status": "ONLINE"}, "'status' is read-only"),
        ("devices", {"usage": {}}, "'usage' is read-only"),
        ("service-types", {"drivers": []}, "drivers"),
        ("service-types", {"drivers": ["nginx"]}, "nginx"),
        ("service-types", {"kind": "firewall"}, "acme does not provide firewall"),
        ("service-types", {"kind": "router"}, "kind"),
        ("service-types", {"policy": {"weights": {"luck": 1}}}, "policy.weights.luck"),
        ("service-types", {"policy": {"weights": {"wired": -1}}}, "policy.weights.wired"),
        ("service-types", {"policy": {"demand": {"connections": -1}}}, "policy.demand"),
        ("service-types", {"policy": {"colour": 1}}, "policy.colour"),
        ("service-types", {"policy": None}, "policy"),
        ("service-types", {"policy": {"choice": "mine"}}, "policy.choice"),
        ("service-types", {"policy": {"strategy": "heap"}}, "policy.strategy"),
        ("service-types", {"policy": {"grouping": "colour"}}, "policy.grouping"),
        ("service-types", {"policy": {"prefer": "old"}}, "policy.prefer"),
        ("service-types", {"policy": {"prefer": None}}, "policy.prefer"),
        ("service-types", {"policy": {"apart": {"devices": 0}}}, "policy.apart.devices"),
        ("service-types", {"policy": {"apart": {"devices": 1.5}}}, "policy.apart.devices"),
        ("service-types", {"policy": {"apart": {"seed": "x"}}}, "policy.apart.seed"),
        ("service-types", {"policy": {"apart": {"colour": 1}}}, "policy.apart.colour"),
        ("service-types", {"policy": {"demand": {"wings": 1}}}, "policy.demand.wings"),
        ("service-types", {"policy": {"demand": {"vips": 1}}}, "policy.demand.vips"),
        (
            "service-types",
            {"policy": {"oversubscription": {"throughput": 0.5}}},
            "policy.oversubscription.throughput",
        ),
        (
            "service-types",
            {"policy": {"oversubscription": {"throughput": 1.001}}},
            "policy.oversubscription.throughput",
        ),
        ("service-types", {"policy": {"elastic_pool": "none"}}, "policy.elastic_pool"),
        (
            "service-types",
            {"policy": {"dedicated": True, "grouping": "apart"}},
            "policy.grouping",
        ),
        ("devices", {"isolates_overlapping": "perhaps"}, "isolates_overlapping"),
        ("devices", {"spawned": True}, "'spawned' is read-only"),
        ("devices", {"idle_since": 1}, "'idle_since' is read-only"),
    ],
)
def test_bad_values_are_refused_by_name(site, valid, plural, change, named):
    attempt(site, valid, plural, change, status=400, named=named)


@pytest.mark.parametrize(
    ("plural", "change", "kind"),
    [
        ("vips", {"subnet_id": NOBODY}, "SubnetNotFound"),
        ("vips", {"pool_id": NOBODY}, "PoolNotFound"),
        ("vips", {"service_type": "platinum"}, "ServiceTypeNotFound"),
        ("pools", {"subnet_id": NOBODY}, "SubnetNotFound"),
        ("pools", {"health_monitors": [NOBODY]}, "HealthMonitorNotFound"),
        ("members", {"pool_id": NOBODY}, "PoolNotFound"),
        ("subnets", {"network_id": NOBODY}, "NetworkNotFound"),
    ],
)
def test_missing_references_are_404(site, valid, plural, change, kind):
    assert (
        attempt(site, valid, plural, change, status=404, named="could not be found")["type"] == kind
    )


def test_a_vip_and_its_pool_must_speak_the_same_protocol(site, valid):
    error = attempt(site, valid, "vips", {"protocol": "TCP"}, status=400, named="protocol")
    assert error["type"] == "ProtocolMismatch"


@pytest.mark.parametrize(
    ("plural", "kind"),
    [
        ("vips", "VipExists"),
        ("members", "MemberExists"),
        ("devices", "DeviceExists"),
        ("service-types", "ServiceTypeExists"),
    ],
)
def test_what_must_be_unique_is_409_the_second_time(site, valid, plural, kind):
    site.ask("POST", path_of(plural), {member_of(plural): valid[plural]})
    result = site.ask("POST", path_of(plural), {member_of(plural): valid[plural]})
    assert result.status_code == 409, result.text
    assert result.json["NeutronError"]["type"] == kind
    assert count(site, plural) == (2 if plural == "service-types" else 1)


def test_a_taken_address_is_409(site, valid):
    address = {"address": "127.20.0.50"}
    site.ask("POST", path_of("vips"), {"vip": {**valid["vips"], **address}})
    pool_id = site.pool(valid["vips"]["subnet_id"])["id"]
    error = attempt(
        site, valid, "vips", {**address, "pool_id": pool_id}, status=409, named="127.20.0.50"
    )
    assert error["type"] == "IpAddressInUse"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"subnet_id": NOBODY}, "'subnet_id' cannot be changed"),
        ({"protocol_port": 81}, "'protocol_port' cannot be changed"),
        ({"status": "ACTIVE"}, "'status' is read-only"),
        ({"colour": 1}, "colour"),
        ({"name": None}, "name"),
        ({"connection_limit": "many"}, "connection_limit"),
    ],
)
def test_bad_changes_are_refused_and_change_nothing(site, valid, change, named):
    vip = site.make("lb/vips", **valid["vips"])
    path = f"/v2.0/lb/vips/{vip['id']}"
    result = site.ask("PUT", path, {"vip": {"description": "new", **change}})
    assert result.status_code == 400
    assert named in result.json["NeutronError"]["message"]
    assert site.ask("GET", path).json["vip"]["description"] == ""


BODIES = {
    "empty": b"",
    "not json": b"{",
    "python": b"{'vip': {}}",
    "nan": b'{"vip": {"name": NaN}}',
    "infinite": b'{"vip": {"connection_limit": 1e999}}',
    "array": b"[]",
    "string": b'"vip"',
    "null": b"null",
    "no member": b"{}",
    "wrong member": b'{"pool": {}}',
    "two members": b'{"vip": {}, "vips": []}',
    "member is null": b'{"vip": null}',
    "member is a list": b'{"vip": []}',
    "empty list": b'{"vips": []}',
    "list of text": b'{"vips": ["x"]}',
    "not a list": b'{"vips": {}}',
    "invalid utf-8": b'{"vip": {"name": "\xff"}}',
    "lone surrogate": b'{"vip": {"name": "\\ud800"}}',
    "nul": b'{"vip": {"description": "\\u0000"}}',
    "nul in a key": b'{"vip": {"\\u0000": 1}}',
    "huge integer": b'{"vip": {"connection_limit": 1' + b"0" * 40 + b"}}",
    "endless integer": b'{"vip": {"connection_limit": 1' + b"0" * 6000 + b"}}",
    "deep": b'{"vip": {"name": ' + b"[" * 100 + b"]" * 100 + b"}}",
    "very deep": b'{"vip":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_malformed_bodies_are_400(site, body):
    result = site.client.simulate_post(
        "/v2.0/lb/vips", body=body, headers={"Content-Type": "application/json"}
    )
    assert result.status_code == 400, result.text
    assert set(result.json["NeutronError"]) == {"type", "message", "detail"}


@pytest.mark.parametrize(
    ("value", "named"),
    [("[" * 40 + "]" * 40, "nested too deeply"), ('"\\u0000"', "NUL"), ("1" + "0" * 20, "integer")],
)
def test_free_form_documents_are_looked_into(site, value, named):
    body = f'{{"device": {{"name": "a", "driver": "acme", "parameters": {{"x": {value}}}}}}}'
    result = site.client.simulate_post("/v2.0/fleet/devices", body=body)
    assert result.status_code == 400
    assert named in result.json["NeutronError"]["message"]


def test_a_body_over_one_mebibyte_is_413(site):
    body = json.dumps({"vip": {"name": "x" * (1 << 20)}})
    result = site.client.simulate_post("/v2.0/lb/vips", body=body)
    assert result.status_code == 413
    assert result.json["NeutronError"]["type"] == "RequestTooLarge"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_a_body_of_another_type_is_415(site, kind):
    body = '{"network": {}}'
    result = site.client.simulate_post("/v2.0/networks", body=body, headers={"Content-Type": kind})
    assert result.status_code == 415
    assert result.json["NeutronError"]["type"] == "HTTPUnsupportedMediaType"
    assert count(site, "networks") == 0


@pytest.mark.parametrize("kind", [None, "application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_named_in_several_ways(site, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    result = site.client.simulate_post("/v2.0/networks", body='{"network": {}}', headers=headers)
    assert result.status_code == 201


@pytest.mark.parametrize(
    "identity", ["%00", "%ff", "%0a", "a%20b", "%F0%9F%92%A9", "x" * 300, "..%2f..", NOBODY]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_cannot_be_an_identity_is_404(site, method, identity):
    body = {"vip": {"name": "x"}} if method == "PUT" else None
    result = site.ask(method, f"/v2.0/lb/vips/{identity}", body)
    assert result.status_code == 404
    assert result.json["NeutronError"]["type"] in {"VipNotFound", "HTTPNotFound"}


def test_unknown_paths_and_methods_have_the_same_form(site):
    missing = site.ask("GET", "/v2.0/lb/listeners")
    assert missing.status_code == 404
    assert missing.json["NeutronError"]["type"] == "HTTPNotFound"
    wrong = site.ask("PATCH", "/v2.0/lb/vips")
    assert wrong.status_code == 405
    assert wrong.json["NeutronError"]["type"] == "HTTPMethodNotAllowed"
    assert set(wrong.headers["allow"].split(", ")) >= {"GET", "POST", "HEAD"}
    assert site.ask("POST", "/v2.0/fleet/agents", {}).status_code == 405


def test_numbers_and_booleans_may_be_sent_as_text(site, valid):
    sent = {"protocol_port": "8080", "connection_limit": "-1", "admin_state_up": "False"}
    vip = site.make("lb/vips", **{**valid["vips"], **sent})
    assert vip["protocol_port"] == 8080
    assert vip["connection_limit"] == -1
    assert vip["admin_state_up"] is False


def test_bulk_creation_is_all_or_nothing(site, valid):
    good = valid["members"]
    other = {**good, "protocol_port": 81}
    for bad in ({**good, "weight": 999}, good):
        result = site.ask("POST", "/v2.0/lb/members", {"members": [good, other, bad]})
        assert result.status_code in {400, 409}
        assert count(site, "members") == 0
    result = site.ask("POST", "/v2.0/lb/members", {"members": [good, other]})
    assert [member["protocol_port"] for member in result.json["members"]] == [80, 81]


def test_bulk_creation_has_a_limit(site):
    items = [{"name": f"n{number}"} for number in range(101)]
    refused = site.ask("POST", "/v2.0/networks", {"networks": items})
    assert refused.status_code == 400
    assert refused.json["NeutronError"]["message"].endswith(
        "networks: must be a list of 1 to 100 items"
    )
    assert count(site, "networks") == 0
    assert site.ask("POST", "/v2.0/networks", {"networks": items[:100]}).status_code == 201
    assert count(site, "networks") == 100
    described = site.ask("GET", "/openapi.json").json["paths"]["/v2.0/networks"]["post"]
    several = described["requestBody"]["content"]["application/json"]["schema"]["oneOf"][1]
    assert several["properties"]["networks"]["maxItems"] == 100


def test_a_member_cannot_be_moved_behind_the_policy(site, valid):
    """Moving one asks about its port as well."""
    member = site.make("lb/members", **valid["members"])
    other = site.pool(valid["vips"]["subnet_id"])
    site.wirer.own.append((member["address"], member["protocol_port"]))
    path = f"/v2.0/lb/members/{member['id']}"
    refused = site.ask("PUT", path, {"member": {"pool_id": other["id"]}})
    assert refused.status_code == 400
    assert site.ask("GET", path).json["member"]["pool_id"] == member["pool_id"]
