"""Whatever dies, pauses or gets lost, no device goes back to what it ran before, and in the end
everything is as it is wanted."""

import pytest

from core.domain.device import DeviceStatus
from core.domain.lifecycle import Status
from core.domain.query import Query
from tests.core.usecases.conductor.chaos import Chaos

STEPS = 80


def check_settled(chaos: Chaos) -> None:
    """Everything is deployed where it is bound, and nothing is held by nobody."""
    with chaos.store.read() as work:
        services = {service.id: service for service in work.services.find(Query())}
        bindings = work.bindings.find(Query())
        devices = work.devices.find(Query())
        usage = work.ledger.usage()
        owners = {reservation.owner for reservation in work.reservations.find(Query())}
    assert {service.status for service in services.values()} <= {Status.ACTIVE}
    assert all(service.settled for service in services.values())
    assert {binding.service_id for binding in bindings} == set(services) == owners
    for device in devices:
        assert device.status is DeviceStatus.ONLINE, device
        assert device.agent_id in chaos.agents
        assert (device.probed_epoch, device.releasing, device.due_at) == (device.epoch, False, None)
        mine = {each.service_id for each in bindings if each.device_id == device.id}
        wanted = {identity: services[identity].desired_revision for identity in mine}
        assert chaos.appliances.running[device.id] == wanted
        used = usage[device.id].used if device.id in usage else {}
        assert used.get("vips", 0) == len(mine)
    check_wires(chaos, usage, bindings)
    held = {name: sum(device.agent_id == name for device in devices) for name in chaos.agents}
    assert max(held.values()) - min(held.values()) <= 1
    gone = set(chaos.appliances.running) - {device.id for device in devices}
    assert all(not chaos.appliances.running[device_id] for device_id in gone)


def check_wires(chaos: Chaos, usage, bindings) -> None:
    networks = [each for one in usage.values() for each in one.networks]
    needed = {(each.device_id, need.network_id) for each in bindings for need in each.networks}
    assert {(each.device_id, each.network_id) for each in networks} == needed
    assert set(chaos.wires.attached) == needed
    assert all(each.attachment is not None and each.wiring_until is None for each in networks)


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 60))]
)
def test_chaos_ends_in_order(seed):
    chaos = Chaos(seed)
    for _ in range(STEPS):
        chaos.step()
        assert chaos.appliances.wrongs == []
        assert chaos.wires.wrongs == []
    chaos.heal()
    chaos.settle(900.0)
    assert chaos.appliances.wrongs == []
    check_settled(chaos)
