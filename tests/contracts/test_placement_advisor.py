"""What every placement advisor promises, and what the rest of the system needs of its `info`."""

import copy
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.devices.haproxy import PLUGIN as HAPROXY
from adapters.devices.memory import ADVISED
from adapters.devices.memory import PLUGIN as MEMORY
from core.domain.binding import Account, NetworkNeed, vlan_resource
from core.domain.device import VIPS, Capabilities, DeviceStatus, DriverInfo
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.placement.request import (
    Candidate,
    PlacementRequest,
    Requirements,
    candidate,
)
from core.domain.service import ServiceKind
from core.domain.service_type import Policy
from pierhead.drivers import DriverPlugin, load_drivers
from tests.builders import PROJECT, a_device, uid

PLUGINS = [
    pytest.param(MEMORY, id="memory"),
    pytest.param(ADVISED, id="memory-advised"),
    pytest.param(HAPROXY, id="haproxy"),
]

COMMON_LIMITS = {VIPS, "throughput", "connections"}
MARKS = ("writeOnly", "x-admin-only")


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest) -> DriverPlugin:
    found: DriverPlugin = request.param
    return found


@pytest.fixture
def info(plugin: DriverPlugin) -> DriverInfo:
    return plugin.advisor.info


def test_the_same_arguments_give_the_same_answer(plugin: DriverPlugin) -> None:
    for request, candidates in _questions(plugin.advisor.info):
        before = copy.deepcopy((request, candidates))
        first = _answer(plugin, request, candidates)
        assert _answer(plugin, *copy.deepcopy(before)) == first
        assert _answer(plugin, request, candidates) == first
        assert (request, candidates) == before, "the arguments are not the advisor's to change"


def test_there_is_an_opinion_on_each_device(plugin: DriverPlugin) -> None:
    for request, candidates in _questions(plugin.advisor.info):
        opinions = plugin.advisor.opinions(request, candidates)
        assert len(opinions) == len(candidates)
        for opinion in opinions:
            assert 0.0 <= opinion.score <= 1.0
            assert opinion.veto is None or opinion.veto


def test_an_opinion_does_not_hang_on_what_is_asked_beside_it(plugin: DriverPlugin) -> None:
    for request, candidates in _questions(plugin.advisor.info):
        together = list(plugin.advisor.opinions(request, candidates))
        alone = [plugin.advisor.opinions(request, [each])[0] for each in candidates]
        assert together == alone


def test_the_choice_is_one_of_the_devices_offered_or_none(plugin: DriverPlugin) -> None:
    for request, candidates in _questions(plugin.advisor.info):
        offered = {each.device.id for each in candidates}
        assert plugin.advisor.choose(request, candidates) in offered | {None}
        assert plugin.advisor.choose(request, []) is None


def test_the_schema_is_a_json_schema_that_explains_itself(info: DriverInfo) -> None:
    schema: Any = info.schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for name, entry in schema["properties"].items():
        assert entry.get("description"), f"{name} is not described"
        if "default" in entry:
            jsonschema.validate(entry["default"], entry, jsonschema.Draft202012Validator)
        assert all(entry.get(mark) in (None, True) for mark in MARKS)


def test_a_secret_has_no_default(info: DriverInfo) -> None:
    schema: Any = info.schema
    secrets = [each for each in schema["properties"].values() if each.get("writeOnly")]
    assert not any("default" in each for each in secrets)


def test_paths_on_the_agents_host_are_for_admins(info: DriverInfo) -> None:
    """A tenant could name any program or file of the host on its own private device."""
    schema: Any = info.schema
    paths = {
        name: each for name, each in schema["properties"].items() if each.get("pattern") == "^/"
    }
    assert [name for name, each in paths.items() if each.get("x-admin-only") is not True] == []


def test_capabilities_are_in_the_models_own_terms(info: DriverInfo) -> None:
    known = Capabilities(
        protocols=frozenset(map(str, Protocol)),
        methods=frozenset(map(str, Method)),
        monitors=frozenset(map(str, MonitorType)),
        persistences=frozenset(map(str, PersistenceType)),
    )
    assert known.missing(info.capabilities) == ()
    assert info.capabilities.protocols
    assert info.capabilities.methods


def test_limits_have_known_names(info: DriverInfo) -> None:
    vlans = vlan_resource(info.data_interface)
    assert info.limits.keys() >= {VIPS, vlans}, "every device counts its VIPs and networks"
    assert info.limits.keys() <= COMMON_LIMITS | {vlans} or all(
        re.fullmatch(r"[a-z][a-z0-9_:]*", name) for name in info.limits
    )
    assert all(value is None or value >= 0 for value in info.limits.values())


def test_the_driver_serves_some_kind_and_names_version_prefixes(info: DriverInfo) -> None:
    assert info.kinds <= set(ServiceKind)
    assert info.kinds
    assert info.name
    assert info.description
    assert "" not in info.versions, "an empty prefix would match any version"


def test_both_faces_say_the_same_of_the_driver(plugin: DriverPlugin, tmp_path: Path) -> None:
    plugin.check_host()
    driver = plugin.open(tmp_path)
    assert driver.info == plugin.advisor.info
    driver.close(stop_devices=True)


def test_the_entry_point_has_the_name_by_which_devices_call_the_driver(
    plugin: DriverPlugin, info: DriverInfo
) -> None:
    assert load_drivers([info.name]) == {info.name: plugin}


def _answer(
    plugin: DriverPlugin, request: PlacementRequest, candidates: list[Candidate]
) -> tuple[Any, str | None]:
    advisor = plugin.advisor
    return list(advisor.opinions(request, candidates)), advisor.choose(request, candidates)


def _questions(info: DriverInfo) -> list[tuple[PlacementRequest, list[Candidate]]]:
    networks = tuple(
        NetworkNeed(network_id=uid(name), cidr=cidr)
        for name, cidr in (("front", "127.9.0.0/24"), ("back", "127.9.1.0/24"))
    )
    needed = Requirements(
        vip_address="127.9.0.10", networks=networks[:1], features=info.capabilities
    )
    request = PlacementRequest(
        service_id=uid("service"),
        project_id=PROJECT,
        kind=ServiceKind.LOADBALANCER,
        service_type_id=uid("gold"),
        drivers=(info.name,),
        requirements=needed,
    )
    requests = [
        request,
        replace(request, requirements=replace(needed, networks=networks)),
        replace(
            request, drivers=("another", info.name), policy=Policy(demand={"connections": 100})
        ),
    ]
    device = a_device(
        "lb1", driver=info.name, version="1.0", status=DeviceStatus.ONLINE, labels={"rack": "7"}
    )
    busy = Account(used={VIPS: 7}, projects={PROJECT: 3, "other": 4})
    bare = a_device("lb3", driver=info.name, project_id=PROJECT, zone="east")
    candidates = [
        candidate(device, info, Account()),
        candidate(replace(device, id=uid("lb2")), info, busy),
        candidate(bare, info, Account()),
    ]
    return [*product(requests, [candidates, candidates[1:]])]
