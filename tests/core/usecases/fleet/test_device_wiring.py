"""How a device is wired: an admin's choice, complete, and the same while it is on a network."""

import pytest

from core.domain.errors import Conflict, InvalidInput
from core.domain.wiring import VIRTUAL, DeviceWiring, WiringKind
from core.usecases.fleet.device_types import CreateDevice, UpdateDevice
from tests.core.usecases.fleet.shop import ADMIN, ALICE, Shop

TRUNK = DeviceWiring(kind=WiringKind.TRUNK, trunk_id="t")
PHYSICAL = DeviceWiring(kind=WiringKind.PHYSICAL, host="rack")


def register(shop: Shop, wiring: DeviceWiring = VIRTUAL, caller=ADMIN):
    return shop.devices.create(caller, [CreateDevice(name="d", driver="acme", wiring=wiring)])[0]


@pytest.mark.parametrize(
    "wiring",
    [VIRTUAL, DeviceWiring(host="net1"), TRUNK, PHYSICAL],
    ids=["virtual", "virtual on a host", "trunk", "physical"],
)
def test_a_device_is_wired_as_its_admin_says(shop, wiring):
    assert register(shop, wiring).wiring == wiring


@pytest.mark.parametrize(
    ("wiring", "field"),
    [
        (DeviceWiring(trunk_id="t"), "wiring.trunk_id"),
        (DeviceWiring(kind=WiringKind.TRUNK), "wiring.trunk_id"),
        (DeviceWiring(kind=WiringKind.TRUNK, trunk_id="t", host="h"), "wiring.host"),
        (DeviceWiring(kind=WiringKind.PHYSICAL), "wiring.host"),
        (DeviceWiring(kind=WiringKind.PHYSICAL, host="h", trunk_id="t"), "wiring.trunk_id"),
    ],
)
def test_a_wiring_that_is_not_whole_is_refused(shop, wiring, field):
    with pytest.raises(InvalidInput) as refused:
        register(shop, wiring)
    assert refused.value.field == field
    device = register(shop)
    with pytest.raises(InvalidInput):
        shop.devices.update(ADMIN, device.id, UpdateDevice(wiring=wiring))


@pytest.mark.parametrize("wiring", [DeviceWiring(host="net1"), TRUNK, PHYSICAL])
def test_a_tenants_own_device_is_where_its_agent_is(shop, wiring):
    with pytest.raises(InvalidInput, match="only an admin may choose it"):
        register(shop, wiring, ALICE)
    device = register(shop, VIRTUAL, ALICE)
    with pytest.raises(InvalidInput):
        shop.devices.update(ALICE, device.id, UpdateDevice(wiring=wiring))


def test_a_tenant_may_change_what_an_admin_wired(shop):
    device = register(shop, VIRTUAL, ALICE)
    shop.devices.update(ADMIN, device.id, UpdateDevice(wiring=PHYSICAL))
    changed = shop.devices.update(ALICE, device.id, UpdateDevice(name="e", wiring=PHYSICAL))
    assert (changed.name, changed.wiring) == ("e", PHYSICAL)


def test_a_change_has_the_conductor_find_out_whether_it_can_be(shop):
    device = register(shop, TRUNK)
    shop.change_device(device.id, unwirable="no trunks here", due_at=None)
    shop.rang()
    assert shop.devices.show(ADMIN, device.id).unwirable == "no trunks here"
    changed = shop.devices.update(ADMIN, device.id, UpdateDevice(wiring=VIRTUAL))
    assert (changed.wiring, changed.unwirable) == (VIRTUAL, "")
    assert shop.stored_device(device.id).due_at == 1000.0
    assert shop.rang()


def test_the_wiring_stays_while_the_device_is_on_a_network(shop):
    device = register(shop)
    service_id = shop.waiting_service(shop.service_type())
    shop.bind(service_id, device.id)
    change = UpdateDevice(wiring=TRUNK)
    with pytest.raises(Conflict, match=r"net-1.*set its admin_state to draining"):
        shop.devices.update(ADMIN, device.id, change)
    assert shop.devices.update(ADMIN, device.id, UpdateDevice(wiring=VIRTUAL)).wiring == VIRTUAL
    with shop.store.write() as work:
        work.bindings.release([service_id])
        work.ledger.end_wiring(device.id, "net-1", None)
        work.commit()
    assert shop.devices.update(ADMIN, device.id, change).wiring == TRUNK
