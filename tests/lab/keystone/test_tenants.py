"""Tokens say who calls Pierhead inside Neutron, and nothing else does."""

import pytest
import requests

COLLECTIONS = ("lb/pools", "lb/vips", "lb/members", "lb/health_monitors", "fleet/devices")
FORGED = {"X-Roles": "admin", "X-Project-Id": "any", "X-Identity-Status": "Confirmed"}


def status(lab, path, **headers):
    """What an anonymous caller with these headers gets."""
    return requests.get(f"{lab.url}/v2.0/{path}", headers=headers, timeout=60).status_code


@pytest.mark.parametrize("path", COLLECTIONS)
def test_nothing_is_answered_without_a_token(house, lab, path):
    assert status(lab, path) == 401
    assert status(lab, path, **FORGED) == 401
    assert status(lab, path, **FORGED, **{"X-Auth-Token": "no-token"}) == 401


def test_a_revoked_token_is_refused(house, lab, keystone):
    token = keystone.token(keystone.user("revoked", "member"))
    told = [status(lab, path, **{"X-Auth-Token": token}) for path in COLLECTIONS]
    assert told == [200] * len(COLLECTIONS)
    keystone.revoke(token)
    told = [status(lab, path, **{"X-Auth-Token": token}) for path in COLLECTIONS]
    assert told == [401] * len(COLLECTIONS)


def test_a_service_token_does_not_make_a_tenant_an_admin(house, lab, keystone):
    token = keystone.token(keystone.user("tenant", "member"))
    serving = keystone.token(keystone.user("service", "service"))
    headers = {**FORGED, "X-Auth-Token": token, "X-Service-Token": serving}
    assert status(lab, "lb/pools", **headers) == 200
    assert status(lab, "fleet/agents", **headers) == 403


def test_tenants_have_their_own_objects_only(house, keystone):
    red, blue = house.tenant(), house.tenant()
    pool = red.pool(red.subnet())
    assert pool["tenant_id"] == keystone.project(red.project)
    assert [each["id"] for each in red.get("lb/pools")["pools"]] == [pool["id"]]
    assert blue.get("lb/pools")["pools"] == []
    path = f"lb/pools/{pool['id']}"
    for refused in (
        blue.refusal("GET", path),
        blue.refusal("PUT", path, pool={"name": "x"}),
        blue.refusal("DELETE", path),
    ):
        assert refused == (404, "PoolNotFound")
    wanted = {"subnet_id": pool["subnet_id"], "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    assert blue.refusal("POST", "lb/pools", pool=wanted) == (404, "SubnetNotFound")
    theirs = {**wanted, "tenant_id": pool["tenant_id"]}
    assert blue.refusal("POST", "lb/pools", pool=theirs) == (400, "HTTPBadRequest")
    seen = {each["id"] for each in house.operator.get("lb/pools")["pools"]}
    assert pool["id"] in seen


def test_readers_look_and_do_not_change(house):
    tenant = house.tenant()
    reader = house.as_role(tenant.project, "reader")
    pool = tenant.pool(tenant.subnet())
    path = f"lb/pools/{pool['id']}"
    assert reader.get(path)["pool"]["id"] == pool["id"]
    assert reader.refusal("PUT", path, pool={"name": "x"}) == (403, "PolicyNotAuthorized")
    assert reader.refusal("DELETE", path) == (403, "PolicyNotAuthorized")


def test_the_fleet_is_the_operators(house):
    tenant = house.tenant()
    assert [each["id"] for each in house.operator.get("fleet/devices")["devices"]] == [house.device]
    assert house.operator.get("fleet/agents")["agents"]
    assert tenant.get("fleet/devices")["devices"] == []
    assert tenant.ask("GET", f"fleet/devices/{house.device}").status_code == 404
    for path in ("agents", "attachments", "backlog", "bindings", "capacity", "device-pools"):
        assert tenant.ask("GET", f"fleet/{path}").status_code == 403, path
    gold = {"name": "gold", "kind": "loadbalancer", "drivers": ["memory"]}
    assert tenant.ask("POST", "fleet/service-types", service_type=gold).status_code == 403


def test_a_token_without_a_project_makes_nothing(house, lab, keystone):
    user = keystone.user("tenant", "member")
    unscoped = keystone.log_in(user.name, user.password, "unscoped")
    system = keystone.admin_token({"system": {"all": True}})
    wanted = {"subnet_id": house.tenant().subnet(), "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    for token in (unscoped, system):
        headers = {"X-Auth-Token": token}
        path = f"{lab.url}/v2.0/lb/pools"
        answer = requests.post(path, json={"pool": wanted}, headers=headers, timeout=60)
        assert answer.status_code == 400, answer.text
        assert status(lab, "fleet/devices", **headers) == 403


def test_an_operator_limits_a_project(house, keystone):
    tenant = house.tenant()
    project_id = keystone.project(tenant.project)
    house.operator.put(f"quotas/{project_id}", quota={"pool": 1})
    pool = tenant.pool(tenant.subnet())
    wanted = {"subnet_id": pool["subnet_id"], "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    assert tenant.refusal("POST", "lb/pools", pool=wanted) == (409, "OverQuota")
