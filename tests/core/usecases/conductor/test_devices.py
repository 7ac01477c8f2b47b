"""Devices are given to agents, told all that they should run, moved and retired; what is reported
of an earlier epoch changes nothing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain.device import DeviceFacts, DeviceStatus
from core.domain.lifecycle import Status
from core.domain.messages import (
    ApplyServices,
    Command,
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    ReleaseDevice,
    Report,
    RetireDevice,
    ServiceReport,
)
from core.domain.query import Query
from core.usecases.conductor.timing import PROBE_AGAIN, STEP_DEADLINE
from core.usecases.fleet.device_types import UpdateDevice
from core.usecases.loadbalancing.types import UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Lab
from tests.core.usecases.conductor.test_agents import stored_agent
from tests.core.usecases.conductor.test_workflow import with_vip


def taken(lab: Lab, agent: str = "memory") -> list[Command]:
    """Take away all commands that wait for an agent."""
    end = lab.bus.agent(agent)
    found: list[Command] = []
    while (batch := end.take(0.0)) is not None:
        found += batch.commands
        end.done(batch)
    return found


def reported(lab: Lab) -> Sequence[Report]:
    """Take away all reports that wait for the conductor."""
    delivery = lab.bus.reports(0.0)
    return () if delivery is None else delivery.reports


def commands_after(lab: Lab, seconds: float) -> list[Command]:
    """What is sent when so much time has passed; the agent lives and does nothing."""
    lab.clock.advance(seconds)
    lab.beat()
    lab.conduct()
    return taken(lab)


def test_the_first_probe_of_an_epoch_carries_everything_until_it_was_answered(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.restart_agent()
    lab.beat()
    lab.conduct()
    for _ in range(3):
        [probe] = [each for each in taken(lab) if isinstance(each, ProbeDevice)]
        assert [(each.service_id, each.revision) for each in probe.orders] == [(vip_id, 1)]
        assert probe.complete
        assert probe.device.epoch == lab.stored_device(device_id).epoch
        lab.clock.advance(STEP_DEADLINE)
        lab.beat()
        lab.conduct()
    lab.settle()
    lab.process.core.devices().update(ADMIN, device_id, UpdateDevice(parameters={"delay": 0}))
    lab.conduct()
    [probe] = taken(lab)
    assert isinstance(probe, ProbeDevice)
    assert (probe.orders, probe.complete) == ((), False)


def test_what_is_not_settled_is_ordered_by_itself_and_the_probe_is_not_complete_then(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.restart_agent()
    lab.beat()
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.conduct()
    lab.conduct()
    commands = taken(lab)
    [probe] = [each for each in commands if isinstance(each, ProbeDevice)]
    assert (probe.orders, probe.complete) == ((), False)
    applied = [each for each in commands if isinstance(each, ApplyServices)]
    assert {(each.service_id, each.revision) for one in applied for each in one.orders} == {
        (vip_id, 2)
    }
    assert {each.device.epoch for each in commands} == {lab.stored_device(device_id).epoch}


def test_services_whose_orders_went_to_the_last_agent_are_ordered_anew_at_once(lab):
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.conduct()
    assert len(taken(lab)) == 1
    lab.restart_agent()
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_services_that_failed_keep_their_pauses_when_their_device_is_asked_again(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.process.core.devices().update(
        ADMIN, device_id, UpdateDevice(parameters={"unreachable": True})
    )
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.restart_agent()
    lab.settle()
    lab.pass_time(10 * PROBE_AGAIN)
    with lab.store.read() as work:
        assert work.services.get(vip_id).attempts <= 7


def test_releasing_is_said_again_until_it_is_answered(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.add_agent("b")
    lab.beat()
    with lab.store.write() as work:
        [device] = work.devices.find(Query())
        work.devices.save(releasing(device, lab))
        work.commit()
    lab.conduct()
    for _ in range(3):
        [command] = taken(lab)
        assert isinstance(command, ReleaseDevice)
        assert (command.device.id, command.device.epoch) == (device_id, device.epoch)
        lab.clock.advance(STEP_DEADLINE)
        lab.beat()
        lab.conduct()
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"
    assert not lab.stored_device(device_id).releasing
    assert lab.stored_device(device_id).epoch > device.epoch


def test_a_release_that_was_answered_and_not_heard_is_answered_again(lab):
    device_id = lab.add_device()
    lab.settle()
    before = lab.stored_device(device_id)
    with lab.store.write() as work:
        work.devices.save(releasing(before, lab))
        work.commit()
    lab.conduct()
    lab.serve()
    assert reported(lab) == (DeviceReleased(device_id=device_id, epoch=before.epoch),)
    lab.pass_time(STEP_DEADLINE + 1)
    assert lab.stored_device(device_id).epoch > before.epoch
    assert lab.device(device_id).status == "ONLINE"


def releasing(device, lab: Lab):
    return replace(device, releasing=True, due_at=lab.clock.now())


def test_a_device_that_its_agent_cannot_reach_any_more_goes_to_one_that_can(lab):
    lab.add_agent("b", group="west")
    device_id, _, vip_id = with_vip(lab)
    before = lab.stored_device(device_id)
    lab.process.core.devices().update(ADMIN, device_id, UpdateDevice(agent_group="west"))
    lab.settle()
    after = lab.stored_device(device_id)
    assert (before.agent_id, after.agent_id) == ("memory", "b")
    assert after.epoch > before.epoch
    assert after.status is DeviceStatus.ONLINE
    assert set(lab.devices.running(device_id)) == {vip_id}


def test_no_orders_are_sent_to_an_agent_that_was_told_to_let_go(lab):
    device_id, _, vip_id = with_vip(lab)
    with lab.store.write() as work:
        work.devices.save(releasing(work.devices.get(device_id), lab))
        work.commit()
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.conduct()
    assert [type(each) for each in taken(lab)] == [ReleaseDevice]
    lab.pass_time(STEP_DEADLINE + 1)
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_device_that_no_agent_ever_had_is_removed_without_one(lab):
    lab.silent.add("memory")
    device_id = lab.add_device()
    lab.settle()
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.devices.count({}) == 0
        assert work.ledger.usage() == {}


def test_a_device_that_an_agent_had_waits_for_another_to_be_stopped(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.silent.add("memory")
    lab.pass_time(6)
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.settle()
    assert lab.stored_device(device_id).removing
    assert "no agent of group default" in lab.stored_device(device_id).status_reason
    lab.add_agent("b")
    lab.settle()
    with lab.store.read() as work:
        assert work.devices.count({}) == 0


def test_retiring_is_said_again_until_it_is_answered(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.conduct()
    assert [type(each) for each in taken(lab)] == [RetireDevice]
    assert [type(each) for each in commands_after(lab, STEP_DEADLINE)] == [RetireDevice]


FACTS = DeviceFacts(version="9.9", capabilities=None)


@pytest.mark.parametrize(
    "report",
    [
        lambda ids: DeviceReport(**ids, generation=1, failure="gone"),
        lambda ids: DeviceReport(**ids, generation=1, facts=FACTS),
        lambda ids: DeviceReleased(**ids),
        lambda ids: DeviceRetired(**ids),
    ],
)
@pytest.mark.parametrize("doing", [{"releasing": True}, {"removing": True}, {}])
def test_a_report_of_an_earlier_epoch_changes_nothing_about_a_device(lab, report, doing):
    device_id = lab.add_device()
    lab.settle()
    with lab.store.write() as work:
        work.devices.save(replace(work.devices.get(device_id), **doing))
        work.commit()
    before = lab.stored_device(device_id)
    late = report({"device_id": device_id, "epoch": before.epoch - 1})
    assert lab.conductor.take_in([late]) == []
    assert lab.stored_device(device_id) == before
    now = report({"device_id": device_id, "epoch": before.epoch})
    lab.conductor.take_in([now])
    told = isinstance(now, DeviceReport)
    heard = told or (doing and isinstance(now, DeviceReleased) == ("releasing" in doing))
    assert (lab.stored_device(device_id) != before) == bool(heard)


@pytest.mark.parametrize("failure", [None, "no answer"])
def test_an_outcome_of_an_earlier_epoch_changes_nothing_about_a_service(lab, failure):
    device_id, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    common = {"device_id": device_id, "service_id": vip_id, "revision": 2, "failure": failure}
    with lab.store.read() as work:
        before = work.services.get(vip_id)
    epoch = lab.stored_device(device_id).epoch
    lab.conductor.take_in([ServiceReport(**common, epoch=epoch - 1)])
    with lab.store.read() as work:
        assert work.services.get(vip_id) == before
    lab.conductor.take_in([ServiceReport(**common, epoch=epoch)])
    assert lab.vip(vip_id).status is (Status.ERROR if failure else Status.ACTIVE)


def test_measurements_of_an_earlier_epoch_are_not_kept(lab):
    device_id, _, vip_id = with_vip(lab)
    epoch = lab.stored_device(device_id).epoch
    for seen in (epoch, epoch - 1):
        report = ObservationReport(
            device_id=device_id, services={vip_id: {"epoch": seen}}, epoch=seen
        )
        lab.conductor.take_in([report])
    with lab.store.read() as work:
        assert work.observations.of([vip_id]) == {vip_id: {"epoch": epoch}}


def test_reports_of_devices_that_are_gone_are_passed_over(lab):
    lab.settle()
    ids = {"device_id": "none", "epoch": 10**9}
    late = [
        DeviceReleased(**ids),
        DeviceReport(**ids, generation=1),
        ServiceReport(**ids, service_id="none", revision=1),
        ObservationReport(**ids, services={"none": {}}),
    ]
    assert lab.conductor.take_in(late) == []


def test_a_late_answer_of_a_dead_agent_does_not_keep_its_device_from_another(lab):
    """The report is of the newest epoch still: nobody else was given the device yet."""
    device_id = lab.add_device()
    lab.beat()
    lab.conduct()
    lab.serve()
    late = reported(lab)
    lab.silent.add("memory")
    lab.pass_time(6)
    assert lab.stored_device(device_id).agent_id is None
    before = lab.stored_device(device_id)
    assert any(isinstance(each, DeviceReport) and each.facts for each in late)
    lab.conductor.take_in(late)
    assert lab.stored_device(device_id) == before
    lab.add_agent("b")
    lab.settle()
    assert lab.stored_device(device_id).agent_id == "b"
    assert stored_agent(lab).lost


def test_a_service_that_a_dead_agent_deployed_is_deployed(lab):
    """As long as nobody else was given the device, what was done there counts."""
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.conduct()
    lab.serve()
    late = reported(lab)
    lab.silent.add("memory")
    lab.pass_time(6)
    lab.conductor.take_in(late)
    assert lab.vip(vip_id).status is Status.ACTIVE
