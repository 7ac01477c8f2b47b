"""The index and an exhaustive search agree about every fleet and every request."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.domain.binding import Account, NetworkNeed
from core.domain.device import AdminState, Capabilities, Device, DeviceStatus
from core.domain.placement.decision import total_points
from core.domain.placement.engine import judge, refusals
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.search import in_order
from core.domain.placement.index.survey import survey, tally
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.placement.rules import check
from core.domain.placement.scores import wiring_of
from core.domain.service_type import Apart, Grouping, Policy, Preference, Strategy
from tests.core.domain.placement.fleet import DRIVER, EVERYTHING, device, request

DRIVERS = {
    "haproxy": replace(DRIVER, limits={"vips": 3, "vlans:eth1": 2}),
    "f5": replace(
        DRIVER,
        name="f5",
        physical=True,
        isolates_overlapping=True,
        data_interface="eth2",
        limits={"vips": None, "vlans:eth2": 3, "throughput": 10},
    ),
}
CIDRS = ["10.1.0.0/24", "10.2.0.0/24", "10.2.0.0/25", "10.0.0.0/8", "fd00::/64"]
NETWORKS = ["net-a", "net-b", "net-c", "net-d"]
PROJECTS = ["blue", "green"]

needs = st.lists(
    st.builds(NetworkNeed, network_id=st.sampled_from(NETWORKS), cidr=st.sampled_from(CIDRS)),
    min_size=1,
    max_size=3,
    unique_by=lambda need: (need.network_id, need.cidr),
)
accounts = st.builds(
    Account,
    used=st.dictionaries(
        st.sampled_from(["vips", "vlans:eth1", "vlans:eth2", "throughput"]),
        st.integers(0, 5),
    ),
    networks=st.dictionaries(
        st.sampled_from(NETWORKS),
        st.lists(st.sampled_from(CIDRS), min_size=1, max_size=2, unique=True).map(
            lambda cidrs: tuple(sorted(cidrs))
        ),
        max_size=3,
    ),
    projects=st.dictionaries(st.sampled_from(PROJECTS), st.integers(1, 3), max_size=2),
)
devices = st.builds(
    Device,
    id=st.sampled_from([f"d{n}" for n in range(8)]),
    name=st.just("lb"),
    number=st.integers(1, 12),
    driver=st.sampled_from([*DRIVERS, "gone"]),
    limits=st.dictionaries(
        st.sampled_from(["vips", "vlans:eth1", "throughput"]),
        st.none() | st.integers(0, 6),
        max_size=2,
    ),
    project_id=st.sampled_from([None, None, *PROJECTS]),
    zone=st.sampled_from([None, "east"]),
    device_pool=st.sampled_from([None, "p1"]),
    isolates_overlapping=st.sampled_from([None, None, True, False]),
    admin_state=st.sampled_from([AdminState.ENABLED, AdminState.ENABLED, AdminState.DRAINING]),
    status=st.sampled_from(
        [DeviceStatus.ONLINE, DeviceStatus.ONLINE, DeviceStatus.SPAWNING, DeviceStatus.OFFLINE]
    ),
    status_reason=st.sampled_from(["", "no answer"]),
    version=st.sampled_from(["2.8.25", "1.0", None]),
    capabilities=st.sampled_from([None, EVERYTHING, Capabilities()]),
)
policies = st.builds(
    Policy,
    weights=st.dictionaries(
        st.sampled_from(
            ["balance", "least_loaded", "most_loaded", "tenant_together", "wired", "physical"]
        ),
        st.sampled_from([0.0, 0.5, 2.0, 7.25]),
        max_size=3,
    ),
    strategy=st.sampled_from(Strategy),
    grouping=st.sampled_from(Grouping),
    apart=st.builds(Apart, devices=st.integers(1, 3), seed=st.integers(0, 3)),
    prefer=st.sampled_from(Preference),
    demand=st.dictionaries(st.sampled_from(["throughput", "odd"]), st.integers(0, 4)),
    oversubscription=st.dictionaries(
        st.sampled_from(["vips", "throughput"]), st.sampled_from([1.0, 1.5, 2.33])
    ),
    zone=st.sampled_from([None, None, "east"]),
    device_pool=st.sampled_from([None, None, "p1"]),
    dedicated=st.booleans(),
)
requests = st.builds(
    lambda policy, project, networks, drivers, features, avoid: request(
        policy=policy,
        project_id=project,
        drivers=drivers,
        requirements=Requirements(
            vip_address="10.1.0.5", networks=tuple(networks), features=features
        ),
        avoid_device_id=avoid,
    ),
    policies,
    st.sampled_from(PROJECTS),
    needs,
    st.sampled_from([("haproxy", "f5"), ("f5", "haproxy"), ("haproxy",), ("gone", "f5")]),
    st.sampled_from([Capabilities(), Capabilities(methods=frozenset({"ROUND_ROBIN"}))]),
    st.sampled_from([None, None, "d1"]),
)


def agree(fleet: Fleet, asked: PlacementRequest) -> None:
    """Hold every answer of the index against judging one device after the other."""
    look = Look(fleet, asked)
    asked, plan = look.request, look.plan
    verdicts = [(host, judge(asked, host)) for host in fleet]
    expected = sorted(
        (-total_points(verdict.terms), host.device.number, host.device.id)
        for host, verdict in verdicts
        if verdict.fits
    )
    found = [
        (-points, fleet.host(slot).device.number, fleet.host(slot).device.id)
        for points, slot in in_order(look)
        if not check(asked, fleet.host(slot))
    ]
    assert found == expected
    told = {host.device.id: (reasons, points) for host, reasons, points in survey(look)}
    assert told == {
        host.device.id: (verdict.reasons, total_points(verdict.terms)) for host, verdict in verdicts
    }
    terms = {
        host.device.id: plan.terms(wiring_of(asked, host), number, slot)
        for slot, host, number in fleet.entries()
        if number in plan.standing
    }
    assert all(terms[host.device.id] == verdict.terms for host, verdict in verdicts if verdict.fits)
    assert tally(look) == refusals(verdict for _, verdict in verdicts)


class AnyFleet(RuleBasedStateMachine):
    """Devices come, change and go, services are placed, copies are taken."""

    @initialize()
    def empty(self) -> None:
        self.fleet = Fleet(DRIVERS)
        self.asked: list[PlacementRequest] = []
        self.forks: list[tuple[Fleet, list]] = []

    @rule(device=devices, account=accounts)
    def put(self, device, account):
        self.fleet.put(device, account)

    @rule(found=st.lists(st.tuples(devices, accounts), unique_by=lambda pair: pair[0].id))
    def fill(self, found):
        self.fleet.fill(
            [device for device, _ in found],
            {device.id: account for device, account in found},
        )

    @rule(number=st.integers(0, 7))
    def remove(self, number):
        self.fleet.remove(f"d{number}")

    @rule(asked=requests)
    def place(self, asked):
        self.asked = [*self.asked[-3:], asked]
        look = Look(self.fleet, asked)
        asked = look.request
        for _, slot in in_order(look):
            host = self.fleet.host(slot)
            if not check(asked, host):
                self.fleet.claim(
                    host.device.id, asked.project_id, asked.demand, asked.requirements.networks
                )
                return

    @rule()
    def fork(self):
        self.forks = [*self.forks[-1:], (self.fleet, _frozen(self.fleet))]
        self.fleet = self.fleet.fork()

    @invariant()
    def agrees(self):
        for asked in self.asked:
            agree(self.fleet, asked)

    @invariant()
    def forks_are_left_alone(self):
        for fleet, as_it_was in self.forks:
            assert _frozen(fleet) == as_it_was

    def teardown(self):
        for fleet, _ in self.forks:
            for asked in self.asked:
                agree(fleet, asked)


def _frozen(fleet: Fleet) -> list:
    return [
        (host.device, dict(host.used), dict(host.networks), dict(host.projects)) for host in fleet
    ]


TestAnyFleet = AnyFleet.TestCase
TestAnyFleet.settings = settings(max_examples=60, stateful_step_count=20)


def test_an_older_device_that_comes_after_the_youngest_went():
    fleet = Fleet(DRIVERS)
    for number in (2, 3):
        fleet.put(device(id=f"d{number}", number=number), Account())
    fleet.remove("d3")
    fleet.put(device(id="d1", number=1), Account())
    assert [host.device.id for host in fleet] == ["d1", "d2"]
    agree(fleet, request())


@given(
    found=st.lists(st.tuples(devices, accounts), unique_by=lambda pair: pair[0].id, min_size=3),
    asked=requests,
)
@settings(max_examples=300)
def test_any_fleet_that_was_there_at_once(found, asked):
    fleet = Fleet(DRIVERS)
    fleet.fill([device for device, _ in found], {device.id: account for device, account in found})
    agree(fleet, asked)
