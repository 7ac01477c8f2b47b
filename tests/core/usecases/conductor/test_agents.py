"""Agents are answered, and devices go from those that are gone to those that live."""

from dataclasses import replace
from typing import NoReturn

import pytest

from core.domain.agent import GRACE_BEATS, LEASE_BEATS
from core.domain.device import DeviceStatus
from core.domain.lifecycle import Status
from core.domain.messages import AgentHello, AgentLease
from core.domain.query import Query
from core.ports.server_bus import Greeting
from core.ports.store import StoreFailure
from core.usecases.conductor.agents import HEAR_EVERY, LOOK_EVERY, SPREAD_EVERY
from core.usecases.loadbalancing.types import UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Lab
from tests.core.usecases.conductor.test_workflow import with_vip

HEARTBEAT = 1.0
DEAD_AFTER = HEARTBEAT * (LEASE_BEATS + GRACE_BEATS)


class Away:
    """A store that is not there."""

    def read(self) -> NoReturn:
        raise StoreFailure("away")

    def write(self, *, fleet: bool = True) -> NoReturn:
        raise StoreFailure("away")


def stored_agent(lab: Lab, name: str = "memory"):
    with lab.store.read() as work:
        return work.agents.get(name)


def holders(lab: Lab) -> list[str | None]:
    with lab.store.read() as work:
        return sorted(device.agent_id or "" for device in work.devices.find(Query()))


def listening_for(lab: Lab, monkeypatch, seconds: float | None) -> None:
    """The conductor has been hearing hellos for so long now; None: it hears none."""
    since = None if seconds is None else lab.clock.monotonic() - seconds
    monkeypatch.setattr(lab.bus, "listening_since", lambda: since)


def hear_for(lab: Lab, seconds: float) -> None:
    """Hellos are taken in for so long, and none comes."""
    for _ in range(int(seconds / HEAR_EVERY)):
        lab.clock.advance(HEAR_EVERY)
        lab.conductor.hears()


def test_an_agent_is_recorded_as_it_says_and_given_a_lease(lab):
    lab.add_agent("b", group="east", zones=("z1", "z2"))
    lab.beat()
    agent = stored_agent(lab, "b")
    assert (agent.group, agent.zones, agent.drivers) == ("east", ("z1", "z2"), ("memory",))
    assert (agent.seen_at, agent.heartbeat) == (lab.clock.now(), HEARTBEAT)
    assert lab.others["b"].await_lease(0.0)
    lab.clock.advance(HEARTBEAT * LEASE_BEATS)
    assert not lab.others["b"].await_lease(0.0)


def test_a_new_incarnation_gets_its_devices_anew_in_one_new_epoch(lab):
    devices = [lab.add_device(name) for name in ("lb1", "lb2", "lb3")]
    lab.settle()
    before = {name: lab.stored_device(name).epoch for name in devices}
    lab.fault.calls = 0
    lab.restart_agent()
    lab.agent.hello()
    assert lab.fault.calls == 2, "one unit of work"
    after = [lab.stored_device(name) for name in devices]
    [epoch] = {device.epoch for device in after}
    assert epoch > max(before.values())
    assert stored_agent(lab).floor < epoch
    assert stored_agent(lab).floor >= max(before.values())
    assert {device.probed_epoch for device in after} == set(before.values())
    lab.settle()
    assert {lab.stored_device(name).probed_epoch for name in devices} == {epoch}


def test_a_hello_that_two_conductors_heard_is_one_beginning(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.restart_agent()
    heard: list[Greeting] = []
    answer = lab.conductor.answer
    lab.bus._have_answered = heard.append
    lab.agent.hello()
    answer(heard)
    first = lab.stored_device(device_id), stored_agent(lab)
    answer(heard)
    assert (lab.stored_device(device_id), stored_agent(lab)) == first


def test_both_who_hear_a_beginning_at_the_same_time_record_it_once(lab, monkeypatch):
    """The second one comes in between the first one's look and its unit of work."""
    device_id = lab.add_device()
    lab.settle()
    lab.restart_agent()
    heard: list[Greeting] = []
    care = lab.conductor._agents
    lab.bus._have_answered = heard.append
    lab.agent.hello()
    real, epochs = care._welcome, []

    def welcome(hello: AgentHello):
        real(hello)
        epochs.append(lab.stored_device(device_id).epoch)
        return real(hello)

    monkeypatch.setattr(care, "_welcome", welcome)
    care.answer(heard)
    assert [lab.stored_device(device_id).epoch] == epochs


def test_an_agent_that_begins_with_less_gives_up_what_it_cannot_reach_any_more(lab):
    lab.add_agent("b", zones=("east",))
    lab.silent.add("memory")
    device_id = lab.add_device(zone="east")
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"
    lab.add_agent("b", zones=("west",))
    lab.silent.discard("memory")
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "memory"
    assert lab.device(device_id).status == "ONLINE"


def test_a_silent_agent_loses_its_devices_after_lease_and_grace_and_not_before(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.add_agent("b")
    lab.silent.add("memory")
    lab.pass_time(DEAD_AFTER, 0.5)
    assert lab.stored_device(device_id).agent_id == "memory"
    assert not stored_agent(lab).lost
    lab.pass_time(LOOK_EVERY)
    lab.pass_time(LOOK_EVERY, LOOK_EVERY)
    assert lab.stored_device(device_id).agent_id == "b"
    assert stored_agent(lab).lost
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    [spec] = lab.devices.running(device_id).values()
    assert spec.listeners[0].connection_limit == 7


def test_a_lost_agent_is_told_so_and_begins_anew_with_nothing(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.add_agent("b")
    lab.silent.add("memory")
    lab.pass_time(DEAD_AFTER + 1)
    assert lab.stored_device(device_id).agent_id == "b"
    before = stored_agent(lab).incarnation
    lab.agent.hello()
    assert not lab.agent.await_lease(0.0)
    assert stored_agent(lab).lost
    lab.agent.hello()
    assert lab.agent.await_lease(0.0)
    assert stored_agent(lab).incarnation != before
    assert not stored_agent(lab).lost
    lab.silent.clear()
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"


@pytest.mark.parametrize("seconds", [None, DEAD_AFTER])
def test_who_did_not_listen_for_long_takes_nothing_away(lab, monkeypatch, seconds):
    device_id = lab.add_device()
    lab.settle()
    lab.add_agent("b")
    lab.silent.add("memory")
    lab.clock.advance(10 * DEAD_AFTER)
    listening_for(lab, monkeypatch, seconds)
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "memory"
    listening_for(lab, monkeypatch, DEAD_AFTER + 1)
    lab.clock.advance(LOOK_EVERY)
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"


@pytest.mark.parametrize("asked", ["look", "hello"])
def test_nobody_is_taken_for_dead_whose_hellos_could_not_be_recorded(lab, monkeypatch, asked):
    device_id = lab.add_device()
    lab.add_agent("b")
    lab.settle()
    holder = lab.stored_device(device_id).agent_id
    care = lab.conductor._agents
    lab.clock.advance(10 * DEAD_AFTER)
    with monkeypatch.context() as outage:
        outage.setattr(care, "_store", Away())
        with pytest.raises(StoreFailure, match="away"):
            care.advance() if asked == "look" else lab.agent.hello()
    lab.clock.advance(DEAD_AFTER)
    assert care.advance() == 0
    assert not stored_agent(lab, holder).lost
    lab.silent.add(holder)
    lab.clock.advance(LOOK_EVERY)
    lab.settle()
    assert lab.stored_device(device_id).agent_id != holder


def test_nobody_is_taken_for_dead_while_recording_hellos_takes_long(lab, monkeypatch):
    """As in a database that waits for a standby which is gone."""
    device_id = lab.add_device()
    lab.add_agent("b")
    lab.settle()
    holder = lab.stored_device(device_id).agent_id
    care = lab.conductor._agents
    care.hears()
    record = care._record

    def slowly(hello: AgentHello) -> AgentLease:
        lab.clock.advance(10 * DEAD_AFTER)
        assert care.advance() == 0
        lab.clock.advance(DEAD_AFTER)
        return record(hello)

    with monkeypatch.context() as delay:
        delay.setattr(care, "_record", slowly)
        (lab.others["b"] if holder == "memory" else lab.agent).hello()
    hear_for(lab, DEAD_AFTER)
    assert care.advance() == 0
    assert not stored_agent(lab, holder).lost
    hear_for(lab, LOOK_EVERY)
    assert care.advance() == 1
    assert stored_agent(lab, holder).lost


@pytest.mark.parametrize("first", ["look", "hellos"])
def test_nobody_is_taken_for_dead_by_who_stood_still(lab, first):
    """A machine that was halted finds everybody silent, and perhaps all hellos waiting."""
    device_id = lab.add_device()
    lab.add_agent("b")
    lab.settle()
    holder = lab.stored_device(device_id).agent_id
    care = lab.conductor._agents
    care.hears()
    lab.clock.advance(10 * DEAD_AFTER)
    for act in (care.advance, care.hears) if first == "look" else (care.hears, care.advance):
        assert not act()
    hear_for(lab, DEAD_AFTER)
    assert care.advance() == 0
    assert not stored_agent(lab, holder).lost
    hear_for(lab, LOOK_EVERY)
    assert care.advance() == 1
    assert stored_agent(lab, holder).lost


def test_hearing_many_hellos_is_no_deafness(lab):
    """Each takes little, all of them take long."""
    device_id = lab.add_device()
    lab.add_agent("b")
    lab.settle()
    holder = lab.stored_device(device_id).agent_id
    care = lab.conductor._agents
    care.hears()
    other = lab.others["b"] if holder == "memory" else lab.agent
    for _ in range(int((DEAD_AFTER + 1) / HEAR_EVERY)):
        lab.clock.advance(HEAR_EVERY)
        other.hello()
    assert care.advance() == 1
    assert stored_agent(lab, holder).lost


def test_a_leaving_agent_s_devices_go_at_once(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.add_agent("b")
    lab.agent.leave()
    lab.silent.add("memory")
    lab.clock.advance(LOOK_EVERY)
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"
    assert lab.device(device_id).status == "ONLINE"


def test_a_hello_that_comes_after_the_farewell_does_not_bring_an_agent_back(lab):
    lab.beat()
    seen: list[Greeting] = []
    real = lab.bus._have_answered

    def both(greeting: Greeting) -> None:
        seen.append(greeting)
        real(greeting)

    lab.bus._have_answered = both
    lab.agent.hello()
    lab.agent.leave()
    lab.conductor.answer(seen[:1])
    assert stored_agent(lab).leaving


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ({"group": "east"}, {"agent_group": "west"}),
        ({"zones": ("z1",)}, {"zone": "z2"}),
        ({"drivers": ("other",)}, {}),
    ],
)
def test_a_device_that_nobody_reaches_waits_offline_with_the_reason(lab, agent, device):
    lab.silent.add("memory")
    lab.add_agent("b", **agent)
    device_id = lab.add_device(**device)
    lab.settle()
    seen = lab.device(device_id)
    assert seen.status is DeviceStatus.OFFLINE
    zone = " and zone z2" if "zone" in device else ""
    group = device.get("agent_group", "default")
    assert seen.status_reason == (
        f"no agent of group {group}{zone} that has driver memory is alive"
    )
    with lab.store.read() as work:
        assert work.devices.get(device_id).agent_id is None
        assert work.devices.get(device_id).epoch == 0


def test_a_device_that_waits_is_given_as_soon_as_a_suitable_agent_appears(lab):
    lab.silent.add("memory")
    device_id = lab.add_device(agent_group="west", zone="z2")
    lab.settle()
    lab.add_agent("b", group="west", zones=("z1",))
    lab.settle()
    assert lab.stored_device(device_id).agent_id is None
    lab.add_agent("c", group="west", zones=("z2", "z3"))
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "c"
    assert lab.device(device_id).status == "ONLINE"
    assert lab.device(device_id).status_reason == ""


def test_services_wait_for_a_device_that_nobody_holds_and_go_on_when_somebody_does(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.silent.add("memory")
    lab.pass_time(DEAD_AFTER + 1)
    assert lab.device(device_id).status == "OFFLINE"
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ERROR
    assert lab.why(vip_id) == "the device cannot be reached for now"
    lab.add_agent("b")
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_devices_go_to_the_agent_that_holds_the_fewest(lab):
    lab.add_agent("b")
    lab.add_agent("c", group="elsewhere")
    for number in range(6):
        lab.add_device(f"lb{number}")
    lab.settle()
    assert holders(lab) == ["b"] * 3 + ["memory"] * 3


def test_an_agent_that_joins_gets_its_share_by_releasing(lab):
    device_id, _, vip_id = with_vip(lab)
    for number in range(5):
        lab.add_device(f"other{number}")
    lab.settle()
    assert holders(lab) == ["memory"] * 6
    lab.add_agent("b")
    lab.settle()
    assert holders(lab) == ["memory"] * 6
    lab.pass_time(SPREAD_EVERY + 1)
    assert holders(lab) == ["b"] * 3 + ["memory"] * 3
    lab.pass_time(3 * SPREAD_EVERY)
    assert holders(lab) == ["b"] * 3 + ["memory"] * 3
    assert lab.vip(vip_id).status is Status.ACTIVE
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.settle()
    [spec] = lab.devices.running(device_id).values()
    assert spec.listeners[0].connection_limit == 7


def test_what_the_other_cannot_reach_is_not_released(lab):
    for number in range(4):
        lab.add_device(f"lb{number}", zone="east")
    lab.settle()
    lab.add_agent("b", zones=("west",))
    lab.pass_time(3 * SPREAD_EVERY)
    assert holders(lab) == ["memory"] * 4


def test_a_difference_of_one_is_even_enough(lab):
    lab.add_agent("b")
    for number in range(3):
        lab.add_device(f"lb{number}")
    lab.settle()
    with lab.store.read() as work:
        before = {each.id: each.epoch for each in work.devices.find(Query())}
    lab.pass_time(3 * SPREAD_EVERY)
    with lab.store.read() as work:
        assert {each.id: each.epoch for each in work.devices.find(Query())} == before


def test_no_more_is_released_while_something_still_is(lab):
    for number in range(8):
        lab.add_device(f"lb{number}")
    lab.settle()
    lab.add_agent("b")
    lab.beat()
    for _ in range(4):
        lab.clock.advance(SPREAD_EVERY)
        lab.beat()
        lab.conduct()
    with lab.store.read() as work:
        assert work.devices.count({"releasing": (True,)}) == 4


def test_an_agent_that_is_long_gone_is_not_listed_any_more(lab):
    device_id = lab.add_device()
    lab.add_agent("b")
    lab.settle()
    lab.silent.add("b")
    lab.clock.advance(8 * 24 * 3600.0)
    lab.settle()
    lab.pass_time(LOOK_EVERY, LOOK_EVERY)
    with lab.store.read() as work:
        assert [agent.id for agent in work.agents.find(Query())] == ["memory"]
    assert lab.stored_device(device_id).agent_id == "memory"


def test_an_agent_that_is_given_up_by_one_conductor_and_heard_by_another_is_judged_once(lab):
    """Whichever is recorded first counts: either it is lost, or it keeps its devices."""
    device_id = lab.add_device()
    lab.settle()
    lab.clock.advance(DEAD_AFTER + 1)
    agents = stored_agent(lab)
    lab.agent.hello()
    assert lab.conductor._agents._take_all(agents, lab.clock.now(), float("inf")) == 0
    assert lab.stored_device(device_id).agent_id == "memory"


def test_more_devices_than_fit_in_one_transaction_are_all_taken(lab, monkeypatch):
    monkeypatch.setattr("core.usecases.conductor.agents.CHUNK", 2)
    for number in range(5):
        lab.add_device(f"lb{number}")
    lab.settle()
    lab.silent.add("memory")
    lab.clock.advance(DEAD_AFTER + 1)
    lab.settle()
    assert holders(lab) == [""] * 5


def test_an_agent_of_another_incarnation_is_not_taken_for_the_one_that_was_silent(lab):
    device_id = lab.add_device()
    lab.settle()
    silent = replace(stored_agent(lab), incarnation="before", seen_at=0.0)
    assert lab.conductor._agents._take_all(silent, lab.clock.now(), float("inf")) == 0
    assert lab.stored_device(device_id).agent_id == "memory"
