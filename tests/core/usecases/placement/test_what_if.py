"""What would fit, on the fleet as it is and on one that is only imagined."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.binding import NetworkNeed
from core.domain.device import AdminState, Capabilities, DeviceStatus
from core.domain.errors import Forbidden, InvalidInput
from core.domain.network import Subnet
from core.domain.placement.index.fleet import Fleet
from core.domain.service_type import Choice, Grouping, Policy
from core.usecases.placement import what_if
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.capacity_types import By
from core.usecases.placement.what_if import WhatIf
from core.usecases.placement.what_if_types import Ending, NewDevices, NewNetwork, Question
from tests import builders as a
from tests.core.domain.placement.test_index import DRIVERS, accounts, devices, policies
from tests.core.usecases.placement.yard import ADMIN, BLUE, Yard

COMMON = Policy(choice=Choice.COMMON)


@pytest.fixture
def yard():
    made = Yard()
    made.service_type("gold", policy=COMMON)
    return made


def ask(yard, **fields):
    return yard.what_if.ask(ADMIN, Question(**{"service_type": "gold", "count": 100, **fields}))


def test_it_tells_how_many_fit_where_and_what_runs_out(yard):
    yard.device("small", limits={"vips": 3})
    yard.device("large", limits={"vips": 20})
    yard.device("away", status=DeviceStatus.OFFLINE)
    told = ask(yard)
    assert (told.asked, told.placed, told.ended) == (100, 23, Ending.NOTHING_FITS)
    assert [(one.device_name, one.placed) for one in told.devices] == [("large", 20), ("small", 3)]
    refusal = told.first_refusal
    assert refusal.refusals == {"not-online": 1, "limit-reached": 2}
    assert (refusal.considered, refusal.short, refusal.runs_out) == (3, {"vips": 2}, "vips")
    assert (refusal.remedy, refusal.remedy_devices) == ("raise vips to 4", 2)
    assert refusal.remedy_device == "small"


def test_all_that_is_asked_may_fit(yard):
    yard.device("edge")
    told = ask(yard, count=2)
    assert (told.placed, told.ended, told.first_refusal) == (2, Ending.ALL_PLACED, None)


def test_nothing_is_stored_and_the_fleet_does_not_notice(yard):
    yard.device("edge")
    first, second = ask(yard), ask(yard)
    assert first == second
    with yard.store.read() as work:
        assert work.ledger.accounts() == {}


def test_what_is_claimed_already_counts(yard):
    yard.device("edge")
    yard.place("shop")
    assert ask(yard).placed == 9


def test_a_simulation_puts_them_where_the_scheduler_would(yard):
    for name, vips in (("one", 2), ("two", 5), ("three", 3)):
        yard.device(name, limits={"vips": vips})
    told = ask(yard, count=6, networks=(NewNetwork(name="net-a", cidr="10.1.0.0/24"),))
    placed = {one.device_id: one.placed for one in told.devices}
    for number in range(6):
        chosen = yard.place(f"s{number}").device_id
        placed[chosen] -= 1
    assert set(placed.values()) == {0}


def test_networks_cost_vlans_once_for_each_device(yard):
    yard.device("edge")
    with yard.store.write() as work:
        work.networks.add(a.a_network("front"))
        work.subnets.add(a.a_subnet(), a.a_subnet("other", cidr="127.9.1.0/24"))
        work.commit()
    new = NewNetwork(name="later", cidr="10.0.0.0/24")
    told = ask(yard, networks=("front", new))
    assert (told.placed, told.wirings) == (10, 2)
    assert ask(yard, networks=(a.uid("front"), "other")).placed == 10
    told = ask(yard, own_networks=1)
    assert (told.placed, told.wirings, told.first_refusal.runs_out) == (4, 4, "vlans:eth1")
    told = ask(yard, own_networks=1, networks=("front",))
    assert (told.placed, told.wirings) == (3, 4)
    assert ask(yard, own_networks=2).placed == 2


def test_a_network_that_overlaps_keeps_off(yard):
    yard.device("edge")
    yard.place("shop", NetworkNeed(network_id="net-a", cidr="10.1.0.0/24"))
    told = ask(yard, networks=(NewNetwork(name="later", cidr="10.1.0.0/16"),))
    assert told.placed == 0
    assert told.first_refusal.refusals == {"overlapping-addresses": 1}
    assert told.first_refusal.runs_out is None


def test_an_imagined_fleet(yard):
    yard.device("one")
    yard.device("two")
    assert ask(yard, drain=("one",)).placed == 10
    assert ask(yard, without=("one", "two")).first_refusal.remedy == "add a device"
    assert ask(yard, limits={"two": {"vips": 50}}).placed == 60
    assert ask(yard, limits={"two": {"vips": None}}).placed == 100
    told = ask(yard, add=(NewDevices(driver="haproxy", count=3, limits={"vips": 5}),))
    assert told.placed == 35
    assert {"new-haproxy-3", "new-haproxy-5"} < {one.device_name for one in told.devices}
    yard.service_type("east", policy=replace(COMMON, zone="east"))
    assert ask(yard, service_type="east").placed == 0
    east = NewDevices(driver="haproxy", zone="east")
    assert ask(yard, service_type="east", add=(east,)).placed == 10


def test_the_default_type_is_meant_when_none_is_named(yard):
    yard.device("edge")
    yard.service_type("iron", drivers=("f5",), default=True)
    assert ask(yard, service_type=None).first_refusal.refusals == {"driver-not-allowed": 1}


def test_a_tenant_can_be_named(yard):
    yard.device("theirs", project_id="green")
    assert ask(yard).placed == 0
    assert ask(yard, tenant_id="green").placed == 10
    mine = NewDevices(driver="haproxy", project_id="green")
    assert ask(yard, tenant_id="green", add=(mine,)).placed == 20


def test_demand_goes_over_that_of_the_service_type(yard):
    yard.device("edge", limits={"throughput": 100})
    yard.service_type("fast", policy=replace(COMMON, demand={"throughput": 20}))
    assert ask(yard, service_type="fast").placed == 5
    told = ask(yard, service_type="fast", demand={"throughput": 50})
    assert (told.placed, told.first_refusal.runs_out) == (2, "throughput")
    assert ask(yard, service_type="fast", demand={"throughput": 0}).placed == 10


def test_what_the_services_use_counts(yard):
    yard.device("edge")
    features = Capabilities(persistences=frozenset({"APP_COOKIE"}))
    assert ask(yard, features=features).first_refusal.refusals == {"capability-missing": 1}


def test_the_change_that_admits_most_devices_is_told(yard):
    yard.device("theirs", project_id="green")
    yard.device("reds", project_id="red")
    yard.device("full", limits={"vips": 0}, admin_state=AdminState.DRAINING)
    yard.device("quiet", admin_state=AdminState.DRAINING)
    refusal = ask(yard).first_refusal
    assert (refusal.remedy, refusal.remedy_device) == ("enable it", "quiet")


BAD = [
    ("service_type", {"service_type": None}),
    ("service_type", {"service_type": "iron"}),
    ("count", {"count": 0}),
    ("count", {"count": 100_001}),
    ("own_networks", {"own_networks": 17}),
    ("networks.1", {"networks": ("front", "nowhere")}),
    ("networks.0", {"networks": ("bare",)}),
    ("networks.0", {"networks": ("twin",)}),
    ("networks.0.cidr", {"networks": (NewNetwork(name="x", cidr="10.0.0.1/8"),)}),
    ("demand.vips", {"demand": {"vips": 2}}),
    ("demand.vlans:eth1", {"demand": {"vlans:eth1": 2}}),
    ("demand.bogus", {"demand": {"bogus": 2}}),
    ("demand.throughput", {"demand": {"throughput": -1}}),
    ("drain.0", {"drain": ("nowhere",)}),
    ("without.0", {"without": ("same",)}),
    ("add.1.driver", {"add": (NewDevices(driver="haproxy"), NewDevices(driver="f5"))}),
    ("add.0.count", {"add": (NewDevices(driver="haproxy", count=0),)}),
    ("add.0.limits.bogus", {"add": (NewDevices(driver="haproxy", limits={"bogus": 1}),)}),
    ("limits.nowhere", {"limits": {"nowhere": {"vips": 1}}}),
    ("limits.edge.bogus", {"limits": {"edge": {"bogus": 1}}}),
    ("limits.edge.vips", {"limits": {"edge": {"vips": -1}}}),
]


@pytest.mark.parametrize(("field", "fields"), BAD, ids=[field for field, _ in BAD])
def test_what_makes_no_sense_is_named(yard, field, fields):
    yard.device("edge")
    for number in range(2):
        yard.device(f"same{number}", name="same", project_id=f"p{number}")
    with yard.store.write() as work:
        work.networks.add(*(a.a_network(name) for name in ("front", "bare", "twin")))
        work.networks.add(a.a_network("twin 2", name="twin"))
        work.subnets.add(a.a_subnet())
        work.commit()
    with pytest.raises(InvalidInput) as refused:
        ask(yard, **fields)
    assert refused.value.field == field


def test_it_is_for_admins(yard):
    with pytest.raises(Forbidden):
        yard.what_if.ask(BLUE, Question(service_type="gold"))


def test_it_takes_only_so_long(yard, monkeypatch):
    yard.device("edge")
    monkeypatch.setattr(what_if, "LONGEST", -1.0)
    told = ask(yard)
    assert (told.placed, told.ended, told.first_refusal) == (1, Ending.OUT_OF_TIME, None)


plain_policies = policies.map(lambda one: replace(one, zone=None, device_pool=None))
open_devices = devices.map(
    lambda one: replace(
        one, admin_state=AdminState.ENABLED, status=DeviceStatus.ONLINE, version=None
    )
)


class Still:
    """A view of a fleet with anything on it, which no store has to agree with."""

    def __init__(self, found, on_them) -> None:
        self.fleet = Fleet(DRIVERS)
        self.fleet.fill(found, on_them)

    def at(self, _):
        return nullcontext(self.fleet)

    def position(self):
        return 0


@given(
    found=st.lists(
        st.tuples(devices | open_devices, accounts), max_size=6, unique_by=lambda pair: pair[0].id
    ),
    policy=plain_policies | policies,
    drivers=st.sampled_from([("haproxy", "f5"), ("haproxy",), ("gone", "f5")]),
    own=st.integers(0, 1),
)
@settings(max_examples=200)
def test_arithmetic_and_simulation_agree(found, policy, drivers, own):
    """The capacity view tells as many as a simulation can place, and what runs out then."""
    yard = Yard(drivers=DRIVERS)
    policy = replace(policy, choice=Choice.COMMON, grouping=Grouping.NONE, dedicated=False)
    yard.service_type("gold", drivers=drivers, policy=policy)
    still = Still([one for one, _ in found], {one.id: account for one, account in found})
    parts = {"store": yard.store, "view": still, "clock": yard.clock}
    [room] = Capacity(**parts).show(ADMIN, By.DRIVER).service_types
    question = Question(service_type="gold", count=100, own_networks=own, tenant_id="nobody")
    told = WhatIf(**parts, ipam=yard.networks, drivers=DRIVERS, advisors={}).ask(ADMIN, question)
    fits = room.own_network if own else room.wired
    if fits.vips is None:
        assert told.placed == 100
    else:
        assert told.placed == min(fits.vips, 100)
    if told.first_refusal is not None and fits.vips is not None:
        assert told.first_refusal.short == fits.short
        assert told.first_refusal.runs_out == fits.runs_out


def test_a_subnet_that_another_system_has_can_be_named_by_its_id():
    yard = Yard(drivers=DRIVERS)
    yard.service_type("gold", drivers=("acme",))
    identity = "0f6c2f3e-5f7a-4c1c-9a0e-6c3f6c1b7d21"
    question = Question(service_type="gold", count=1, networks=(identity,), tenant_id="nobody")
    with pytest.raises(InvalidInput, match=r"networks\.0"):
        yard.what_if.ask(ADMIN, question)
    there = Subnet(id=identity, project_id="blue", network_id="n", cidr="10.0.0.0/24")
    yard.networks.add_subnet(there)
    assert yard.what_if.ask(ADMIN, question).placed == 0
