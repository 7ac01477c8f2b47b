"""Policies of service types, and what the API tells of limits and advisors."""

import pytest

WHOLE = {
    "choice": "advised",
    "weights": {},
    "strategy": "spread",
    "grouping": "none",
    "apart": {"devices": 4, "seed": 0},
    "prefer": "none",
    "demand": {},
    "oversubscription": {},
    "zone": None,
    "device_pool": None,
    "dedicated": False,
    "elastic_pool": None,
}


def change(site, service_type, policy):
    path = f"/v2.0/fleet/service-types/{service_type['id']}"
    result = site.ask("PUT", path, {"service_type": {"policy": policy}})
    assert result.status_code == 200, result.text
    shown = site.ask("GET", path).json["service_type"]
    assert shown == result.json["service_type"]
    return shown["policy"]


def test_a_policy_is_shown_whole(site):
    assert site.service_type()["policy"] == WHOLE


@pytest.mark.parametrize(
    "part",
    [
        {"choice": "driver", "strategy": "pack", "prefer": "physical"},
        {"grouping": "apart", "apart": {"devices": 2, "seed": 5}},
        {"weights": {"wired": 2.5}, "demand": {"throughput": 10}, "zone": "east"},
        {"oversubscription": {"throughput": 1.5, "connections": 2.0}, "dedicated": True},
    ],
)
def test_a_policy_is_replaced_in_place(site, part):
    service_type = site.service_type()
    assert change(site, service_type, part) == WHOLE | part
    assert change(site, service_type, {"zone": "west"}) == WHOLE | {"zone": "west"}
    assert change(site, service_type, {}) == WHOLE


def test_what_is_shown_can_be_sent_back(site):
    service_type = site.service_type(policy={"grouping": "tenant", "device_pool": "rack"})
    policy = service_type["policy"]
    assert change(site, service_type, policy) == policy


def test_a_part_of_apart_leaves_the_other_at_its_default(site):
    made = site.service_type(policy={"apart": {"seed": 3}})
    assert made["policy"]["apart"] == {"devices": 4, "seed": 3}


def test_every_part_of_a_policy_is_described(site):
    schemas = site.ask("GET", "/openapi.json").json["components"]["schemas"]
    policy = schemas["ServiceTypeCreate"]["properties"]["policy"]
    assert policy["properties"].keys() == WHOLE.keys()
    parts = [*policy["properties"].values(), *policy["properties"]["apart"]["properties"].values()]
    assert all(part["description"] for part in parts)
    defaults = {
        name: part["default"] for name, part in policy["properties"].items() if "default" in part
    }
    assert defaults == {name: value for name, value in WHOLE.items() if name != "apart"}


def test_a_device_tells_of_overlapping_networks_and_of_its_pool(site):
    made = site.make("fleet/devices", name="edge", driver="acme", isolates_overlapping=True)
    told = {name: made[name] for name in ("isolates_overlapping", "spawned", "idle_since")}
    assert told == {"isolates_overlapping": True, "spawned": False, "idle_since": None}
    path = f"/v2.0/fleet/devices/{made['id']}"
    body = {"device": {"isolates_overlapping": None}}
    assert site.ask("PUT", path, body).json["device"]["isolates_overlapping"] is None
    assert made["usage"]["resources"]["vips"] == {"used": 0, "limit": 10, "over": False}


def test_a_driver_tells_whether_it_has_a_say(site):
    driver = site.ask("GET", "/v2.0/fleet/drivers/acme").json["driver"]
    assert driver["advisor"] == {"advises": False, "failing_since": None, "failure": ""}
