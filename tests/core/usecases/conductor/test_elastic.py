"""Elastic pools make devices when they are needed and take them away when they are not."""

import threading
from dataclasses import replace

import pytest

from adapters.devices.memory import MemoryAdvisor
from core.domain.device import DeviceFacts, DeviceStatus
from core.domain.lifecycle import Status
from core.domain.messages import DeviceReport, DeviceRetired
from core.domain.query import Query
from core.domain.service import Cause
from core.domain.service_type import Apart
from core.ports.device_provisioner import Provisioned
from core.usecases.conductor.spawning import SPAWN_DEADLINE, TRIES
from core.usecases.conductor.timing import STEP_DEADLINE
from tests.builders import a_service
from tests.core.usecases.conductor.foundry import Foundry, request


@pytest.fixture
def foundry() -> Foundry:
    return Foundry()


def test_a_device_is_made_for_a_request_and_becomes_ready(foundry):
    foundry.add_pool(zone="east", limits={"vips": 7}, labels={"why": "burst"})
    device = foundry.grow().device
    assert (device.name, device.number) == ("burst-1", 1)
    assert device.status is DeviceStatus.SPAWNING
    foundry.settle()
    [ready] = foundry.devices()
    assert (ready.status, ready.version) == (DeviceStatus.ONLINE, "1.0")
    assert (ready.zone, ready.limits, ready.labels) == ("east", {"vips": 7}, {"why": "burst"})
    assert ready.spawned
    assert ready.project_id is None
    assert set(foundry.provisioner.made()) == {ready.id}


def test_services_that_wait_are_woken_when_the_device_is_ready(foundry):
    foundry.add_pool()
    shop = foundry.bind(foundry.grow().device, "shop")
    foundry.settle()
    assert foundry.is_bound(shop)
    assert foundry.service_due_at(shop) == foundry.clock.now()


def test_the_limits_of_the_template_hold_at_once(foundry):
    foundry.add_pool(limits={"vips": 1})
    device = foundry.grow().device
    foundry.bind(device, "shop")
    with pytest.raises(AssertionError):
        foundry.bind(device, "other")


def test_a_private_pool_makes_the_tenants_own_device(foundry):
    foundry.add_pool(private=True)
    assert foundry.grow("red").device.project_id == "red"
    foundry.bind(foundry.devices()[0])
    assert foundry.grow("blue", dedicated=True).device.project_id == "blue"


def test_a_full_pool_says_so(foundry):
    foundry.add_pool(maximum=1)
    foundry.bind(foundry.grow().device)
    growth = foundry.grow()
    assert growth.device is None
    assert growth.refusal == "its elastic pool has its maximum of 1 device"


def test_a_device_on_its_way_out_makes_room(foundry):
    foundry.add_pool(maximum=1, idle_seconds=0.0)
    first = foundry.grow().device
    foundry.settle()
    foundry.clock.advance(1)
    foundry.elastic.advance()
    assert foundry.devices()[0].removing
    assert foundry.grow().device.name != first.name


def test_nothing_is_made_that_would_be_refused(foundry):
    foundry.add_pool(zone="west")
    growth = foundry.grow(zone="east")
    assert growth.device is None
    assert growth.refusal == "a new device would be refused: is in zone west, not east"
    assert foundry.devices() == []


def test_a_request_that_an_empty_device_refused_gets_no_other_like_it(foundry):
    """A driver's veto, say, would have one device after another made."""
    foundry.add_pool()
    foundry.grow()
    foundry.settle()
    growth = foundry.grow()
    assert growth.refusal == "an empty device such as a new one would be refused it"
    assert len(foundry.devices()) == 1


def test_an_empty_device_of_another_tenant_is_no_such_device(foundry):
    foundry.add_pool(private=True)
    foundry.grow("red")
    assert foundry.grow("blue").device.project_id == "blue"


def test_a_tenants_subset_grows_only_to_its_bound(foundry):
    foundry.add_pool()
    one = replace(request(apart=Apart(devices=1)), subset=frozenset({"a"}))
    two = replace(request(apart=Apart(devices=2)), subset=frozenset({"a"}))
    with foundry.store.write() as work:
        assert "drawn for the tenant" in foundry.elastic.grow(work, one).refusal
        assert foundry.elastic.grow(work, two).device is not None


def test_a_pool_that_is_not_there_any_more_is_told(foundry):
    assert foundry.grow(pool="gone").refusal == "there is no elastic pool for it any more"


def test_a_name_that_is_taken_is_not_given_again(foundry):
    foundry.add_pool()
    foundry.grow()
    with foundry.store.write() as work:
        [first] = work.devices.find(Query())
        work.devices.save(replace(first, name="burst-2", device_pool=None))
        work.commit()
    second = foundry.grow().device
    assert second.name.startswith("burst-2-")


def test_minimum_and_spare_are_kept(foundry):
    foundry.add_pool(minimum=1, spare=2, maximum=3)
    foundry.settle()
    assert len(foundry.devices(status=DeviceStatus.ONLINE)) == 2
    foundry.bind(foundry.devices()[0])
    foundry.pass_time(2)
    assert len(foundry.devices(status=DeviceStatus.ONLINE)) == 3
    foundry.bind(foundry.devices()[1], "second")
    foundry.pass_time(2)
    assert len(foundry.devices()) == 3


def test_an_empty_device_goes_after_the_delay_with_all_that_was_made(foundry):
    foundry.add_pool(idle_seconds=5.0)
    shop = foundry.bind(foundry.grow().device)
    foundry.pass_time(20)
    [device] = foundry.devices()
    assert device.idle_since is None
    foundry.release(shop)
    foundry.pass_time(5)
    assert foundry.devices()[0].idle_since is not None
    foundry.pass_time(3)
    assert foundry.devices() == []
    assert foundry.provisioner.made() == {}
    with foundry.store.read() as work:
        assert work.ledger.usage() == {}


def test_a_device_that_is_used_again_in_time_stays(foundry):
    foundry.add_pool(idle_seconds=5.0)
    shop = foundry.bind(foundry.grow().device)
    foundry.pass_time(2)
    foundry.release(shop)
    foundry.pass_time(4)
    foundry.bind(foundry.devices()[0], "second")
    foundry.pass_time(10)
    [device] = foundry.devices()
    assert (device.idle_since, device.removing) == (None, False)


def test_a_provisioner_that_takes_long_is_asked_again_when_it_says(foundry):
    foundry.add_pool()
    foundry.provisioner.delay(times=2, seconds=30.0)
    foundry.grow()
    foundry.settle()
    [device] = foundry.devices()
    assert (device.status_reason, device.due_at) == ("boots", foundry.clock.now() + 30.0)
    foundry.pass_time(61)
    assert foundry.devices()[0].status is DeviceStatus.ONLINE


def test_a_failure_that_passes_is_got_over(foundry):
    foundry.add_pool()
    foundry.provisioner.fail(TRIES - 1)
    shop = foundry.bind(foundry.grow().device)
    foundry.settle()
    assert foundry.devices()[0].status_reason == "no room on any host"
    foundry.pass_time(10)
    [device] = foundry.devices()
    assert (device.status, device.attempts, device.status_reason) == (DeviceStatus.ONLINE, 0, "")
    assert foundry.is_bound(shop)


def test_a_device_that_cannot_be_made_lets_its_services_go(foundry):
    foundry.add_pool()
    foundry.provisioner.fail(TRIES)
    shop = foundry.bind(foundry.grow().device)
    foundry.settle()
    foundry.pass_time(7)
    assert not foundry.is_bound(shop)
    assert foundry.service_due_at(shop) <= foundry.clock.now()
    assert foundry.devices() == []
    assert foundry.pool().status_reason == "burst-1: no room on any host"


def test_after_a_failure_the_pool_waits_longer_each_time(foundry):
    foundry.add_pool()
    waits = []
    for _ in range(4):
        foundry.provisioner.fail(TRIES)
        assert foundry.grow().device is not None
        foundry.settle()
        while foundry.devices():
            foundry.pass_time(1)
        assert "after a pause" in foundry.grow().refusal
        waits.append(foundry.pool().grow_after)
        foundry.clock.set(foundry.pool().grow_after)
    assert foundry.pool().failures == 4
    assert waits == sorted(waits)
    foundry.grow()
    foundry.settle()
    assert (foundry.pool().failures, foundry.pool().status_reason) == (0, "")


def test_a_minimum_that_cannot_be_made_is_not_tried_all_the_time(foundry):
    foundry.add_pool(minimum=4)
    foundry.provisioner.fail(10**6)
    foundry.pass_time(10)
    assert len(foundry.devices()) <= 4
    foundry.pass_time(600)
    assert 5 <= foundry.pool().failures <= 9
    assert len(foundry.devices()) <= 1


def test_a_device_that_never_gets_ready_is_given_up(foundry):
    foundry.add_pool()
    foundry.provisioner.delay(times=10**6, seconds=60.0)
    shop = foundry.bind(foundry.grow().device)
    foundry.pass_time(SPAWN_DEADLINE - 60)
    assert foundry.is_bound(shop)
    foundry.pass_time(130)
    assert not foundry.is_bound(shop)
    assert foundry.devices() == []
    assert foundry.pool().status_reason == "burst-1: is not ready in time: boots"


def test_a_device_that_was_made_and_does_not_answer_is_probed_and_then_given_up(foundry):
    foundry.add_pool(parameters={"unreachable": True})
    shop = foundry.bind(foundry.grow().device)
    foundry.pass_time(30)
    [device] = foundry.devices()
    assert device.status is DeviceStatus.SPAWNING
    assert device.status_reason == "connection timed out"
    assert foundry.is_bound(shop)
    foundry.clock.advance(SPAWN_DEADLINE)
    foundry.pass_time(10)
    assert not foundry.is_bound(shop)
    assert foundry.devices() == []
    assert foundry.provisioner.made() == {}


def test_a_defect_in_a_provisioner_is_a_failure_of_its_device_alone(foundry, monkeypatch):
    def explode(order):
        raise ZeroDivisionError("secret detail")

    foundry.add_pool()
    foundry.grow()
    monkeypatch.setattr(foundry.provisioner, "provision", explode)
    foundry.settle()
    reason = foundry.devices()[0].status_reason
    assert reason == "defect in the provisioner of driver memory: ZeroDivisionError"


def test_parameters_that_the_provisioner_gives_are_kept_and_secrets_sealed(foundry, monkeypatch):
    def provision(order):
        made = {**order.parameters, "username": "root", "password": "tr0ub4dor"}
        return replace(real(order), parameters=made)

    real = foundry.provisioner.provision
    monkeypatch.setattr(foundry.provisioner, "provision", provision)
    foundry.add_pool()
    foundry.grow()
    foundry.settle()
    [device] = foundry.devices()
    assert device.status is DeviceStatus.ONLINE
    assert device.parameters == {"username": "root"}
    assert foundry.secrets.unseal(device.sealed) == {"password": "tr0ub4dor"}


def test_a_device_that_can_do_less_than_its_driver_lets_its_services_be_placed_anew(foundry):
    foundry.add_pool()
    device = foundry.grow().device
    shop = foundry.bind(device)
    facts = DeviceFacts(version="1.0", capabilities=MemoryAdvisor.info.capabilities)
    less = replace(facts, capabilities=replace(facts.capabilities, persistences=frozenset()))
    with foundry.store.write() as work:
        work.devices.save(replace(work.devices.get(device.id), agent_id="a"))
        work.commit()
    report = DeviceReport(device_id=device.id, generation=device.generation, facts=less)
    foundry.intake.take_in([report])
    assert foundry.devices()[0].status is DeviceStatus.ONLINE
    assert not foundry.is_bound(shop)
    assert foundry.service_due_at(shop) == foundry.clock.now()


def test_a_device_that_cannot_be_destroyed_is_kept_until_it_can(foundry):
    foundry.add_pool(idle_seconds=0.0)
    foundry.grow()
    foundry.settle()
    foundry.provisioner.fail(5, "the cloud is down")
    foundry.pass_time(2)
    [device] = foundry.devices()
    assert device.status is DeviceStatus.DESTROYING
    assert device.status_reason == "cannot be destroyed: the cloud is down"
    foundry.pass_time(120)
    assert foundry.devices() == []
    assert foundry.provisioner.made() == {}


def test_a_device_that_is_removed_while_it_is_made_is_destroyed(foundry):
    foundry.add_pool()
    foundry.provisioner.delay(times=1, seconds=60.0)
    foundry.grow()
    foundry.settle()
    remove_all(foundry)
    foundry.settle()
    assert foundry.devices() == []
    assert foundry.provisioner.made() == {}


def test_a_provisioner_that_hangs_holds_up_no_other_device(foundry, monkeypatch):
    hangs, released = threading.Event(), threading.Event()

    def provision(order):
        if order.name == "slow-1":
            hangs.set()
            assert released.wait(30)
        return Provisioned(order.parameters)

    monkeypatch.setattr(foundry.provisioner, "provision", provision)
    foundry.add_pool("slow")
    slow = foundry.grow(pool="slow").device
    foundry.steps.advance()
    worker = threading.Thread(target=foundry.provisioning.serve_one, args=(5.0,))
    worker.start()
    assert hangs.wait(30)
    foundry.add_pool("burst")
    foundry.grow()
    foundry.settle()
    assert [each.status for each in foundry.devices(device_pool="burst")] == ["ONLINE"]
    foundry.clock.advance(STEP_DEADLINE)
    foundry.agent.hello()
    foundry.steps.advance()
    assert not foundry.provisioning.serve_one(timeout=0.0), "it is being seen to already"
    released.set()
    worker.join()
    foundry.settle()
    assert [each.status for each in foundry.devices(id=slow.id)] == ["ONLINE"]


def test_a_change_that_comes_in_between_is_not_undone(foundry, monkeypatch):
    def provision(order):
        with foundry.store.write() as work:
            [device] = work.devices.find(Query())
            work.devices.save(replace(device, labels={"rack": "7"}, generation=2))
            work.commit()
        return Provisioned({**order.parameters, "username": "root"})

    monkeypatch.setattr(foundry.provisioner, "provision", provision)
    foundry.add_pool()
    foundry.grow()
    foundry.settle()
    [device] = foundry.devices()
    assert (device.status, device.labels) == (DeviceStatus.ONLINE, {"rack": "7"})
    assert device.parameters == {"username": "root"}


def test_services_that_found_no_device_are_tried_again_when_one_is_ready(foundry):
    foundry.add_pool(spare=1)
    waiting = a_service("waiting", status=Status.ERROR, cause=Cause.PLACEMENT, due_at=9e9)
    with foundry.store.write() as work:
        work.services.add(waiting)
        work.commit()
    foundry.settle()
    assert foundry.service_due_at(waiting.id) == foundry.clock.now()


def test_a_device_with_a_service_stays_even_if_no_counter_tells(foundry):
    foundry.add_pool(idle_seconds=0.0)
    foundry.bind(foundry.grow().device, claims={})
    foundry.pass_time(5)
    [device] = foundry.devices()
    assert not device.removing


def test_a_device_that_is_removed_while_it_waits_to_be_made_is_not_made(foundry, monkeypatch):
    foundry.add_pool()
    asked = []
    monkeypatch.setattr(foundry.provisioner, "provision", asked.append)
    foundry.provisioning.put(foundry.grow().device.id)
    remove_all(foundry)
    foundry.settle()
    assert foundry.devices() == []
    assert asked == []


def test_a_device_that_is_removed_while_it_is_made_goes_at_once(foundry, monkeypatch):
    def provision(order):
        remove_all(foundry)
        return real(order)

    real = foundry.provisioner.provision
    monkeypatch.setattr(foundry.provisioner, "provision", provision)
    foundry.add_pool()
    foundry.grow()
    foundry.settle()
    assert foundry.devices() == []
    assert foundry.provisioner.made() == {}


def test_a_failure_after_the_deadline_is_the_last(foundry):
    foundry.add_pool()
    foundry.provisioner.fail(1)
    foundry.grow()
    foundry.clock.advance(SPAWN_DEADLINE + 1)
    foundry.settle()
    assert foundry.devices() == []
    assert foundry.pool().failures == 1


def test_late_reports_change_nothing_of_a_device_that_is_destroyed(foundry):
    foundry.add_pool(idle_seconds=0.0)
    foundry.grow()
    foundry.settle()
    foundry.provisioner.fail(5, "the cloud is down")
    foundry.pass_time(2)
    [before] = foundry.devices()
    assert before.status is DeviceStatus.DESTROYING
    common = {"device_id": before.id, "epoch": before.epoch}
    late = DeviceReport(**common, generation=before.generation, failure="away")
    foundry.intake.take_in([late, DeviceRetired(**common)])
    assert foundry.devices() == [before]


def remove_all(foundry: Foundry) -> None:
    """As an operator who deletes the devices."""
    with foundry.store.write() as work:
        for device in work.devices.find(Query()):
            work.devices.save(replace(device, removing=True, due_at=foundry.clock.now()))
        work.commit()
