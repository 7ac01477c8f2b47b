"""Killed at any recorded step, the next start finishes the work, and nothing is left over."""

import pytest

from core.domain.lifecycle import Status
from core.usecases.loadbalancing.types import UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Killed, Lab


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


def killed_while_settling(lab: Lab, die_at: int) -> bool:
    """Settle, dying at the given point; False when settling ended before it."""
    lab.fault.calls, lab.fault.die_at = 0, die_at
    try:
        lab.settle()
    except Killed:
        return True
    finally:
        lab.fault.die_at = None
    return False


def recovered(lab: Lab) -> None:
    lab.restart()
    lab.settle()
    lab.clock.advance(700)
    lab.settle()


def test_killed_anywhere_in_a_creation():
    for die_at in range(100):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        if not killed_while_settling(lab, die_at):
            break
        recovered(lab)
        vip = lab.vip(vip_id)
        assert vip.status is Status.ACTIVE, die_at
        assert lab.devices.request(vip.address, 8080).address == "127.2.0.10"
        lab.check_nothing_leaked()
    assert 6 < die_at < 99


def test_killed_anywhere_in_a_change():
    for die_at in range(100):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        lab.settle()
        change(lab, vip_id, back)
        if not killed_while_settling(lab, die_at):
            break
        recovered(lab)
        vip = lab.vip(vip_id)
        assert vip.status is Status.ACTIVE, die_at
        assert lab.devices.request(vip.address, 8080).address == "127.2.0.11"
        lab.check_nothing_leaked()
    assert 4 < die_at < 99


def test_killed_anywhere_in_a_deletion():
    for die_at in range(100):
        lab, front, back = prepared()
        vip_id = create(lab, front, back)
        lab.settle()
        address = lab.vip(vip_id).address
        lab.process.core.vips().delete(ADMIN, vip_id)
        if not killed_while_settling(lab, die_at):
            break
        recovered(lab)
        with pytest.raises(ConnectionRefusedError):
            lab.devices.request(address, 8080)
        with lab.store.read() as work:
            assert work.services.count({}) == 0, die_at
            assert work.reservations.count({}) == 0
        lab.check_nothing_leaked()
    assert 6 < die_at < 99


def test_killed_anywhere_while_a_vip_is_being_accepted_leaves_all_or_nothing():
    for die_at in range(100):
        lab, front, back = prepared()
        pool_id = lab.add_pool(back, ("127.2.0.10", 80))
        lab.fault.calls, lab.fault.die_at = 0, die_at
        try:
            lab.add_vip(front, pool_id)
        except Killed:
            lab.fault.die_at = None
        else:
            break
        recovered(lab)
        lab.process.core.orphans()()
        lab.check_nothing_leaked()
    assert 2 < die_at < 99


def test_killed_anywhere_in_a_removal_of_a_device():
    for die_at in range(100):
        lab = Lab()
        device_id = lab.add_device()
        lab.settle()
        lab.process.core.devices().delete(ADMIN, device_id)
        if not killed_while_settling(lab, die_at):
            break
        recovered(lab)
        with lab.store.read() as work:
            assert work.devices.count({}) == 0, die_at
    assert 2 < die_at < 99
