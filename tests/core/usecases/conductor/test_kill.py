"""Killed at any recorded step, the next start finishes the work, and nothing is left over."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.lifecycle import Status
from core.domain.query import Query
from core.usecases.loadbalancing.types import UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Killed, Lab

MOST = 120
"""More points than any of these has."""


def kill_everything(lab: Lab) -> None:
    lab.restart()


def kill_the_one_that_acts(lab: Lab) -> None:
    if lab.acting == "conductor":
        lab.restart_conductor()
    else:
        lab.restart_agent(lab.acting)


WAYS = [kill_everything, kill_the_one_that_acts]
killed = pytest.mark.parametrize(
    "kill", [kill_everything, pytest.param(kill_the_one_that_acts, marks=pytest.mark.slow)]
)


def prepared() -> tuple[Lab, str, str]:
    lab = Lab()
    lab.add_device()
    lab.add_service_type(default=True)
    front, back = lab.add_subnet("127.1.0.0/24"), lab.add_subnet("127.2.0.0/24")
    lab.settle()
    return lab, front, back


def create(lab: Lab, front: str, back: str) -> str:
    return lab.add_vip(front, lab.add_pool(back, ("127.2.0.10", 80)))


def change(lab: Lab, vip_id: str, back: str) -> None:
    third = lab.add_pool(back, ("127.2.0.11", 80))
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(pool_id=third, connection_limit=5))


def killed_while(lab: Lab, run: Callable[[], object], die_at: int) -> bool:
    """Run, dying at the given point; False when it ended before."""
    lab.fault.calls, lab.fault.die_at = 0, die_at
    try:
        run()
    except Killed:
        return True
    finally:
        lab.fault.die_at = None
    return False


def recovered(lab: Lab, kill: Callable[[Lab], None] = kill_everything) -> None:
    kill(lab)
    lab.settle()
    for _ in range(2):
        lab.clock.advance(700)
        lab.settle()


@killed
def test_killed_anywhere_in_a_creation(kill):
    for die_at in range(MOST):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        if not killed_while(lab, lab.settle, die_at):
            break
        recovered(lab, kill)
        vip = lab.vip(vip_id)
        assert vip.status is Status.ACTIVE, die_at
        assert lab.devices.request(vip.address, 8080).address == "127.2.0.10"
        lab.check_nothing_leaked()
    assert 20 < die_at < MOST - 1


@killed
def test_killed_anywhere_in_a_change(kill):
    for die_at in range(MOST):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        lab.settle()
        change(lab, vip_id, back)
        if not killed_while(lab, lab.settle, die_at):
            break
        recovered(lab, kill)
        vip = lab.vip(vip_id)
        assert vip.status is Status.ACTIVE, die_at
        assert lab.devices.request(vip.address, 8080).address == "127.2.0.11"
        lab.check_nothing_leaked()
    assert 10 < die_at < MOST - 1


@killed
def test_killed_anywhere_in_a_deletion(kill):
    for die_at in range(MOST):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        lab.settle()
        address = lab.vip(vip_id).address
        lab.process.core.vips().delete(ADMIN, vip_id)
        if not killed_while(lab, lab.settle, die_at):
            break
        recovered(lab, kill)
        with pytest.raises(ConnectionRefusedError):
            lab.devices.request(address, 8080)
        with lab.store.read() as work:
            assert work.services.count({}) == 0, die_at
            assert work.reservations.count({}) == 0
        lab.check_nothing_leaked()
    assert 20 < die_at < MOST - 1


def test_killed_anywhere_while_a_vip_is_being_accepted_leaves_all_or_nothing():
    for die_at in range(MOST):
        lab, front, back = prepared()
        pool_id = lab.add_pool(back, ("127.2.0.10", 80))
        if not killed_while(lab, partial(lab.add_vip, front, pool_id), die_at):
            break
        recovered(lab)
        lab.process.core.orphans()()
        lab.check_nothing_leaked()
    assert 0 < die_at < MOST - 1


@killed
def test_killed_anywhere_in_a_removal_of_a_device(kill):
    for die_at in range(MOST):
        lab = Lab()
        device_id = lab.add_device()
        lab.settle()
        lab.process.core.devices().delete(ADMIN, device_id)
        if not killed_while(lab, lab.settle, die_at):
            break
        recovered(lab, kill)
        with lab.store.read() as work:
            assert work.devices.count({}) == 0, die_at
    assert 8 < die_at < MOST - 1


def being_made() -> Lab:
    lab, front, back = prepared()
    create(lab, front, back)
    return lab


def being_changed() -> Lab:
    """Its pool goes from one network to another, so one is attached and one detached."""
    lab, front, back = prepared()
    vip_id = create(lab, front, back)
    lab.settle()
    third = lab.add_pool(lab.add_subnet("127.3.0.0/24"), ("127.3.0.10", 80))
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(pool_id=third))
    return lab


def being_deleted() -> Lab:
    lab, front, back = prepared()
    vip_id = create(lab, front, back)
    lab.settle()
    lab.process.core.vips().delete(ADMIN, vip_id)
    return lab


def changed_while_being_moved() -> Lab:
    """Its device is to be released by its agent and given to the other one."""
    lab, front, back = prepared()
    vip_id = create(lab, front, back)
    lab.settle()
    lab.add_agent("b")
    lab.beat()
    with lab.store.write() as work:
        [device] = work.devices.find(Query())
        work.devices.save(replace(device, releasing=True, due_at=lab.clock.now()))
        work.commit()
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    return lab


def changed_while_its_agent_begins_anew() -> Lab:
    lab, front, back = prepared()
    vip_id = create(lab, front, back)
    lab.settle()
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    lab.restart_agent()
    return lab


def changed_while_its_agent_leaves() -> Lab:
    lab, front, back = prepared()
    vip_id = create(lab, front, back)
    lab.settle()
    lab.add_agent("b")
    lab.beat()
    lab.agent.leave()
    lab.silent.add("memory")
    lab.clock.advance(1.0)
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    return lab


SETUPS = [
    being_made,
    being_changed,
    being_deleted,
    changed_while_being_moved,
    changed_while_its_agent_begins_anew,
    changed_while_its_agent_leaves,
]


def check(lab: Lab) -> None:
    """What is wanted runs, and nothing else is left."""
    with lab.store.read() as work:
        services = work.services.find(Query())
        [device] = work.devices.find(Query())
        usage = work.ledger.usage()
        networks = usage[device.id].networks if usage else ()
        revisions = {service.id: service.desired_revision for service in services}
    assert all(service.settled for service in services)
    assert (device.status, device.probed_epoch, device.releasing) == (
        "ONLINE",
        device.epoch,
        False,
    )
    assert device.agent_id in lab.agents
    assert all(each.attachment is not None and each.wiring_until is None for each in networks)
    place = lab.devices._places[device.id].look()
    assert {identity: kept.revision for identity, kept in place.services.items()} == revisions
    lab.check_nothing_leaked()


@pytest.mark.slow
@pytest.mark.parametrize("kill", WAYS)
@pytest.mark.parametrize("setup", SETUPS[3:])
def test_killed_anywhere_while_a_device_changes_hands(setup, kill):
    for die_at in range(MOST):
        lab = setup()
        if not killed_while(lab, lab.settle, die_at):
            break
        recovered(lab, kill)
        check(lab)
    assert 20 < die_at < MOST - 1


@pytest.mark.slow
@settings(max_examples=30, derandomize=True)
@given(
    setup=st.sampled_from(SETUPS),
    deaths=st.lists(
        st.tuples(st.integers(0, 70), st.sampled_from(WAYS), st.sampled_from([0.0, 5.0, 31.0])),
        min_size=2,
        max_size=3,
    ),
)
def test_killed_again_and_again(setup, deaths):
    lab = setup()
    for die_at, kill, later in deaths:
        if killed_while(lab, lab.settle, die_at):
            kill(lab)
        lab.clock.advance(later)
    recovered(lab)
    check(lab)
