"""The operators' API below Neutron's."""

import pytest


def test_the_operator_sees_the_fleet(house):
    operator = house.operator
    assert [each["name"] for each in operator.get("fleet/drivers")["drivers"]] == ["memory"]
    assert operator.get("fleet/devices.json")["devices"][0]["id"] == house.device
    assert operator.get("fleet/service-types")["service_types"][0]["default"]
    asked = operator.ask("POST", "fleet/what-if", what_if={"count": 3})
    assert (asked.status_code, asked.json()["what_if"]["placed"]) == (200, 3), asked.text


@pytest.mark.parametrize("accept", ["application/json", "text/html,*/*;q=0.8", "text/plain"])
def test_it_answers_json_whatever_a_client_accepts(house, accept):
    with house.lab.session() as session:
        for path in ("fleet", "fleet/devices", "fleet/agents/lb.example.txt"):
            url = f"{house.lab.url}/v2.0/{path}"
            answer = session.get(url, headers={"Accept": accept}, timeout=60)
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.status_code == (200 if path == "fleet/devices" else 404), answer.text
        assert "lb.example.txt" in answer.json()["NeutronError"]["message"]


def test_pages_of_the_fleet_lead_to_each_other(house):
    operator = house.operator
    for name in ("paged-a", "paged-b"):
        operator.make("fleet/service-types", "service_type", name=name, drivers=["memory"])
    page = operator.get("fleet/service-types?sort_key=name&limit=2")
    following = page["service_types_links"][0]["href"]
    assert following.startswith(f"{house.lab.url}/v2.0/fleet/service-types?")
    with house.lab.session() as session:
        assert len(session.get(following, timeout=60).json()["service_types"]) == 1


def test_tenants_see_what_is_theirs(house):
    tenant = house.tenant()
    assert tenant.get("fleet/devices")["devices"] == []
    assert tenant.refusal("GET", "fleet/agents") == (403, "Forbidden")
    own = tenant.make("fleet/devices", "device", name=tenant.project, driver="memory")
    assert own["project_id"] == tenant.project
    assert [each["id"] for each in tenant.get("fleet/devices")["devices"]] == [own["id"]]
    other = house.tenant()
    assert other.refusal("GET", f"fleet/devices/{own['id']}") == (404, "DeviceNotFound")
    tenant.delete(f"fleet/devices/{own['id']}")


def test_a_caller_cannot_be_made_up(house):
    tenant = house.tenant()
    with house.lab.session(tenant.project, tenant.roles) as session:
        session.headers.update({"pierhead.caller": "admin", "X-Tenant-Id": "operator"})
        answer = session.get(f"{house.lab.url}/v2.0/fleet/agents", timeout=60)
    assert answer.status_code == 403


def test_only_the_fleet_is_there(house):
    operator = house.operator
    assert operator.ask("GET", "fleet/nothing").status_code == 404
    assert operator.ask("GET", "fleet/../lb/vips").status_code in (200, 404)
    assert operator.refusal("POST", "fleet/devices", device={"name": "x"}) == (
        400,
        "InvalidInput",
    )
    assert operator.ask("PATCH", "fleet/devices").status_code == 405


def test_decisions_are_explained_to_the_tenant(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    vip = tenant.vip(pool)
    tenant.wait_active(vip["id"])
    (decision,) = tenant.get(f"fleet/decisions?service_id={vip['id']}")["decisions"]
    assert decision["service_id"] == vip["id"]
    tenant.delete(f"lb/vips/{vip['id']}")
    tenant.wait_gone(vip["id"])
