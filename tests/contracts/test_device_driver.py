"""What every device driver promises (`core/ports/device_driver.py`), driver by driver."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.domain.loadbalancer.model import MonitorType
from core.domain.loadbalancer.observation import LoadBalancerObservation
from core.domain.messages import DeviceHandle
from core.ports.device_driver import DeviceFailure
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Members,
    eventually,
    member_spec,
    monitor_spec,
)
from tests.contracts.device_subjects import (
    SHARED,
    STARTED_BY_THE_AGENT,
    SUBJECTS,
    HaproxySubject,
    SharedSubject,
    Subject,
    moved,
    run,
)


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[HaproxySubject]:
    """A subject whose devices outlive the driver object."""
    made = HaproxySubject(tmp_path)
    yield made
    made.close()


@pytest.fixture
def members() -> Iterator[Members]:
    running = Members()
    yield running
    running.stop_all()


def test_a_probe_learns_facts_and_disturbs_nothing(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    facts = subject.driver.probe(device)
    run(subject, device, balancer.order())
    assert subject.driver.probe(device) == facts
    assert subject.serves(balancer)
    assert facts.version
    assert subject.driver.info.capabilities.missing(facts.capabilities) == (), "at most these"


def test_orders_are_answered_one_by_one_in_their_order(subject: Subject) -> None:
    device, balancers = subject.device(), [Balancer() for _ in range(3)]
    orders = [each.order() for each in balancers]
    outcomes = subject.driver.apply(device, orders, complete=False)
    assert [(each.service_id, each.revision, each.failure) for each in outcomes] == [
        (order.service_id, order.revision, None) for order in orders
    ]
    assert all(subject.serves(each) for each in balancers)


def test_applying_without_a_probe_makes_the_device_ready(subject: Subject) -> None:
    balancer = Balancer()
    run(subject, subject.device(), balancer.order())
    assert subject.serves(balancer)


def test_the_same_order_again_is_done(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    order = balancer.order()
    run(subject, device, order)
    run(subject, device, order)
    assert subject.serves(balancer)


def test_a_new_revision_takes_the_place_of_the_old(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, device, balancer.order())
    before = moved(balancer)
    run(subject, device, balancer.order())
    assert subject.serves(balancer)
    assert not subject.serves(before)


def test_an_older_revision_is_answered_as_done_and_changes_nothing(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    old = balancer.order()
    before = moved(balancer)
    run(subject, device, balancer.order())
    run(subject, device, old)
    assert subject.serves(balancer)
    assert not subject.serves(before)


def test_an_older_removal_removes_nothing(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    old = balancer.removal()
    run(subject, device, balancer.order())
    run(subject, device, old)
    assert subject.serves(balancer)


def test_complete_orders_count_even_if_the_device_runs_newer_ones(subject: Subject) -> None:
    device, balancer, gone = subject.device(), Balancer(), Balancer()
    old, removal = balancer.order(), gone.removal()
    before = moved(balancer)
    newest = replace(balancer.order(), revision=9)
    run(subject, device, newest, replace(gone.order(), revision=9))
    run(subject, device, old, removal, complete=True)
    assert subject.serves(before)
    assert not subject.serves(balancer)
    assert not subject.serves(gone)
    run(subject, device, replace(newest, revision=2))
    assert subject.serves(balancer), "the device still thinks that it runs revision 9"


def test_a_complete_order_of_what_runs_already_sets_the_revision(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    order = balancer.order()
    run(subject, device, replace(order, revision=9))
    run(subject, device, order, complete=True)
    before = moved(balancer)
    run(subject, device, balancer.order())
    assert subject.serves(balancer)
    assert not subject.serves(before)


def test_a_removed_service_is_closed_and_can_be_removed_again(subject: Subject) -> None:
    device, gone, other = subject.device(), Balancer(), Balancer()
    run(subject, device, gone.order(), other.order())
    removal = gone.removal()
    run(subject, device, removal)
    run(subject, device, removal)
    assert not subject.serves(gone)
    assert subject.serves(other)
    assert set(subject.driver.observe(device).services) == {other.id}


def test_one_failure_changes_nothing_for_the_others(subject: Subject) -> None:
    device, first, bad, last = subject.device(), Balancer(), Balancer(), Balancer()
    subject.spoil(bad)
    orders = [first.order(), bad.order(), last.order()]
    outcomes = subject.driver.apply(device, orders, complete=False)
    assert [each.service_id for each in outcomes] == [first.id, bad.id, last.id]
    assert [bool(each.failure) for each in outcomes] == [False, True, False]
    assert subject.serves(first)
    assert subject.serves(last)


def test_after_a_failed_change_the_old_revision_goes_on(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, device, balancer.order())
    before = moved(balancer)
    subject.spoil(balancer)
    (outcome,) = subject.driver.apply(device, [balancer.order()], complete=False)
    assert outcome.failure
    assert subject.serves(before)


def test_services_that_are_not_ordered_are_left_alone(subject: Subject) -> None:
    device, first, second = subject.device(), Balancer(), Balancer()
    run(subject, device, first.order())
    run(subject, device, second.order())
    assert subject.serves(first)
    assert first.id not in subject.driver.observe(device).note


def test_a_complete_order_has_strangers_told_and_kept(subject: Subject) -> None:
    device, known, stranger = subject.device(), Balancer(), Balancer()
    run(subject, device, known.order(), stranger.order())
    run(subject, device, known.order(), complete=True)
    note = subject.driver.observe(device).note
    assert stranger.id in note
    assert known.id not in note
    assert subject.serves(stranger)


def test_an_observation_has_the_shape_that_its_kind_prescribes(
    subject: Subject, members: Members
) -> None:
    server = member_spec(members.start("web"))
    checked = Balancer(members=(server,), monitors=(monitor_spec(MonitorType.TCP),))
    plain = Balancer(members=(member_spec(members.start("other")),))
    device = subject.device()
    run(subject, device, checked.order(), plain.order())

    def measured() -> dict[str, LoadBalancerObservation]:
        seen = subject.driver.observe(device)
        assert seen.failure is None
        assert seen.failures == {}
        document = json.loads(json.dumps(seen.services))
        return {
            name: msgspec.convert(each, LoadBalancerObservation, strict=True)
            for name, each in document.items()
        }

    found = eventually(lambda: (now := measured())[checked.id].members and now)
    assert set(found) == {checked.id, plain.id}
    assert found[checked.id].members[server.id].up
    assert found[plain.id].members == {}, "without a monitor there is nothing to tell"
    assert set(found[checked.id].pools) == {checked.pool.id}
    assert found[checked.id].pools[checked.pool.id].total_connections >= 0


def test_a_device_that_cannot_be_reached_says_so(subject: Subject) -> None:
    device = subject.unreachable()
    with pytest.raises(DeviceFailure, match=r"\S"):
        subject.driver.probe(device)
    with pytest.raises(DeviceFailure, match=r"\S"):
        subject.driver.apply(device, [Balancer().order()], complete=False)
    assert subject.driver.observe(device).failure


def test_devices_are_worked_on_at_the_same_time(subject: Subject) -> None:
    pairs = [(subject.device(), Balancer()) for _ in range(3)]
    failures: list[object] = []

    def work(device: DeviceHandle, balancer: Balancer) -> None:
        outcomes = subject.driver.apply(device, [balancer.order()], complete=False)
        failures.extend(each.failure for each in outcomes)

    threads = [threading.Thread(target=work, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [None] * len(pairs)
    for device, balancer in pairs:
        assert set(subject.driver.observe(device).services) == {balancer.id}


def test_a_retired_device_runs_nothing_and_can_be_retired_again(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    run(subject, device, balancer.order())
    subject.driver.retire(device)
    subject.driver.retire(device)
    assert not subject.serves(balancer)
    subject.driver.probe(device)
    assert subject.driver.observe(device).services == {}


@pytest.mark.slow
def test_what_cannot_be_removed_is_told_and_can_be_retired_later(lasting: HaproxySubject) -> None:
    device, balancer = lasting.device(), Balancer()
    run(lasting, device, balancer.order())
    lasting.move_away(device)
    with pytest.raises(DeviceFailure, match="symbolic link"):
        lasting.driver.retire(device)
    lasting.move_back(device)
    lasting.driver.retire(device)
    assert not lasting.keeps(device)


def test_a_device_that_was_never_seen_can_be_retired(subject: Subject) -> None:
    subject.driver.retire(subject.device())


def test_a_released_device_goes_on_and_can_be_released_again(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    subject.driver.release(device)
    run(subject, device, balancer.order())
    subject.driver.release(device)
    subject.driver.release(device)
    assert subject.serves(balancer)


def test_a_released_device_can_be_held_again(subject: Subject) -> None:
    device, balancer = subject.device(), Balancer()
    old = balancer.order()
    before = moved(balancer)
    run(subject, device, balancer.order())
    subject.driver.release(device)
    subject.driver.probe(device)
    run(subject, device, old)
    assert subject.serves(balancer)
    assert not subject.serves(before), "the revision that runs was forgotten"
    assert set(subject.driver.observe(device).services) == {balancer.id}


def test_devices_go_on_when_the_agent_ends(subject: Subject) -> None:
    balancer = Balancer()
    run(subject, subject.device(), balancer.order())
    subject.driver.close(stop_devices=False)
    assert subject.serves(balancer)


@pytest.mark.parametrize("subject", STARTED_BY_THE_AGENT, indirect=True)
def test_devices_stop_with_the_agent_when_they_shall(subject: Subject) -> None:
    balancer = Balancer()
    run(subject, subject.device(), balancer.order())
    subject.driver.close(stop_devices=True)
    assert not subject.serves(balancer)


@pytest.mark.parametrize("subject", STARTED_BY_THE_AGENT, indirect=True)
def test_a_device_that_was_never_reached_is_no_obstacle_at_the_end(subject: Subject) -> None:
    balancer = Balancer()
    with pytest.raises(DeviceFailure):
        subject.driver.probe(subject.unreachable())
    run(subject, subject.device(), balancer.order())
    subject.driver.close(stop_devices=True)
    assert not subject.serves(balancer)


@pytest.mark.parametrize("subject", SHARED, indirect=True)
def test_a_new_driver_takes_over_what_runs(subject: SharedSubject) -> None:
    device, balancer = subject.device(), Balancer()
    old = balancer.order()
    before = moved(balancer)
    run(subject, device, balancer.order())
    subject.driver.close(stop_devices=False)
    subject.driver = subject.another()
    subject.driver.probe(device)
    run(subject, device, old)
    assert subject.serves(balancer)
    assert not subject.serves(before), "the revision that runs was forgotten"
    assert set(subject.driver.observe(device).services) == {balancer.id}


@pytest.mark.slow
def test_what_was_stopped_is_started_again_by_a_probe(lasting: HaproxySubject) -> None:
    device, balancer = lasting.device(), Balancer()
    run(lasting, device, balancer.order())
    lasting.driver.close(stop_devices=True)
    lasting.driver = lasting.another()
    lasting.driver.probe(device)
    assert lasting.serves(balancer)
