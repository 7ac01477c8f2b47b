"""Scores order devices as R9 asks, and a policy's weights change the order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.binding import Usage
from core.domain.placement.engine import judge, ranked
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.scores import SCORES, weigh
from core.domain.service_type import Policy
from tests.core.domain.placement.fleet import attached, candidate, device, request


def nothing(_request, _candidate):
    return None


def best(*candidates, **changes) -> str:
    asked = request(**changes)
    verdicts = ranked(judge(asked, each, nothing, lambda _r, _c: 0.0) for each in candidates)
    assert verdicts[0].fits
    return verdicts[0].device_id


def test_wired_devices_come_before_emptier_ones():
    wired = candidate(
        on=device(id="wired"),
        usage=Usage(used={"vips": 5}, networks=(attached("net-a"), attached("net-b"))),
    )
    assert best(candidate(on=device(id="empty")), wired) == "wired"


def test_the_least_loaded_of_equals():
    busy = candidate(on=device(id="busy"), usage=Usage(used={"vips": 5}))
    idle = candidate(on=device(id="idle"), usage=Usage(used={"vips": 4}))
    assert best(busy, idle) == "idle"


def test_the_tenants_own_device_first():
    mine = candidate(on=device(id="mine", project_id="blue"), usage=Usage(used={"vips": 9}))
    assert best(candidate(on=device(id="a-shared")), mine) == "mine"


def test_the_preferred_driver_before_what_is_wired():
    second = candidate(
        on=device(id="a", driver="other"), usage=Usage(networks=(attached("net-a"),))
    )
    first = candidate(on=device(id="b"))
    assert best(second, first, drivers=("haproxy", "other")) == "b"


def test_a_weight_of_zero_switches_a_score_off():
    policy = Policy(weights={"wired": 0.0})
    wired = candidate(
        on=device(id="wired"), usage=Usage(used={"vips": 5}, networks=(attached("net-a"),))
    )
    assert best(candidate(on=device(id="empty")), wired, policy=policy) == "empty"
    assert "wired" not in {term.score for term in weigh(request(policy=policy), wired, 0.0)}


def test_grouping_by_tenant_when_the_policy_asks():
    home = candidate(on=device(id="z"), projects={"blue": 3})
    away = candidate(on=device(id="a"))
    assert best(home, away) == "a"
    assert best(home, away, policy=Policy(weights={"tenant_together": 1.0})) == "z"


def test_equals_are_ordered_by_id_whatever_the_order_they_come_in():
    a, b = candidate(on=device(id="a")), candidate(on=device(id="b"))
    assert best(a, b) == best(b, a) == "a"


def test_a_veto_refuses_with_the_drivers_reason():
    no = Reason(ReasonCode.VETOED, "cluster is rebalancing")
    verdict = judge(request(), candidate(), lambda _r, _c: no, lambda _r, _c: 1.0)
    assert verdict.reasons == (no,)
    assert verdict.terms == ()


def test_the_driver_is_not_asked_about_a_device_that_the_rules_refuse():
    def must_not_be_called(_request, _candidate):
        raise AssertionError

    verdict = judge(request(drivers=()), candidate(), must_not_be_called, lambda _r, _c: 1.0)
    assert [reason.code for reason in verdict.reasons] == [ReasonCode.DRIVER_NOT_ALLOWED]


@pytest.mark.parametrize("name", sorted(SCORES))
@given(
    used=st.dictionaries(st.sampled_from(["vips", "vlans:eth1"]), st.integers(0, 50)),
    networks=st.sets(st.sampled_from(["net-a", "net-b", "net-c"])),
    limit=st.one_of(st.none(), st.integers(0, 40)),
)
def test_every_score_stays_between_zero_and_one(name, used, networks, limit):
    usage = Usage(used=used, networks=tuple(attached(each) for each in sorted(networks)))
    value = SCORES[name](request(), candidate(usage=usage, limits={"vips": limit}))
    assert 0.0 <= value <= 1.0
