"""Scores order devices as R9 asks, and a policy's weights change the order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.domain.device import DeviceStatus
from core.domain.placement.engine import best, judge
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.scores import ADVICE, SCORES, weigh, weights_of
from core.domain.service_type import Grouping, Policy, Preference, Strategy
from tests.core.domain.placement.fleet import DRIVER, candidate, device, request


def first(*candidates, **changes) -> str:
    asked = request(**changes)
    found = best((each, judge(asked, each)) for each in candidates)
    assert found is not None
    return found[0].device.id


def terms(asked, against, advice=1.0) -> dict[str, float]:
    weights = weights_of(asked.policy)
    return {term.score: term.value for term in weigh(asked, against, weights, advice)}


A, B = {"net-a": ("10.1.0.0/24",)}, {"net-b": ("10.2.0.0/24",)}


def test_wired_devices_come_before_emptier_ones_when_the_policy_groups_by_network():
    wired = candidate(
        on=device(id="wired"),
        used={"vips": 5},
        networks={**A, **B},
    )
    policy = Policy(grouping=Grouping.NETWORK)
    assert first(candidate(on=device(id="empty")), wired, policy=policy) == "wired"


def test_the_least_loaded_of_equals():
    busy = candidate(on=device(id="busy"), used={"vips": 8})
    idle = candidate(on=device(id="idle"), used={"vips": 4})
    assert first(busy, idle) == "idle"


def test_the_tenants_own_device_first():
    mine = candidate(on=device(id="mine", project_id="blue"), used={"vips": 9})
    assert first(candidate(on=device(id="a-shared")), mine) == "mine"


def test_the_preferred_driver_before_what_is_wired():
    second = candidate(on=device(id="a", driver="other"), networks=A)
    preferred = candidate(on=device(id="b"))
    assert first(second, preferred, drivers=("haproxy", "other")) == "b"


def test_a_weight_of_zero_switches_a_score_off():
    policy = Policy(weights={"wired": 0.0})
    wired = candidate(on=device(id="wired"), used={"vips": 5}, networks=A)
    assert first(candidate(on=device(id="empty")), wired, policy=policy) == "empty"
    assert "wired" not in terms(request(policy=policy), wired)


def test_the_tenants_devices_when_a_policy_groups_by_tenant():
    home = candidate(on=device(id="z", number=2), projects={"blue": 3}, used={"vips": 8})
    wired = candidate(on=device(id="a", number=1), networks={**A, **B})
    assert first(home, wired) == "a"
    assert first(home, wired, policy=Policy(grouping=Grouping.TENANT)) == "z"


def test_a_policy_that_packs_fills_one_device_before_the_next():
    busy = candidate(on=device(id="busy"), used={"vips": 8})
    idle = candidate(on=device(id="idle"))
    assert first(busy, idle) == "idle"
    assert first(busy, idle, policy=Policy(strategy=Strategy.PACK)) == "busy"


def test_appliances_or_processes_first_when_the_policy_prefers_them():
    box = candidate(on=device(id="box"), driver=replace(DRIVER, physical=True))
    process = candidate(on=device(id="process"))
    assert first(process, box, policy=Policy(prefer=Preference.PHYSICAL)) == "box"
    assert first(box, process, policy=Policy(prefer=Preference.VIRTUAL)) == "process"


def test_a_device_that_runs_before_one_that_is_being_made():
    made = candidate(on=device(id="made", status=DeviceStatus.SPAWNING), networks={**A, **B})
    runs = candidate(on=device(id="runs"), used={"vips": 9})
    assert first(made, runs) == "runs"


def test_the_older_of_equals_whatever_the_order_they_come_in():
    a, b = candidate(on=device(id="a", number=2)), candidate(on=device(id="b", number=1))
    assert first(a, b) == first(b, a) == "b"


def test_a_veto_refuses_with_the_drivers_reason():
    no = Reason(ReasonCode.VETOED, "cluster is rebalancing")
    verdict = judge(request(), candidate(), veto=no)
    assert verdict.reasons == (no,)
    assert verdict.terms == ()


def test_the_drivers_own_score_counts():
    assert terms(request(), candidate(), advice=0.25)[ADVICE] == 0.25


def test_every_score_can_be_weighed_and_none_is_missing():
    policy = Policy(weights=dict.fromkeys(SCORES, 1.0))
    assert set(terms(request(policy=policy), candidate())) == SCORES


@given(
    used=st.dictionaries(st.sampled_from(["vips", "vlans:eth1"]), st.integers(0, 50)),
    networks=st.sets(st.sampled_from(["net-a", "net-b", "net-c"])),
    limit=st.one_of(st.none(), st.integers(0, 40)),
)
def test_every_score_stays_between_zero_and_one(used, networks, limit):
    policy = Policy(weights=dict.fromkeys(SCORES, 1.0))
    some = candidate(
        used=used, networks=dict.fromkeys(networks, ("10.9.0.0/24",)), limits={"vips": limit}
    )
    assert all(0.0 <= value <= 1.0 for value in terms(request(policy=policy), some).values())
