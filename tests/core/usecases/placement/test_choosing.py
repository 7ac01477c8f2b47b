"""Whoever has a say, the choice is what asking about every single device would give."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.binding import Account
from core.domain.placement.decision import total_points
from core.domain.placement.engine import judge
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.service_type import Choice, Policy, Strategy
from core.ports.placement_advisor import AdvisorFailure, Opinion
from core.usecases.placement.choosing import choose
from tests.core.domain.placement.fleet import device, request
from tests.core.domain.placement.test_index import DRIVERS, accounts, devices, requests

ADVISED = {name: replace(info, advises=True) for name, info in DRIVERS.items()}


class Opinionated:
    """Vetoes and scores devices by what it was told; it fails when there is no opinion."""

    def __init__(self, name: str, told: dict[str, Opinion | None]) -> None:
        self.info = ADVISED[name]
        self.told = told
        self.asked: list[str] = []

    def opinions(self, request, candidates):
        self.asked += [candidate.device.id for candidate in candidates]
        found = [self.told.get(candidate.device.id, Opinion()) for candidate in candidates]
        if None in found:
            raise AdvisorFailure("no answer")
        return found

    def choose(self, request, candidates):
        found = [self.told.get(candidate.device.id, Opinion()) for candidate in candidates]
        if None in found:
            raise AdvisorFailure("no answer")
        willing = [
            (opinion.score, candidate.device.id)
            for candidate, opinion in zip(candidates, found, strict=True)
            if opinion.veto is None
        ]
        return max(willing)[1] if willing else None


opinions = st.builds(
    Opinion,
    veto=st.sampled_from([None, None, "busy"]),
    score=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
fleets = st.lists(st.tuples(devices, accounts), unique_by=lambda pair: pair[0].id, min_size=4)
ids = [f"d{n}" for n in range(8)]


def filled(found) -> Fleet:
    fleet = Fleet(ADVISED)
    fleet.fill([device for device, _ in found], {device.id: account for device, account in found})
    return fleet


def asked_one_by_one(look: Look, told: dict[str, Opinion]) -> list[str]:
    """Every device judged with its driver's opinion, from best to worst."""
    ranked = []
    for host in look.fleet:
        opinion = told.get(host.device.id, Opinion())
        veto = Reason(ReasonCode.VETOED, opinion.veto) if opinion.veto else None
        verdict = judge(look.request, host, veto=veto, advice=opinion.score)
        if verdict.fits:
            points = -total_points(verdict.terms)
            ranked.append((points, host.device.number, host.device.id))
    return [device_id for _, _, device_id in sorted(ranked)]


@given(
    found=fleets,
    asked=requests,
    told=st.dictionaries(st.sampled_from(ids), opinions),
    number=st.integers(1, 4),
)
@settings(max_examples=200)
def test_an_advised_choice_is_exact(found, asked, told, number):
    look = Look(filled(found), asked)
    advisors = {name: Opinionated(name, told) for name in ADVISED}
    chosen = choose(look, advisors, number)
    expected = asked_one_by_one(look, told)[:number]
    assert [host.device.id for host, _ in chosen.fitting] == expected
    assert set(chosen.refused) <= {each for each, said in told.items() if said.veto}


def test_an_older_device_that_could_draw_level_is_asked_too():
    policy = Policy(strategy=Strategy.PACK, weights={"most_loaded": 1.0, "driver": 1.0})
    older = device(id="d1", number=1, limits={"vips": 2})
    fuller = device(id="d2", number=2, limits={"vips": 2})
    fleet = filled([(older, Account()), (fuller, Account(used={"vips": 1}))])
    told = {"d2": Opinion(score=0.5)}
    chosen = choose(
        Look(fleet, request(policy=policy)), {"haproxy": Opinionated("haproxy", told)}, 1
    )
    assert [host.device.id for host, _ in chosen.fitting] == ["d1"]


@given(found=fleets, asked=requests, told=st.dictionaries(st.sampled_from(ids), opinions))
@settings(max_examples=100)
def test_the_common_scheduler_alone_asks_nobody(found, asked, told):
    asked = replace(asked, policy=replace(asked.policy, choice=Choice.COMMON))
    look = Look(filled(found), asked)
    advisors = {name: Opinionated(name, told) for name in ADVISED}
    chosen = choose(look, advisors, 8)
    assert [host.device.id for host, _ in chosen.fitting] == asked_one_by_one(look, {})[:8]
    assert not any(advisor.asked for advisor in advisors.values())


@given(
    found=fleets,
    asked=requests,
    told=st.dictionaries(st.sampled_from(ids), st.none() | opinions),
)
@settings(max_examples=150)
def test_a_driver_chooses_among_its_devices_and_the_next_when_it_wants_none(found, asked, told):
    asked = replace(asked, policy=replace(asked.policy, choice=Choice.DRIVER))
    look = Look(filled(found), asked)
    advisors = {name: Opinionated(name, told) for name in ADVISED}
    fitting = {host.device.id: host for host in look.fleet if judge(look.request, host).fits}
    expected = None
    for driver in asked.drivers:
        theirs = [host for host in fitting.values() if host.device.driver == driver]
        if theirs and None not in {told.get(host.device.id, Opinion()) for host in theirs}:
            expected = advisors[driver].choose(look.request, theirs)
        if expected is not None:
            break
    chosen = choose(look, advisors, 1).fitting
    assert (chosen[0][0].device.id if chosen else None) == expected


@given(found=fleets, asked=requests, failing=st.sampled_from(sorted(DRIVERS)))
@settings(max_examples=100)
def test_an_advisor_that_fails_takes_out_its_own_devices_only(found, asked, failing):
    asked = replace(asked, policy=replace(asked.policy, choice=Choice.ADVISED))
    look = Look(filled(found), asked)
    advisors = {
        name: Opinionated(name, dict.fromkeys(ids) if name == failing else {}) for name in ADVISED
    }
    chosen = choose(look, advisors, 8)
    theirs = {host.device.id for host in look.fleet if host.device.driver == failing}
    expected = [each for each in asked_one_by_one(look, {}) if each not in theirs]
    assert [host.device.id for host, _ in chosen.fitting] == expected
    assert {reason.code for reason in chosen.refused.values()} <= {ReasonCode.ADVISOR_FAILED}
    assert set(chosen.refused) <= theirs
