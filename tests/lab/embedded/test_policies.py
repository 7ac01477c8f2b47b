"""Who may do what, by default and as an operator decides."""

from tests.lab.networks import wait_until


def test_readers_look_and_members_change(house):
    tenant = house.tenant()
    reader = house.as_role(tenant.project, "reader")
    pool = tenant.pool(tenant.subnet())
    assert reader.get(f"lb/pools/{pool['id']}")["pool"]["id"] == pool["id"]
    path = f"lb/pools/{pool['id']}"
    assert reader.refusal("DELETE", path) == (403, "PolicyNotAuthorized")
    assert reader.refusal("PUT", path, pool={"name": "x"}) == (403, "PolicyNotAuthorized")
    wanted = {"subnet_id": pool["subnet_id"], "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    assert reader.refusal("POST", "lb/pools", pool=wanted) == (403, "PolicyNotAuthorized")
    monitors = f"{path}/health_monitors"
    assert reader.refusal("POST", monitors, health_monitor={"id": pool["id"]})[0] == 403
    stranger = house.as_role(tenant.project, "stranger")
    assert stranger.get("lb/pools")["pools"] == []
    assert stranger.ask("GET", "fleet/devices").status_code == 403


def test_an_operator_overrides_them(house, policies):
    tenant = house.tenant()
    pool = tenant.pool(tenant.subnet())
    path = f"lb/pools/{pool['id']}"
    policies.write_text('"update_pool": "role:pool-changer"\n"create_vip:service_type": "!"\n')

    def refused() -> bool:
        return tenant.ask("PUT", path, pool={"name": "x"}).status_code == 403

    wait_until(refused, "the file is read again")
    changer = house.as_role(tenant.project, "member,reader,pool-changer")
    assert changer.put(path, pool={"name": "x"})["pool"]["name"] == "x"
    wanted = {
        "subnet_id": pool["subnet_id"],
        "pool_id": pool["id"],
        "protocol": "HTTP",
        "protocol_port": 80,
    }
    named = tenant.refusal("POST", "lb/vips", vip={**wanted, "service_type": "default"})
    assert named == (403, "PolicyNotAuthorized")
    tenant.vip(pool)


def test_the_whole_fleet_can_be_shown_to_others_than_admins(house, policies):
    observer = house.as_role("watch", "member,reader,observer")
    assert observer.get("fleet/devices")["devices"] == []
    policies.write_text('"get_fleet": "rule:admin_only or role:observer"\n')

    def sees() -> bool:
        return [each["name"] for each in observer.get("fleet/devices")["devices"]] == ["one"]

    wait_until(sees, "the file is read again")
    assert observer.get("fleet/capacity")["capacity"]["total"]["devices"] == 1
    assert observer.refusal("DELETE", f"fleet/devices/{house.device}")[0] == 404
