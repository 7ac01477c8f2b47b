"""Of several agents that believe to have a device, the last one that was given it counts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceDriver, DeviceFailure
from tests.adapters.devices.haproxy.support import Balancer
from tests.contracts.device_subjects import (
    SHARED,
    STARTED_BY_THE_AGENT,
    SUBJECTS,
    SharedSubject,
    Subject,
    moved,
    run,
)


@pytest.fixture(params=SHARED)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedSubject]:
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("subject", SUBJECTS, indirect=True)
def test_a_call_of_an_earlier_epoch_is_refused_and_changes_nothing(subject: Subject) -> None:
    device, kept, late = subject.device(), Balancer(), Balancer()
    run(subject, replace(device, epoch=4), kept.order())
    for epoch in (3, 0):
        stale = replace(device, epoch=epoch)
        _assert_refused(subject.driver, stale, kept.removal(), late.order())
    assert subject.serves(kept)
    assert not subject.serves(late)
    now = subject.driver.observe(replace(device, epoch=4))
    assert (now.failure, set(now.services)) == (None, {kept.id})


@pytest.mark.parametrize("subject", SUBJECTS, indirect=True)
def test_the_epoch_of_a_retired_device_counts_on(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=4), balancer.order())
    subject.driver.retire(replace(device, epoch=5))
    _assert_refused(subject.driver, replace(device, epoch=4), balancer.order())
    assert not subject.serves(balancer)


def test_what_was_retired_is_not_made_again_by_another_agent(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=4), balancer.order())
    other = subject.another()
    other.retire(replace(device, epoch=5))
    _assert_refused(subject.driver, replace(device, epoch=4), balancer.order())
    assert not subject.keeps(device)
    assert not subject.serves(balancer)


def test_retirement_in_an_earlier_epoch_is_refused(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=4), balancer.order())
    with pytest.raises(DeviceFailure, match="epoch 3 is over"):
        subject.another().retire(replace(device, epoch=3))
    assert subject.keeps(device)
    assert subject.serves(balancer)


def test_a_device_goes_back_and_forth_between_agents(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    first, second = subject.driver, subject.another()
    run(subject, replace(device, epoch=1), balancer.order())
    old = moved(balancer)
    middle = balancer.order()
    before = moved(balancer)
    _apply(second, replace(device, epoch=2), balancer.order())
    _assert_refused(first, replace(device, epoch=1), middle)
    assert subject.serves(balancer)
    _apply(first, replace(device, epoch=3), middle)
    assert subject.serves(balancer), "what the other agent did in between was not seen"
    assert not subject.serves(before)
    assert not subject.serves(old)
    _assert_refused(second, replace(device, epoch=2), balancer.removal())
    assert set(first.observe(replace(device, epoch=3)).services) == {balancer.id}


def test_a_look_in_a_new_epoch_ends_the_one_before(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=1), balancer.order())
    assert set(subject.another().observe(replace(device, epoch=2)).services) == {balancer.id}
    _assert_refused(subject.driver, replace(device, epoch=1), balancer.removal())
    assert subject.serves(balancer)


def test_a_released_device_is_taken_over_as_it_runs(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=1), balancer.order())
    subject.driver.release(replace(device, epoch=1))
    other = subject.another()
    other.probe(replace(device, epoch=2))
    assert set(other.observe(replace(device, epoch=2)).services) == {balancer.id}
    assert subject.serves(balancer)


def test_a_late_release_changes_nothing_for_the_holder(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, replace(device, epoch=2), balancer.order())
    subject.driver.release(replace(device, epoch=1))
    subject.another().release(replace(device, epoch=1))
    assert set(subject.driver.observe(replace(device, epoch=2)).services) == {balancer.id}


def test_an_agent_that_stops_its_devices_leaves_those_of_others(subject: SharedSubject) -> None:
    taken, given, lost = (subject.device() for _ in range(3))
    balancers = [Balancer() for _ in range(3)]
    first, second = subject.driver, subject.another()
    _apply(second, replace(taken, epoch=1), balancers[0].order())
    _apply(first, replace(given, epoch=1), balancers[1].order())
    first.release(replace(given, epoch=1))
    _apply(first, replace(lost, epoch=1), balancers[2].order())
    second.probe(replace(lost, epoch=2))
    first.close(stop_devices=True)
    assert [subject.serves(each) for each in balancers] == [True] * 3


@pytest.mark.parametrize("subject", STARTED_BY_THE_AGENT, indirect=True)
def test_an_agent_stops_the_devices_that_it_holds(subject: Subject) -> None:
    balancer = Balancer()
    run(subject, replace(subject.device(), epoch=7), balancer.order())
    subject.driver.close(stop_devices=True)
    assert not subject.serves(balancer)


def _apply(driver: DeviceDriver, device: DeviceHandle, *orders: ServiceOrder) -> None:
    outcomes = driver.apply(device, orders, complete=False)
    assert [each.failure for each in outcomes] == [None] * len(orders)


def _assert_refused(driver: DeviceDriver, device: DeviceHandle, *orders: ServiceOrder) -> None:
    with pytest.raises(DeviceFailure, match="is over"):
        driver.probe(device)
    with pytest.raises(DeviceFailure, match="is over"):
        driver.apply(device, orders, complete=True)
    with pytest.raises(DeviceFailure, match="is over"):
        driver.retire(device)
    assert "is over" in (driver.observe(device).failure or "")
