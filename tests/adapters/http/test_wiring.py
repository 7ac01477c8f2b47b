"""How devices and networks are wired, as clients say and see it."""

import dataclasses

import pytest
from falcon import testing

from adapters.http.app import build_app

ALICE = {"X-Project-Id": "alice", "X-Roles": "member"}
TRUNK = "11111111-0000-4000-8000-000000000001"
VIRTUAL = {"kind": "virtual", "host": None, "trunk_id": None}
VLAN = "provider:segmentation_id"


def device(site, **more):
    return site.make("fleet/devices", name="d", driver="acme", **more)


def put(site, path, item, headers=None, **changes):
    singular = path.rpartition("/")[2].removesuffix("s")
    body = {singular: changes}
    return site.ask("PUT", f"/v2.0/{path}/{item['id']}", body, headers=headers or {})


def test_a_device_is_virtual_unless_it_is_said(site):
    made = device(site)
    assert (made["wiring"], made["unwirable"]) == (VIRTUAL, "")


@pytest.mark.parametrize(
    "wiring",
    [
        {"kind": "virtual", "host": "net1"},
        {"kind": "trunk", "trunk_id": TRUNK},
        {"kind": "physical", "host": "rack", "trunk_id": None},
    ],
)
def test_what_is_sent_is_shown(site, wiring):
    made = device(site, wiring=wiring)
    assert made["wiring"] == VIRTUAL | wiring
    changed = put(site, "fleet/devices", made, wiring={"kind": "virtual"})
    assert changed.json["device"]["wiring"] == VIRTUAL
    again = put(site, "fleet/devices", made, wiring=made["wiring"])
    assert again.json["device"]["wiring"] == made["wiring"]


@pytest.mark.parametrize(
    ("wiring", "named"),
    [
        ({}, "wiring: 'kind'"),
        ({"kind": "tunnel"}, "wiring.kind"),
        ({"kind": "trunk"}, "wiring.trunk_id"),
        ({"kind": "trunk", "trunk_id": "7"}, "wiring.trunk_id"),
        ({"kind": "physical"}, "wiring.host"),
        ({"kind": "virtual", "trunk_id": TRUNK}, "wiring.trunk_id"),
        ({"kind": "virtual", "port": 1}, "wiring"),
        ("virtual", "wiring"),
        (None, "wiring"),
    ],
)
def test_what_cannot_be_is_named(site, wiring, named):
    body = {"device": {"name": "d", "driver": "acme", "wiring": wiring}}
    answer = site.ask("POST", "/v2.0/fleet/devices", body)
    assert answer.status_code == 400
    assert f"Invalid input for {named.partition(':')[0]}" in answer.json["NeutronError"]["message"]


def test_why_it_cannot_be_wired_is_read_only(site):
    answer = put(site, "fleet/devices", device(site), unwirable="no")
    assert answer.status_code == 400


def test_devices_that_cannot_be_wired_can_be_listed(site):
    made = device(site)
    with site.store.write() as work:
        found = work.devices.get(made["id"])
        work.devices.save(dataclasses.replace(found, unwirable="no trunks"))
        work.commit()
    listed = site.ask("GET", "/v2.0/fleet/devices", params={"unwirable": "no trunks"})
    assert [each["unwirable"] for each in listed.json["devices"]] == ["no trunks"]


def test_the_vlan_of_a_network_is_for_admins(site):
    made = site.make("networks", name="n", shared=True, **{VLAN: 7})
    assert made[VLAN] == 7
    path = f"/v2.0/networks/{made['id']}"
    assert VLAN not in site.ask("GET", path, headers=ALICE).json["network"]
    assert put(site, "networks", made, **{VLAN: 8}).json["network"][VLAN] == 8
    assert VLAN not in put(site, "networks", made, **{VLAN: None}).json["network"]
    body = {"network": {"name": "m", VLAN: 9}}
    assert site.ask("POST", "/v2.0/networks", body, headers=ALICE).status_code == 403


def test_networks_are_found_and_sorted_by_vlan(site):
    for vlan in (30, 4, 200):
        site.make("networks", name=f"n{vlan}", **{VLAN: vlan})
    fields = {"fields": [VLAN], "sort_key": VLAN}
    listed = site.ask("GET", "/v2.0/networks", params=fields).json["networks"]
    assert listed == [{VLAN: vlan} for vlan in (4, 30, 200)]
    found = site.ask("GET", "/v2.0/networks", params={VLAN: "200"}).json["networks"]
    assert [each["name"] for each in found] == ["n200"]
    one = site.ask("GET", "/v2.0/networks", params={"name": "n4", "fields": [VLAN, "name"]})
    assert one.json["networks"] == [{VLAN: 4, "name": "n4"}]


@pytest.mark.parametrize("vlan", [0, 4095, "x"])
def test_a_vlan_that_cannot_be_is_named(site, vlan):
    answer = site.ask("POST", "/v2.0/networks", {"network": {"name": "n", VLAN: vlan}})
    assert answer.status_code == 400
    assert VLAN in answer.json["NeutronError"]["message"]


def test_a_taken_vlan_is_409(site):
    site.make("networks", name="n", **{VLAN: 7})
    answer = site.ask("POST", "/v2.0/networks", {"network": {"name": "m", VLAN: 7}})
    assert answer.status_code == 409
    assert answer.json["NeutronError"]["type"] == "NetworkExists"


def test_networks_of_another_system_are_not_ours(site):
    services = dataclasses.replace(site.services, networks=None, subnets=None)
    client = testing.TestClient(build_app(services, site.validator))
    for path in ("networks", "subnets"):
        assert client.simulate_get(f"/v2.0/{path}").status_code == 404
        assert client.simulate_get(f"/v2.0/{path}/x").status_code == 404
    assert client.simulate_get("/v2.0/lb/vips").status_code == 200
    paths = client.simulate_get("/openapi.json").json["paths"]
    assert {path for path in paths if "/networks" in path or "/subnets" in path} == set()
    names = {each["name"] for each in client.simulate_get("/v2.0").json["resources"]}
    assert names & {"network", "subnet", "vip"} == {"vip"}
