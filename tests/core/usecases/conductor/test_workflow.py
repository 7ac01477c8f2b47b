"""The conductor takes a service from wanted to deployed, changed and gone."""

from dataclasses import replace

import pytest
from dependency_injector import providers

from adapters.secrets import MemorySecretStore
from core.domain.device import AdminState
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import MonitorType
from core.domain.messages import DeviceReport, ServiceReport
from core.domain.query import Query
from core.ports.store import StoreFailure
from core.usecases.conductor.reports import ReportIntake
from core.usecases.fleet.device_types import UpdateDevice
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.types import UpdateMember, UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Lab

MEMBER = ("127.2.0.10", 80)


def a_failure(lab: Lab, device_id: str, vip_id: str) -> ServiceReport:
    """The device stopped running a service that it ran."""
    return ServiceReport(
        device_id=device_id,
        service_id=vip_id,
        revision=1,
        failure="no answer",
        epoch=lab.stored_device(device_id).epoch,
    )


def with_vip(lab: Lab) -> tuple[str, str, str]:
    device_id = lab.add_device()
    lab.add_service_type(default=True)
    front, back = lab.add_subnet("127.1.0.0/24"), lab.add_subnet("127.2.0.0/24")
    pool_id = lab.add_pool(back, MEMBER)
    vip_id = lab.add_vip(front, pool_id)
    lab.settle()
    return device_id, pool_id, vip_id


def test_a_vip_becomes_active_and_answers(lab):
    device_id, _, vip_id = with_vip(lab)
    vip = lab.vip(vip_id)
    assert vip.status is Status.ACTIVE
    assert lab.devices.request(vip.address, 8080).address == MEMBER[0]
    assert lab.device(device_id).usage.resources["vips"].used == 1
    lab.check_nothing_leaked()


def test_the_binding_says_driver_address_mode_and_networks(lab):
    device_id, _, vip_id = with_vip(lab)
    [binding] = lab.process.core.bindings().list(ADMIN, Query())
    assert (binding.service_id, binding.device_id, binding.driver) == (vip_id, device_id, "memory")
    assert binding.vip_address == lab.vip(vip_id).address
    assert binding.mode == "two-arm"
    assert len(binding.networks) == 2


def test_a_device_without_room_leaves_the_vip_in_error_until_there_is_room(lab):
    device_id = lab.add_device(limits={"vips": 0})
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    vip = lab.vip(vip_id)
    assert vip.status is Status.ERROR
    assert lab.why(vip_id) == "No eligible device: 1 device considered: 1 full"
    lab.process.core.devices().update(ADMIN, device_id, UpdateDevice(limits={"vips": 1}))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_room_that_is_given_back_is_offered_at_once_to_those_who_wait(lab):
    lab.add_device(limits={"vips": 1})
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    first = lab.add_vip(subnet, lab.add_pool(subnet))
    second = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert sorted(lab.vip(each).status for each in (first, second)) == ["ACTIVE", "ERROR"]
    [winner] = [each for each in (first, second) if lab.vip(each).status is Status.ACTIVE]
    [waiting] = {first, second} - {winner}
    lab.process.core.vips().delete(ADMIN, winner)
    lab.settle()
    assert lab.vip(waiting).status is Status.ACTIVE


def test_a_device_that_comes_back_is_offered_at_once_to_those_who_wait(lab):
    device_id = lab.add_device(parameters={"unreachable": True})
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    lab.settle()
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert "1 not reachable" in lab.vip(vip_id).status_description
    with lab.store.write() as work:
        away = work.devices.get(device_id)
        work.devices.save(replace(away, parameters={}, due_at=lab.clock.now()))
        work.commit()
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_device_that_does_not_answer_is_probed_again_until_it_does(lab):
    device_id = lab.add_device(parameters={"unreachable": True})
    lab.settle()
    device = lab.device(device_id)
    assert (device.status, device.status_reason) == ("OFFLINE", "connection timed out")
    lab.process.core.devices().update(ADMIN, device_id, UpdateDevice(parameters={}))
    lab.settle()
    assert lab.device(device_id).status == "ONLINE"


def test_an_unreachable_device_delays_a_change_and_loses_nothing(lab):
    device_id, _, vip_id = with_vip(lab)
    devices = lab.process.core.devices()
    devices.update(ADMIN, device_id, UpdateDevice(parameters={"unreachable": True}))
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ERROR
    assert lab.why(vip_id) == ("the device cannot be reached, or refuses to be configured at all")
    assert lab.device(device_id).status_reason == "connection timed out"
    devices.update(ADMIN, device_id, UpdateDevice(parameters={}))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    [spec] = lab.devices.running(device_id).values()
    assert spec.listeners[0].connection_limit == 7


def test_deleting_works_while_the_device_is_away_and_finishes_when_it_returns(lab):
    device_id, _, vip_id = with_vip(lab)
    devices = lab.process.core.devices()
    devices.update(ADMIN, device_id, UpdateDevice(parameters={"unreachable": True}))
    lab.process.core.vips().delete(ADMIN, vip_id)
    lab.settle()
    assert vip_id in lab.devices.running(device_id)
    devices.update(ADMIN, device_id, UpdateDevice(parameters={}))
    lab.settle()
    lab.clock.advance(600)
    lab.settle()
    assert lab.devices.running(device_id) == {}
    lab.check_nothing_leaked()


def test_a_deleted_vip_gives_everything_back(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.process.core.vips().delete(ADMIN, vip_id)
    assert lab.vip(vip_id).status is Status.PENDING_DELETE
    lab.settle()
    with lab.store.read() as work:
        assert work.services.count({}) == 0
        assert work.reservations.count({}) == 0
        assert work.ledger.usage([device_id]) == {}
    lab.check_nothing_leaked()


def test_changes_while_one_is_under_way_end_in_the_newest(lab):
    device_id, pool_id, vip_id = with_vip(lab)
    vips = lab.process.core.vips()
    for limit in (5, 6, 7):
        vips.update(ADMIN, vip_id, UpdateVip(connection_limit=limit))
        lab.conductor.advance()
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    [spec] = lab.devices.running(device_id).values()
    assert spec.listeners[0].connection_limit == 7
    assert lab.process.core.pools().show(ADMIN, pool_id).status is Status.ACTIVE


def test_a_lost_message_is_made_up_for_after_the_deadline(lab):
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=9))
    lab.conductor.advance()
    batch = lab.process.agency.bus().take(0.0)
    assert batch is not None
    lab.process.agency.bus().done(batch)
    lab.settle()
    assert lab.vip(vip_id).status is Status.PENDING_UPDATE
    lab.clock.advance(60)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_draining_device_keeps_its_services_and_takes_no_new_ones(lab):
    device_id, pool_id, vip_id = with_vip(lab)
    lab.process.core.devices().update(
        ADMIN, device_id, UpdateDevice(admin_state=AdminState.DRAINING)
    )
    subnet = lab.vip(vip_id).subnet_id
    second = lab.add_vip(subnet, lab.add_pool(subnet), port=81)
    [member] = lab.process.core.members().list(ADMIN, Query(filters={"pool_id": (pool_id,)}))
    lab.process.core.members().update(ADMIN, member.id, UpdateMember(weight=3))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert lab.vip(second).status is Status.ERROR
    assert "1 not open for new services" in lab.vip(second).status_description


def test_a_change_that_the_device_cannot_do_is_refused_and_the_old_state_serves(lab):
    device_id, pool_id, vip_id = with_vip(lab)
    monitor_id = lab.add_monitor(pool_id, MonitorType.PING)
    lab.settle()
    vip = lab.vip(vip_id)
    assert vip.status is Status.ERROR
    assert "unable to do what is asked (monitor PING)" in vip.status_description
    assert lab.devices.request(vip.address, 8080).address == MEMBER[0]
    lab.process.core.pools().disassociate_monitor(ADMIN, pool_id, monitor_id)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert lab.device(device_id).usage.resources["vips"].used == 1


def test_a_pool_on_another_network_is_wired_and_the_old_network_given_up(lab):
    device_id, _, vip_id = with_vip(lab)
    third = lab.add_subnet("127.3.0.0/24")
    lab.process.core.vips().update(
        ADMIN, vip_id, UpdateVip(pool_id=lab.add_pool(third, ("127.3.0.10", 80)))
    )
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert lab.devices.request(lab.vip(vip_id).address, 8080).address == "127.3.0.10"
    with lab.store.read() as work:
        usage = work.ledger.usage([device_id])[device_id]
    assert len(usage.networks) == 2
    assert all(network.attachment is not None for network in usage.networks)
    lab.check_nothing_leaked()


def test_one_refused_service_does_not_stop_the_others(lab):
    lab.add_device(parameters={"refuse": ["81"]})
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    bad = lab.add_vip(subnet, lab.add_pool(subnet), port=81)
    good = lab.add_vip(subnet, lab.add_pool(subnet), port=82)
    lab.settle()
    assert (lab.vip(good).status, lab.vip(bad).status) == (Status.ACTIVE, Status.ERROR)
    assert lab.why(bad) == "port 81 is refused"


def test_a_removed_device_is_retired_and_forgotten(lab):
    device_id = lab.add_device()
    lab.settle()
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.devices.count({}) == 0
        assert work.ledger.usage() == {}


def test_a_failure_that_is_reported_of_a_settled_service_heals(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.conductor.take_in([a_failure(lab, device_id, vip_id)])
    assert lab.vip(vip_id).status is Status.ERROR
    lab.clock.advance(60)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_service_in_error_is_ordered_again_after_a_restart(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.conductor.take_in([a_failure(lab, device_id, vip_id)])
    lab.restart()
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_service_that_cannot_be_recovered_does_not_keep_the_daemon_from_starting(
    lab, monkeypatch
):
    _, _, vip_id = with_vip(lab)
    monkeypatch.setattr(LoadBalancerKind, "wanted", raising)
    lab.restart()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_report_of_the_device_as_it_was_does_not_stand_for_it_as_it_is(lab):
    device_id = lab.add_device()
    lab.beat()
    lab.conduct()
    lab.serve()
    early = lab.process.bus().reports(timeout=0.0).reports
    lab.process.core.devices().update(
        ADMIN, device_id, UpdateDevice(parameters={"unreachable": True})
    )
    lab.conductor.take_in(early)
    lab.settle()
    assert lab.device(device_id).status == "OFFLINE"


def test_deleting_what_was_never_placed_wakes_nobody(lab):
    lab.add_device(limits={"vips": 0})
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    first, second = (lab.add_vip(subnet, lab.add_pool(subnet)) for _ in range(2))
    lab.settle()
    lab.process.core.vips().delete(ADMIN, first)
    lab.settle()
    with lab.store.read() as work:
        assert work.services.get(second).due_at > lab.clock.now()


def test_decisions_outlive_their_service_for_as_long_as_they_are_kept(lab):
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().delete(ADMIN, vip_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.decisions.count({"service_id": (vip_id,)}) > 0
    lab.clock.advance(31 * 86_400)
    lab.process.core.forget_decisions()()
    with lab.store.read() as work:
        assert work.decisions.count({}) == 0


def test_a_device_is_removed_even_when_its_secrets_cannot_be_read(lab):
    device_id = lab.add_device(parameters={"password": "secret"})
    lab.settle()
    lab.process.secrets.override(providers.Singleton(MemorySecretStore))
    lab.restart()
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.devices.count({}) == 0


def test_when_the_clock_is_set_back_nothing_waits_for_the_old_time(lab):
    device_id = lab.add_device(parameters={"unreachable": True})
    lab.settle()
    lab.clock.advance(-3600)
    lab.conductor.start()
    with lab.store.read() as work:
        assert work.devices.get(device_id).due_at <= lab.clock.now()


def test_services_of_a_device_that_is_given_up_are_placed_anew_with_their_addresses(lab):
    lost, _, vip_id = with_vip(lab)
    address = lab.vip(vip_id).address
    other = lab.add_device("lb2")
    lab.settle()
    lab.process.core.devices().give_up(ADMIN, lost)
    lab.settle()
    lab.clock.advance(60)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert lab.vip(vip_id).address == address
    assert set(lab.devices.running(other)) == {vip_id}
    assert lab.devices.running(lost) == {}
    lab.check_nothing_leaked()


def test_what_is_being_deleted_goes_with_a_device_that_is_given_up(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.process.core.devices().update(
        ADMIN, device_id, UpdateDevice(parameters={"unreachable": True})
    )
    lab.process.core.vips().delete(ADMIN, vip_id)
    lab.settle()
    lab.process.core.devices().give_up(ADMIN, device_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.services.count({}) == 0
        assert work.devices.count({}) == 0


def test_a_service_at_which_the_control_plane_fails_does_not_stop_the_others(lab, monkeypatch):
    lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    bad = lab.add_vip(subnet, lab.add_pool(subnet), port=81)
    good = lab.add_vip(subnet, lab.add_pool(subnet), port=82)
    real = LoadBalancerKind.wanted

    def wanted(self, work, services):
        if any(service.id == bad for service in services):
            raise ZeroDivisionError
        return real(self, work, services)

    monkeypatch.setattr(LoadBalancerKind, "wanted", wanted)
    lab.settle()
    assert lab.vip(good).status is Status.ACTIVE
    assert lab.vip(bad).status is Status.ERROR
    assert "internal error (ZeroDivisionError)" in lab.vip(bad).status_description
    monkeypatch.undo()
    lab.clock.advance(60)
    lab.settle()
    assert lab.vip(bad).status is Status.ACTIVE


def test_a_store_that_is_out_of_order_is_no_defect_of_a_service(lab, monkeypatch):
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))

    def full(*_args):
        raise StoreFailure("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(LoadBalancerKind, "wanted", full)
        with pytest.raises(StoreFailure):
            lab.conductor.advance()
    assert lab.vip(vip_id).status is Status.PENDING_UPDATE
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_report_that_cannot_be_recorded_does_not_stop_the_others(lab):
    device_id, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    lab.conductor.advance()
    lab.serve()
    poison = DeviceReport(
        device_id=device_id, generation=1, failure="", epoch=lab.stored_device(device_id).epoch
    )
    reports = [poison, *lab.process.bus().reports(timeout=0.0).reports]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReportIntake, "_device", raising)
        [(refused, reason)] = lab.conductor.take_in(reports)
    assert refused is poison
    assert "ZeroDivisionError" in reason
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_service_whose_report_cannot_be_recorded_is_told_and_tried_again(lab, monkeypatch):
    _, _, vip_id = with_vip(lab)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    monkeypatch.setattr(ReportIntake, "_service", raising)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ERROR
    assert "internal error" in lab.vip(vip_id).status_description
    monkeypatch.undo()
    lab.clock.advance(60)
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def raising(*_args):
    raise ZeroDivisionError
