"""Why not there: every device, as the fleet is now, without the service itself."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.binding import Attachment, NetworkNeed
from core.domain.device import AdminState, Capabilities, DeviceStatus
from core.domain.placement.reasons import ReasonCode
from core.domain.service_type import Choice, Policy
from core.ports.placement_advisor import AdvisorFailure, Opinion
from core.usecases.placement.findings import RefusalKind
from tests.core.domain.placement.fleet import DRIVER, NET_A, NET_B
from tests.core.domain.placement.test_index import DRIVERS, devices, requests
from tests.core.usecases.placement.yard import Yard


def net(name: str) -> NetworkNeed:
    third = sum(map(ord, name)) % 200
    return NetworkNeed(network_id=name, cidr=f"10.{len(name)}.{third}.0/24")


@given(
    found=st.lists(devices, min_size=1, max_size=6, unique_by=lambda one: one.id),
    asked=st.lists(requests, min_size=1, max_size=5),
)
@settings(max_examples=150)
def test_at_once_after_a_placement_the_same_is_found_again(found, asked):
    """Nothing else changed, so the service would be placed again where it is, with the same
    totals and the same refusals."""
    yard = Yard(drivers=DRIVERS)
    for number, one in enumerate(found):
        yard.add(replace(one, number=number + 1, name=one.id))
    for number, wanted in enumerate(asked):
        policy = replace(wanted.policy, choice=Choice.COMMON)
        yard.service_type(f"t{number}", drivers=wanted.drivers, policy=policy)
        decision = yard.place(
            f"s{number}",
            *wanted.requirements.networks,
            project=wanted.project_id,
            service_type=f"t{number}",
            features=wanted.requirements.features,
        )
    seen = yard.examiner.examine(decision.service_id, each_device=True)
    assert seen.best_device_id == decision.device_id
    assert seen.refusals == decision.refusals
    assert seen.considered == decision.considered == len(seen.devices)
    totals = {one.device_id: one.total for one in seen.devices if one.fits}
    assert len(totals) == seen.fitting
    for verdict in decision.verdicts:
        assert totals[verdict.device_id] == verdict.total
    assert sum(group.devices for group in seen.groups) == seen.considered - seen.fitting


@pytest.fixture
def yard():
    made = Yard()
    made.service_type("gold", policy=Policy(choice=Choice.COMMON))
    return made


def test_every_device_is_told_of_with_what_would_admit_it(yard):
    yard.device("full", limits={"vips": 0})
    yard.device("away", status=DeviceStatus.OFFLINE, admin_state=AdminState.DRAINING)
    yard.device("edge")
    yard.place("shop", NET_A)
    yard.clock.advance(5)
    seen = yard.examiner.examine("shop", each_device=True)
    assert (seen.explained_at, seen.considered, seen.fitting) == (1005.0, 3, 1)
    full, away, edge = seen.devices
    assert (full.fits, full.total, full.remedy) == (False, None, "raise vips to 1")
    assert [reason.code for reason in away.reasons] == ["not-enabled", "not-online"]
    assert away.remedy == "enable it; bring it online"
    assert edge.fits
    assert edge.remedy == ""
    assert seen.best_device_name == "edge"
    one, both = seen.groups
    assert one.reasons == (RefusalKind(ReasonCode.LIMIT_REACHED, "vips"),)
    assert (one.devices, one.examples, one.remedy) == (1, ("full",), "raise vips to 1")
    assert both.text == "is draining; is OFFLINE"


def test_groups_alone_are_asked_for(yard):
    yard.device("full", limits={"vips": 0})
    yard.place("shop")
    seen = yard.examiner.examine("shop", each_device=False)
    assert (seen.devices, len(seen.groups)) == ((), 1)


def test_the_service_is_not_in_its_own_way(yard):
    yard.device("tiny", limits={"vips": 1, "vlans:eth1": 1})
    assert yard.place("shop", NET_A).device_id == "tiny"
    [tiny] = yard.examiner.examine("shop", each_device=True).devices
    assert tiny.fits
    refused = yard.place("blog", NET_B)
    assert refused.device_id is None
    [tiny] = yard.examiner.examine("blog", each_device=True).devices
    assert tiny.remedy == (
        "raise vips to 2; 1 VLAN slot short on eth1: raise the limit to 2 or detach net-a"
        " (1 service)"
    )


def test_the_fleet_is_looked_at_as_it_is_now(yard):
    yard.device("edge")
    yard.place("shop")
    before = yard.examiner.examine("shop", each_device=False)
    yard.change_device("edge", admin_state=AdminState.DRAINING)
    after = yard.examiner.examine("shop", each_device=False)
    assert (before.refusals, after.refusals) == ({}, {"not-enabled": 1})
    assert after.fleet_revision > before.fleet_revision
    assert after.best_device_id is None


def test_the_real_fleet_does_not_notice(yard):
    yard.device("edge", limits={"vips": 1})
    yard.place("shop")
    yard.examiner.examine("shop", each_device=True)
    assert yard.place("blog").device_id is None


def test_networks_that_could_be_detached_are_named_with_their_services(yard):
    yard.device("edge", limits={"vlans:eth1": 2})
    for service, network in (("one", "busy"), ("two", "busy"), ("three", "calm")):
        yard.place(service, net(network))
    with yard.store.write() as work:
        attached = Attachment(device_id="edge", network_id="calm", interface="eth1")
        work.ledger.end_wiring("edge", "calm", attached)
        work.commit()
    yard.place("shop", net("other"))
    [edge] = yard.examiner.examine("shop", each_device=True).devices
    assert edge.remedy == (
        "1 VLAN slot short on eth1: raise the limit to 3 or detach calm (1 service)"
    )


def test_nothing_can_be_examined_for_a_service_that_is_gone(yard):
    yard.device("edge")
    yard.place("shop")
    assert yard.examiner.examine("unknown", each_device=True) is None
    with yard.store.write() as work:
        work.services.save(work.services.get("shop").to_be_deleted(1000.0))
        work.commit()
    assert yard.examiner.examine("shop", each_device=True) is None
    assert yard.examiner.missing("shop") == ()


class Picky:
    """Vetoes, scores or fails by the devices' names."""

    info = replace(DRIVER, advises=True, limits={"vips": 10, "vlans:eth1": 4})
    fails = False

    def opinions(self, request, candidates):
        if self.fails:
            raise AdvisorFailure("no answer")
        return [
            Opinion(veto="too warm") if host.device.name == "warm" else Opinion(score=0.25)
            for host in candidates
        ]

    def choose(self, request, candidates):
        return None


@pytest.fixture
def picky():
    advisor = Picky()
    made = Yard(drivers={"haproxy": advisor.info}, advisors={"haproxy": advisor})
    made.device("warm")
    made.device("edge")
    made.service_type("gold", policy=Policy(choice=Choice.ADVISED))
    return made


def test_drivers_are_asked_about_the_devices_that_fit(picky):
    decision = picky.place("shop")
    seen = picky.examiner.examine("shop", each_device=True)
    warm, edge = seen.devices
    [veto] = warm.reasons
    assert (veto.code, veto.text) == (ReasonCode.VETOED, "too warm")
    assert "choice to common" in warm.remedy
    assert edge.total == decision.verdicts[0].total
    assert seen.best_device_id == "edge"


def test_a_driver_that_does_not_answer_is_a_reason(picky):
    picky.advisors["haproxy"].fails = True
    picky.place("shop")
    seen = picky.examiner.examine("shop", each_device=True)
    assert seen.refusals == {"advisor-failed": 2}
    assert seen.devices[0].reasons[0].text == "no answer"


def test_a_driver_that_chooses_and_wants_none_is_a_veto(picky):
    picky.service_type("theirs", policy=Policy(choice=Choice.DRIVER))
    picky.place("shop", service_type="theirs")
    seen = picky.examiner.examine("shop", each_device=True)
    assert seen.refusals == {"vetoed": 2}


def test_capabilities_that_some_device_lacks_are_named(yard):
    yard.device("edge")
    features = Capabilities(methods=frozenset({"LEAST_CONNECTIONS"}))
    yard.place("shop", features=features)
    assert yard.examiner.missing("shop") == ("method LEAST_CONNECTIONS",)
