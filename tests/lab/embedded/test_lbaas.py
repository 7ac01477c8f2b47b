"""LBaaS v1 as a part of Neutron's API."""

import pytest

from tests.lab.networks import wait_until


def test_a_vip_becomes_active_and_leaves_nothing_behind(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    vip = tenant.vip(pool, name="web")
    assert vip["tenant_id"] == vip["project_id"] == tenant.project
    tenant.wait_active(vip["id"])

    port = tenant.get(f"ports/{vip['port_id']}")["port"]
    assert port["fixed_ips"] == [{"subnet_id": pool["subnet_id"], "ip_address": vip["address"]}]
    assert port["device_id"] == vip["id"]
    ports = house.operator.get(f"ports?network_id={port['network_id']}")["ports"]
    (wire,) = [each for each in ports if each["device_id"] == house.device]
    assert (wire["status"], wire["binding:vif_type"]) == ("ACTIVE", "other")

    tenant.delete(f"lb/vips/{vip['id']}")
    tenant.wait_gone(vip["id"])
    tenant.delete(f"lb/pools/{pool['id']}")
    path = f"ports?network_id={port['network_id']}"
    wait_until(lambda: house.operator.get(path)["ports"] == [], "all ports are gone")


def test_tenants_do_not_see_each_other_and_the_admin_sees_all(house):
    tenant, other = house.tenant(), house.tenant()
    pool = tenant.pool(tenant.subnet(), name="hidden")
    path = f"lb/pools/{pool['id']}"
    assert other.get("lb/pools")["pools"] == []
    assert other.refusal("GET", path) == (404, "PoolNotFound")
    assert other.refusal("PUT", path, pool={"name": "mine"}) == (404, "PoolNotFound")
    assert other.refusal("DELETE", path) == (404, "PoolNotFound")
    assert other.refusal("GET", f"{path}/stats") == (404, "PoolNotFound")
    found = house.operator.get(f"lb/pools?tenant_id={tenant.project}")["pools"]
    assert [each["name"] for each in found] == ["hidden"]

    theirs = house.operator.pool(pool["subnet_id"], tenant_id=tenant.project, name="given")
    assert tenant.get(f"lb/pools/{theirs['id']}")["pool"]["name"] == "given"
    refused = other.refusal("POST", "lb/pools", pool={"tenant_id": tenant.project})
    assert refused == (400, "HTTPBadRequest")


def test_a_subnet_of_another_tenant_is_refused_and_a_shared_one_is_taken(house):
    tenant, other = house.tenant(), house.tenant()
    subnet = tenant.subnet()
    wanted = {"subnet_id": subnet, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    assert other.refusal("POST", "lb/pools", pool=wanted) == (404, "SubnetNotFound")
    network = tenant.get(f"subnets/{subnet}")["subnet"]["network_id"]
    house.operator.put(f"networks/{network}", network={"shared": True})
    assert other.pool(subnet)["subnet_id"] == subnet


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({"protocol": "UDP"}, (400, "HTTPBadRequest")),
        ({"lb_method": None}, (400, "HTTPBadRequest")),
        ({"name": "\x07"}, (400, "HTTPBadRequest")),
        ({"colour": "red"}, (400, "HTTPBadRequest")),
        ({"status": "ACTIVE"}, (400, "HTTPBadRequest")),
        ({"subnet_id": "none"}, (400, "HTTPBadRequest")),
        ({"provider": "haproxy"}, (400, "InvalidInput")),
        (
            {"health_monitors": ["00000000-0000-0000-0000-000000000001"]},
            (404, "HealthMonitorNotFound"),
        ),
    ],
)
def test_what_is_wrong_is_refused(house, values, answer):
    tenant = house.tenant()
    good = {"subnet_id": tenant.subnet(), "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    assert tenant.refusal("POST", "lb/pools", pool={**good, **values}) == answer
    assert tenant.get("lb/pools")["pools"] == []


def test_rules_of_lbaas_v1_answer_with_its_own_types(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    vip = tenant.vip(pool, protocol_port="8080")
    assert vip["protocol_port"] == 8080
    wanted = {"subnet_id": pool["subnet_id"], "pool_id": pool["id"], "protocol_port": 81}
    second = tenant.refusal("POST", "lb/vips", vip={**wanted, "protocol": "HTTP"})
    assert second == (409, "VipExists")
    mismatch = tenant.refusal("POST", "lb/vips", vip={**wanted, "protocol": "TCP"})
    assert mismatch == (400, "ProtocolMismatch")
    assert tenant.refusal("DELETE", f"lb/pools/{pool['id']}") == (409, "PoolInUse")
    monitor = {"type": "TCP", "delay": 1, "timeout": 5, "max_retries": 1}
    slow = tenant.refusal("POST", "lb/health_monitors", health_monitor=monitor)
    assert slow == (400, "DelayOrTimeoutInvalid")
    read_only = tenant.refusal("PUT", f"lb/vips/{vip['id']}", vip={"address": "10.0.0.9"})
    assert read_only == (400, "HTTPBadRequest")


def test_lists_are_filtered_sorted_cut_and_paged(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    members = [
        {"pool_id": pool["id"], "address": f"10.0.0.{n}", "protocol_port": 80, "weight": n % 2}
        for n in range(11, 16)
    ]
    assert len(tenant.ask("POST", "lb/members", members=members).json()["members"]) == 5

    def addresses(query: str) -> list[str]:
        return [each["address"] for each in tenant.get(f"lb/members?{query}")["members"]]

    assert set(addresses("weight=0")) == {"10.0.0.12", "10.0.0.14"}
    assert addresses("admin_state_up=False") == []
    both = addresses("address=10.0.0.11&address=10.0.0.12&sort_key=address&sort_dir=desc")
    assert both == ["10.0.0.12", "10.0.0.11"]
    assert set(tenant.get("lb/members?fields=id")["members"][0]) == {"id"}
    assert tenant.refusal("GET", "lb/members?colour=red") == (400, "HTTPBadRequest")
    assert tenant.refusal("GET", "lb/members?weight=heavy") == (400, "InvalidInput")
    assert tenant.refusal("GET", "lb/members?limit=1&marker=none") == (400, "InvalidInput")

    page = tenant.get("lb/members?sort_key=address&sort_dir=asc&limit=2")
    assert [each["address"] for each in page["members"]] == ["10.0.0.11", "10.0.0.12"]
    onward = next(link["href"] for link in page["members_links"] if link["rel"] == "next")
    following = addresses(onward.partition("?")[2])
    assert following == ["10.0.0.13", "10.0.0.14"]
    assert addresses("sort_key=address&sort_dir=asc&limit=2&page_reverse=True") == [
        "10.0.0.14",
        "10.0.0.15",
    ]


def test_several_are_created_together_or_not_at_all(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    good = {"pool_id": pool["id"], "address": "10.0.0.11", "protocol_port": 80}
    twice = tenant.refusal("POST", "lb/members", members=[good, good])
    assert twice == (409, "MemberExists")
    assert tenant.get("lb/members")["members"] == []


def test_monitors_and_statistics_hang_on_pools(house):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    monitor = tenant.make(
        "lb/health_monitors", "health_monitor", type="HTTP", delay=5, timeout=2, max_retries=3
    )
    path = f"lb/pools/{pool['id']}/health_monitors"
    made = tenant.ask("POST", path, health_monitor={"id": monitor["id"]})
    assert (made.status_code, made.json()) == (201, {"health_monitor": [monitor["id"]]})
    again = tenant.refusal("POST", path, health_monitor={"id": monitor["id"]})
    assert again == (409, "PoolMonitorAssociationExists")
    shown = tenant.get(f"{path}/{monitor['id']}")["health_monitor"]
    assert (shown["pool_id"], shown["monitor_id"]) == (pool["id"], monitor["id"])
    tenant.delete(f"{path}/{monitor['id']}")
    assert tenant.refusal("GET", f"{path}/{monitor['id']}") == (
        404,
        "PoolMonitorAssociationNotFound",
    )
    assert tenant.refusal("POST", path, nonsense=1) == (400, "InvalidInput")
    assert tenant.get(f"lb/pools/{pool['id']}/stats")["stats"]["bytes_in"] == 0


def test_quotas_are_neutrons(house):
    tenant = house.tenant()
    subnet = tenant.subnet()
    quotas = house.operator.get(f"quotas/{tenant.project}")["quota"]
    ours = {name: quotas[name] for name in ("vip", "pool", "member", "health_monitor")}
    assert ours == {"vip": 10, "pool": 10, "member": -1, "health_monitor": -1}
    house.operator.put(f"quotas/{tenant.project}", quota={"pool": 2})
    wanted = {"subnet_id": subnet, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    several = tenant.refusal("POST", "lb/pools", pools=[wanted] * 3)
    assert several == (409, "OverQuota")
    first = tenant.pool(subnet)
    tenant.pool(subnet)
    assert tenant.refusal("POST", "lb/pools", pool=wanted) == (409, "OverQuota")
    tenant.delete(f"lb/pools/{first['id']}")
    tenant.pool(subnet)
