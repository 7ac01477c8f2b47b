"""Elastic pools through the API: what is refused, what is shown, and to whom."""

import pytest

from tests.adapters.http.site import Site

POOLS = "/v2.0/fleet/device-pools"
ALICE = {"X-Project-Id": "alice", "X-Roles": "member"}


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_pool_is_made_shown_changed_and_deleted(site):
    made = site.make("fleet/device-pools", name="burst", driver="acme", spare=1, zone="east")
    assert (made["minimum"], made["maximum"], made["idle_seconds"]) == (0, 10, 300)
    assert made["usage"] == {"devices": 0, "ready": 0, "spawning": 0, "idle": 0, "services": 0}
    path = f"{POOLS}/{made['id']}"
    body = {"device_pool": {"maximum": 3, "zone": None, "idle_seconds": 0.5}}
    changed = site.ask("PUT", path, body).json["device_pool"]
    assert (changed["maximum"], changed["zone"], changed["idle_seconds"]) == (3, None, 0.5)
    assert site.ask("GET", path).json["device_pool"] == changed
    assert site.ask("GET", POOLS, query_string="maximum=3").json["device_pools"] == [changed]
    assert site.ask("DELETE", path).status_code == 204
    assert site.ask("GET", path).status_code == 404


def test_the_older_form_of_a_number_is_understood(site):
    assert site.make("fleet/device-pools", name="burst", driver="acme", maximum="3")["maximum"] == 3


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"driver": "toaster"}, "driver"),
        ({"driver": None}, "driver"),
        ({"minimum": -1}, "minimum"),
        ({"minimum": 11}, "minimum"),
        ({"maximum": "many"}, "maximum"),
        ({"maximum": 2**31}, "maximum"),
        ({"spare": 11}, "spare"),
        ({"spare": 1, "private": True}, "spare"),
        ({"idle_seconds": -1}, "idle_seconds"),
        ({"idle_seconds": "soon"}, "idle_seconds"),
        ({"private": "perhaps"}, "private"),
        ({"parameters": {"port": 0}}, "parameters.port"),
        ({"limits": {"wings": 1}}, "limits.wings"),
        ({"status_reason": "fine"}, "'status_reason' is read-only"),
        ({"usage": {}}, "'usage' is read-only"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_bad_input_is_refused_and_named(site, attributes, named):
    body = {"device_pool": {"name": "burst", "driver": "acme", **attributes}}
    result = site.ask("POST", POOLS, body)
    assert result.status_code == 400, result.text
    assert named in result.json["NeutronError"]["message"]
    assert site.ask("GET", POOLS).json["device_pools"] == []


@pytest.mark.parametrize("name", ["name", "driver", "private"])
def test_what_a_pool_is_cannot_be_changed(site, name):
    made = site.make("fleet/device-pools", name="burst", driver="acme")
    body = {"device_pool": {name: made[name]}}
    result = site.ask("PUT", f"{POOLS}/{made['id']}", body)
    assert result.status_code == 400
    assert "cannot be changed after creation" in result.json["NeutronError"]["message"]


def test_conflicts_have_their_codes(site):
    site.make("fleet/device-pools", name="burst", driver="acme")
    result = site.ask("POST", POOLS, {"device_pool": {"name": "burst", "driver": "acme"}})
    assert result.status_code == 409
    assert result.json["NeutronError"]["type"] == "DevicePoolExists"


def test_tenants_have_nothing_to_do_with_pools(site):
    made = site.make("fleet/device-pools", name="burst", driver="acme")
    path = f"{POOLS}/{made['id']}"
    for method, where in (("GET", POOLS), ("GET", path), ("DELETE", path)):
        assert site.ask(method, where, headers=ALICE).status_code == 403
    body = {"device_pool": {"maximum": 1}}
    assert site.ask("PUT", path, body, headers=ALICE).status_code == 403


def test_secrets_come_back_nowhere(site):
    body = {"device_pool": {"name": "burst", "driver": "acme"}}
    body["device_pool"]["parameters"] = {"login": {"user": "u", "password": "tr0ub4dor"}}
    made = site.ask("POST", POOLS, body)
    assert made.status_code == 201, made.text
    assert "tr0ub4dor" not in made.text
    assert "tr0ub4dor" not in site.ask("GET", POOLS).text
