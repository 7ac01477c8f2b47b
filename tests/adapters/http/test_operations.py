"""What operators watch and tidy up."""

import pytest

from core.domain.agent import Agent
from core.domain.service import Cause

TENANT = {"X-Project-Id": "alice", "X-Roles": "member"}
LETTERS = "/v2.0/fleet/dead-letters"


@pytest.fixture
def busy(site):
    """Three VIPs: one ACTIVE, one in ERROR, one that waits since 300."""
    subnet = site.subnet()
    site.service_type()
    made = []
    for at in (100.0, 200.0, 300.0):
        site.clock.set(at)
        made.append(site.vip(subnet_id=subnet["id"]))
    active, failed, _ = made
    with site.store.write() as work:
        service = work.services.get(active["id"])
        work.services.save(service.deployed(1, 310.0))
        service = work.services.get(failed["id"])
        work.services.save(service.failed(Cause.DEVICE, "refused", 3723.0))
        work.agents.add(
            Agent(
                id="one",
                incarnation="1",
                group="east",
                zones=("z1",),
                host="h",
                version="1",
                drivers=("acme",),
                backlog=4,
                started_at=1.0,
                seen_at=395.0,
                heartbeat=5.0,
            )
        )
        work.commit()
    device = site.make("fleet/devices", name="d", driver="acme", agent_group="east")
    with site.store.write() as work:
        stored = work.devices.get(device["id"])
        work.devices.save(stored.__class__(**_fields(stored) | {"agent_id": "one"}))
        work.commit()
    site.clock.set(400.0)
    return made


def _fields(item):
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def test_the_backlog_counts_what_waits_and_names_what_waits_longest(site, busy):
    backlog = site.ask("GET", "/v2.0/fleet/backlog").json["backlog"]
    assert backlog["oldest"] == {
        "id": busy[2]["id"],
        "kind": "loadbalancer",
        "project_id": "demo",
        "status": "PENDING_CREATE",
        "changed_at": 300.0,
    }
    assert (backlog["pending"], backlog["failed"], backlog["overdue"]) == (1, 1, 1)
    assert backlog["services"] == {"ACTIVE": 1, "ERROR": 1, "PENDING_CREATE": 1}
    assert backlog["devices"] == {"UNKNOWN": 1}
    assert backlog["agents"] == [
        {
            "id": "one",
            "host": "h",
            "group": "east",
            "alive": True,
            "leaving": False,
            "devices": 1,
            "backlog": 4,
        }
    ]
    assert backlog["at"] == 400.0
    assert backlog["fleet_revision"] > 0


def test_nothing_waits_in_an_idle_fleet(site):
    backlog = site.ask("GET", "/v2.0/fleet/backlog").json["backlog"]
    assert (backlog["oldest"], backlog["pending"], backlog["services"]) == (None, 0, {})


def test_an_object_in_error_says_when_it_is_tried_again(site, busy):
    path = f"/v2.0/lb/vips/{busy[1]['id']}"
    told = site.ask("GET", path).json["vip"]["status_description"]
    assert told == "refused; tried again at 01:02:03Z"


def test_an_agent_tells_its_group_and_its_devices(site, busy):
    (agent,) = site.ask("GET", "/v2.0/fleet/agents").json["agents"]
    assert (agent["group"], agent["zones"], agent["heartbeat"]) == ("east", ["z1"], 5.0)
    assert (agent["alive"], agent["leaving"], len(agent["devices"])) == (True, False, 1)
    device = site.ask("GET", f"/v2.0/fleet/devices/{agent['devices'][0]}").json["device"]
    assert (device["agent_group"], device["agent_id"]) == ("east", "one")


def test_another_group_moves_a_device_and_tenants_choose_none(site, busy):
    (device,) = site.ask("GET", "/v2.0/fleet/devices").json["devices"]
    path = f"/v2.0/fleet/devices/{device['id']}"
    with site.store.write() as work:
        stored = work.devices.get(device["id"])
        work.devices.save(stored.__class__(**_fields(stored) | {"due_at": None}))
        work.commit()
    changed = site.ask("PUT", path, {"device": {"agent_group": "west"}}).json["device"]
    assert changed["agent_group"] == "west"
    with site.store.read() as work:
        assert work.devices.get(device["id"]).due_at == 400.0
    own = {"device": {"name": "mine", "driver": "acme", "agent_group": "west"}}
    refused = site.ask("POST", "/v2.0/fleet/devices", own, headers=TENANT)
    assert (refused.status_code, "agent_group" in refused.text) == (400, True)


def test_dead_letters_are_listed_shown_replayed_and_dropped(site):
    site.letters.put("a", died_at=2.0)
    site.letters.put("b", died_at=1.0, kind="", device_id=None, service_ids=())
    found = site.ask("GET", f"{LETTERS}?sort_key=died_at").json["dead_letters"]
    assert [letter["id"] for letter in found] == ["b", "a"]
    assert site.ask("GET", f"{LETTERS}?device_id=d1").json["dead_letters"] == [found[1]]
    assert site.ask("GET", f"{LETTERS}/a").json["dead_letter"] == found[1]
    assert site.ask("POST", f"{LETTERS}/a/replay").status_code == 204
    assert site.letters.replayed == ["a"]
    assert site.ask("DELETE", f"{LETTERS}/b").status_code == 204
    assert site.ask("GET", LETTERS).json["dead_letters"] == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/x"), ("DELETE", "/x"), ("POST", "/x/replay")]
)
def test_what_is_no_dead_letter_is_not_found(site, method, path):
    result = site.ask(method, LETTERS + path)
    assert (result.status_code, result.json["NeutronError"]["type"]) == (404, "DeadLetterNotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2.0/fleet/backlog"),
        ("GET", LETTERS),
        ("GET", f"{LETTERS}/a"),
        ("DELETE", f"{LETTERS}/a"),
        ("POST", f"{LETTERS}/a/replay"),
    ],
)
def test_all_of_it_is_for_admins(site, method, path):
    site.letters.put("a")
    assert site.ask(method, path, headers=TENANT).status_code == 403
    assert len(site.letters.kept) == 1


def test_a_bus_that_is_away_is_a_503(site):
    site.letters.away = True
    for method, path in (("GET", LETTERS), ("POST", f"{LETTERS}/a/replay")):
        result = site.ask(method, path)
        assert (result.status_code, result.json["NeutronError"]["type"]) == (503, "BusFailure")
        assert result.headers["Retry-After"]
        assert "refused" not in result.text
