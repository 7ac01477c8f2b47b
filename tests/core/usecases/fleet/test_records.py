"""What can only be looked at: drivers, bindings, decisions, agents."""

from dataclasses import replace

import pytest

from core.domain.agent import Agent
from core.domain.errors import Forbidden, InvalidInput, NotFound
from core.domain.placement.decision import Decision, Term, Verdict
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.query import Query, Sort
from core.ports.supervised_advisor import AdvisorStatus
from core.usecases.fleet.decisions import GONE, DecisionView, WhyNot
from core.usecases.fleet.device_types import CreateDevice
from core.usecases.fleet.drivers import AdvisorView, Drivers
from core.usecases.placement.advice import OPERATOR
from tests.core.usecases.fleet.shop import ACME, ADMIN, ALICE, BOB

REASON = Reason(ReasonCode.NOT_ONLINE, "the device is OFFLINE", {"status": "OFFLINE"})


def decide(shop, identity: str, project: str, device_id: str | None) -> None:
    decision = Decision(
        id=identity,
        service_id=f"service-{identity}",
        project_id=project,
        decided_at=5.0,
        service_type_id="gold",
        device_id=device_id,
        considered=2,
        refusals={"not-online": 1},
        request={"kind": "loadbalancer"},
        verdicts=(
            Verdict(device_id="d1", device_name="edge", terms=(Term("wired", 0.5, 4.0),)),
            Verdict(device_id="d2", device_name="core", reasons=(REASON,)),
        ),
    )
    with shop.store.write() as work:
        work.decisions.add(decision)
        work.commit()


def test_drivers_are_shown_with_what_their_devices_need(shop):
    assert [driver.name for driver in shop.driver_list.list(ALICE, Query())] == ["acme", "wall"]
    view = shop.driver_list.show(ALICE, "acme")
    assert view.kinds == ("loadbalancer",)
    assert view.capabilities.protocols == ("HTTP", "TCP")
    assert "login" in view.schema["properties"]
    with pytest.raises(NotFound):
        shop.driver_list.show(ALICE, "nginx")


def test_a_driver_tells_how_it_does_with_its_say_in_placement(shop):
    class Failing:
        def status(self):
            return AdvisorStatus(failing_since=990.0, failure="too late")

    shop.drivers["acme"] = replace(ACME, advises=True)
    said = Drivers(shop.drivers, {"acme": Failing()}).show(ALICE, "acme").advisor
    assert said == AdvisorView(advises=True, failing_since=990.0, failure="too late")
    silent = AdvisorView(advises=False, failing_since=None, failure="")
    assert shop.driver_list.show(ALICE, "wall").advisor == silent


def test_bindings_are_for_admins(shop):
    device = shop.devices.create(ADMIN, [CreateDevice(name="edge", driver="acme")])[0]
    service_id = shop.waiting_service(shop.service_type())
    shop.bind(service_id, device.id)
    view = shop.bindings.show(ADMIN, service_id)
    assert (view.id, view.device_id, view.claims) == (service_id, device.id, {"vips": 1})
    query = Query(filters={"id": (service_id,)}, sort=(Sort("id"),))
    assert shop.bindings.list(ADMIN, query) == [view]
    assert shop.bindings.list(ADMIN, Query(filters={"device_id": ("other",)})) == []
    with pytest.raises(NotFound):
        shop.bindings.show(ADMIN, "other")
    with pytest.raises(Forbidden):
        shop.bindings.show(ALICE, service_id)
    with pytest.raises(Forbidden):
        shop.bindings.list(ALICE, Query())


def test_admins_see_what_was_stored_with_its_numbers(shop):
    decide(shop, "1", "alice", "d1")
    view = shop.decisions.show(ADMIN, "1")
    assert isinstance(view, DecisionView)
    assert view.device_id == "d1"
    best, refused = view.verdicts
    assert (best.fits, best.total) == (True, 2.0)
    assert (refused.fits, refused.total, refused.reasons) == (False, None, (REASON,))
    assert (view.why_not, view.note) == (None, GONE)
    asked_for_less = shop.decisions.explain(ADMIN, "1", WhyNot.NONE)
    assert (asked_for_less.why_not, asked_for_less.note) == (None, None)


def test_tenants_see_how_their_own_ended_and_no_devices(shop):
    decide(shop, "1", "alice", "d1")
    decide(shop, "2", "alice", None)
    decide(shop, "3", "bob", "d1")
    first, second = shop.decisions.list(ALICE, Query())
    assert (first.placed, second.placed) == (True, False)
    assert first.refusals == {"not-online": 1}
    assert "d1" not in repr((first, second))
    assert (first.summary, first.advice) == ("Placed: 2 devices considered", ())
    assert second.summary == "No eligible device: 2 devices considered: 1 not reachable"
    assert second.advice == (OPERATOR,)
    with pytest.raises(NotFound):
        shop.decisions.show(BOB, "1")
    assert shop.decisions.list(ALICE, Query(filters={"tenant_id": ("bob",)})) == []
    for query in (Query(filters={"device_id": ("d1",)}), Query(sort=(Sort("device_id"),))):
        with pytest.raises(InvalidInput):
            shop.decisions.list(ALICE, query)
        assert shop.decisions.list(ADMIN, query)


def an_agent(identity: str, **more: object) -> Agent:
    common = {"incarnation": "1", "group": "default", "zones": (), "host": "h", "version": "1"}
    common |= {"drivers": ("acme",), "backlog": 0, "started_at": 900.0, "seen_at": 1000.0}
    return Agent(id=identity, heartbeat=5.0, **common | more)


def test_an_agent_is_alive_for_four_heartbeats_after_its_hello(shop):
    with shop.store.write() as work:
        work.agents.add(an_agent("a"), an_agent("b", seen_at=1100.0, leaving=True))
        work.commit()
    assert not shop.agents.show(ADMIN, "b").alive
    shop.clock.advance(20)
    assert shop.agents.show(ADMIN, "a").alive
    shop.clock.advance(0.5)
    assert not shop.agents.show(ADMIN, "a").alive
    assert shop.agents.list(ADMIN, Query(filters={"alive": (True,)})) == []
    with pytest.raises(Forbidden):
        shop.agents.list(ALICE, Query())
    with pytest.raises(NotFound):
        shop.agents.show(ADMIN, "c")
