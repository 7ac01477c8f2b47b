"""Explanations, what-if and capacity through the API."""

from dataclasses import replace

import jsonschema
import pytest

from adapters.http.schemas.foresight import ANSWER, CAPACITY
from adapters.http.schemas.placement import DECISIONS
from core.domain.device import DeviceStatus
from core.domain.placement.decision import Term, Verdict
from core.domain.query import Query
from tests import builders as a
from tests.adapters.http.site import Site

TENANT = {"headers": {"X-Project-Id": "red", "X-Roles": "member"}}
DECISION = "/v2.0/fleet/decisions/d1"


@pytest.fixture
def fleet() -> Site:
    """A VIP of the tenant red that found no place on a device that was full, and one that is
    not any more."""
    site = Site()
    site.service_type()
    subnet = site.subnet()
    pool = site.pool(subnet["id"], tenant_id="red")
    vip = site.vip(subnet_id=subnet["id"], pool_id=pool["id"], name="shop", tenant_id="red")
    for name, vips in (("edge", 10), ("tiny", 0)):
        site.make("fleet/devices", name=name, driver="acme", limits={"vips": vips})
    decision = a.a_decision(
        "d1",
        id="d1",
        service_id=vip["id"],
        project_id="red",
        device_id=None,
        considered=2,
        fleet_revision=7,
        refusals={"limit-reached": 2},
        verdicts=(Verdict(device_id="x", device_name="x", terms=(Term("wired", 0.5, 4.0),)),),
    )
    with site.store.write() as work:
        for device in work.devices.find(Query()):
            work.devices.save(replace(device, status=DeviceStatus.ONLINE))
        work.decisions.add(decision)
        work.commit()
    return site


def test_an_admin_is_told_of_every_device(fleet):
    shown = fleet.ask("GET", DECISION).json["decision"]
    jsonschema.validate(shown, DECISIONS.response)
    why_not = shown["why_not"]
    edge, tiny = why_not["devices"]
    assert (edge["fits"], tiny["fits"]) == (True, False)
    assert tiny["remedy"] == "raise vips to 1"
    assert why_not["best_device_name"] == "edge"
    assert shown["verdicts"][0]["total"] == 2.0
    assert shown["fleet_revision"] == 7


def test_less_can_be_asked_for(fleet):
    shown = fleet.ask("GET", f"{DECISION}?why_not=summary").json["decision"]
    assert shown["why_not"]["devices"] == []
    assert shown["why_not"]["groups"][0]["examples"] == ["tiny"]
    for query in ("why_not=none", "fields=id&fields=refusals"):
        assert "why_not" not in fleet.ask("GET", f"{DECISION}?{query}").json["decision"]
    only = fleet.ask("GET", f"{DECISION}?fields=why_not").json["decision"]
    assert list(only) == ["why_not"]
    [listed] = fleet.ask("GET", "/v2.0/fleet/decisions").json["decisions"]
    assert "why_not" not in listed
    jsonschema.validate(listed, DECISIONS.response)


def test_a_tenant_is_told_in_words(fleet):
    for path in (DECISION, f"{DECISION}?why_not=all"):
        result = fleet.ask("GET", path, **TENANT)
        shown = result.json["decision"]
        assert shown["summary"] == "No eligible device: 2 devices considered: 2 full"
        assert shown["advice"]
        for secret in ("edge", "tiny", "verdicts", "why_not", "device_id", "fleet_revision"):
            assert secret not in result.text
    assert fleet.ask("GET", DECISION, headers={"X-Project-Id": "blue"}).status_code == 404


def test_a_service_that_is_gone_is_told_of_as_it_was(fleet):
    with fleet.store.write() as work:
        decision = work.decisions.get("d1")
        work.decisions.save(replace(decision, service_id="gone"))
        work.commit()
    shown = fleet.ask("GET", DECISION).json["decision"]
    assert "why_not" not in shown
    assert shown["note"].startswith("The service is gone")
    assert shown["verdicts"]


def test_what_if(fleet):
    network = fleet.ask("GET", "/v2.0/networks").json["networks"][0]["name"]
    question = {
        "service_type": "gold",
        "count": "30",
        "networks": [network, {"name": "later", "cidr": "10.0.0.0/24"}],
        "features": {"protocols": ["HTTP"]},
        "drain": ["tiny"],
        "add": [{"driver": "acme", "count": 2, "limits": {"vips": 3}}],
        "limits": {"edge": {"vips": 4}},
    }
    answer = fleet.ask("POST", "/v2.0/fleet/what-if", {"what_if": question})
    assert answer.status_code == 200
    told = answer.json["what_if"]
    jsonschema.validate(told, ANSWER)
    assert (told["asked"], told["placed"], told["ended"]) == (30, 10, "nothing-fits")
    assert told["first_refusal"]["runs_out"] == "vips"
    assert {one["wirings"] for one in told["devices"]} == {2}
    by_default = fleet.ask("POST", "/v2.0/fleet/what-if", {"what_if": {"count": 30}})
    assert by_default.json["what_if"]["placed"] == 10


@pytest.mark.parametrize(
    ("field", "question"),
    [
        ("service_type", {"service_type": "iron"}),
        ("count", {"service_type": "gold", "count": 0}),
        ("networks.0", {"service_type": "gold", "networks": ["nowhere"]}),
        ("networks.0", {"service_type": "gold", "networks": [{"name": "x"}]}),
        ("add.0.driver", {"service_type": "gold", "add": [{"driver": "f5"}]}),
        ("drain.0", {"service_type": "gold", "drain": ["nowhere"]}),
        ("bogus", {"service_type": "gold", "bogus": 1}),
        ("features.bogus", {"service_type": "gold", "features": {"bogus": []}}),
        ("limits.edge.vips", {"service_type": "gold", "limits": {"edge": {"vips": -1}}}),
        ("demand.bogus", {"service_type": "gold", "demand": {"bogus": 1}}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(fleet, field, question):
    result = fleet.ask("POST", "/v2.0/fleet/what-if", {"what_if": question})
    assert result.status_code == 400
    message = result.json["NeutronError"]["message"]
    assert field in message, message


def test_a_question_has_its_envelope(fleet):
    result = fleet.ask("POST", "/v2.0/fleet/what-if", {"service_type": "gold"})
    assert result.status_code == 400
    assert "what_if" in result.json["NeutronError"]["message"]


def test_capacity(fleet):
    for by in ("driver", "pool", "zone", "device"):
        capacity = fleet.ask("GET", f"/v2.0/fleet/capacity?by={by}").json["capacity"]
        jsonschema.validate(capacity, CAPACITY)
        assert capacity["by"] == by
    assert [group["name"] for group in capacity["groups"]] == ["edge", "tiny"]
    assert capacity["service_types"][0]["wired"]["vips"] == 10
    assert fleet.ask("GET", "/v2.0/fleet/capacity").json["capacity"]["by"] == "driver"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("capacity?by=colour", "by"),
        ("capacity?colour=red", "colour"),
        ("decisions/d1?why_not=some", "why_not"),
        ("decisions/d1?colour=red", "colour"),
    ],
)
def test_wrong_parameters_are_named(fleet, path, name):
    result = fleet.ask("GET", f"/v2.0/fleet/{path}")
    assert result.status_code == 400
    assert name in result.json["NeutronError"]["message"]


def test_the_fleet_as_a_whole_is_for_admins(fleet):
    question = {"what_if": {"service_type": "gold"}}
    assert fleet.ask("POST", "/v2.0/fleet/what-if", question, **TENANT).status_code == 403
    assert fleet.ask("GET", "/v2.0/fleet/capacity", **TENANT).status_code == 403
