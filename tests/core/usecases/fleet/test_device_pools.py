"""Operators describe pools of devices; what makes no sense is refused and named."""

from dataclasses import replace

import pytest

from adapters.http.schema_validator import JsonSchemaValidator
from core.domain.device import Device, DeviceStatus
from core.domain.errors import AlreadyExists, Forbidden, InUse, InvalidInput, NotFound
from core.domain.query import Query, Sort
from core.domain.service_type import Policy
from core.usecases.fleet.device_pool_types import CreateDevicePool, UpdateDevicePool
from core.usecases.fleet.device_pools import DevicePools
from core.usecases.fleet.service_types import UpdateServiceType
from tests.builders import a_device
from tests.core.usecases.fleet.shop import ADMIN, ALICE, Shop


@pytest.fixture
def pools(shop: Shop) -> DevicePools:
    return pools_of(shop)


def pools_of(shop: Shop) -> DevicePools:
    return DevicePools(
        store=shop.store,
        drivers=shop.drivers,
        provisioners={"acme"},
        secrets=shop.secrets,
        validator=JsonSchemaValidator(),
        clock=shop.clock,
        ids=CountedIds(),
        doorbell=shop.doorbell,
    )


class CountedIds:
    """Ids of pools that differ from those of everything else in the shop."""

    def __init__(self) -> None:
        self._given = 0

    def new_id(self) -> str:
        self._given += 1
        return f"pool-{self._given}"


def create(pools: DevicePools, **fields):
    [made] = pools.create(
        ADMIN, [CreateDevicePool(**{"name": "burst", "driver": "acme", **fields})]
    )
    return made


def add_device(shop: Shop, name: str, **fields) -> Device:
    device = a_device(name, driver="acme", device_pool="burst", spawned=True, **fields)
    with shop.store.write() as work:
        work.devices.add(device)
        work.commit()
    return device


def test_a_pool_has_defaults_and_uses_nothing(pools):
    made = create(pools)
    assert (made.minimum, made.maximum, made.spare, made.idle_seconds) == (0, 10, 0, 300.0)
    assert (made.private, made.status_reason, made.grow_after) == (False, "", None)
    assert (made.usage.devices, made.usage.services) == (0, 0)
    assert pools.show(ADMIN, made.id) == made


@pytest.mark.parametrize(
    ("named", "fields"),
    [
        ("driver", {"driver": "toaster"}),
        ("driver", {"driver": "wall"}),
        ("minimum", {"minimum": -1}),
        ("maximum", {"maximum": -1}),
        ("spare", {"spare": -1}),
        ("idle_seconds", {"idle_seconds": -0.5}),
        ("idle_seconds", {"idle_seconds": float("nan")}),
        ("minimum", {"minimum": 3, "maximum": 2}),
        ("spare", {"spare": 3, "maximum": 2}),
        ("minimum", {"private": True, "minimum": 1}),
        ("spare", {"private": True, "spare": 1}),
        ("limits.wings", {"limits": {"wings": 2}}),
        ("limits.vips", {"limits": {"vips": -1}}),
        ("parameters.host", {"parameters": {"host": 7}}),
        ("parameters.colour", {"parameters": {"colour": "green"}}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(pools, named, fields):
    with pytest.raises(InvalidInput) as refusal:
        create(pools, **fields)
    assert refusal.value.field == named
    assert pools.list(ADMIN, Query()) == []


def test_a_template_may_leave_out_what_the_provisioner_fills_in(shop):
    acme = shop.drivers["acme"]
    shop.drivers["acme"] = replace(acme, schema={**acme.schema, "required": ["host"]})
    assert create(pools_of(shop)).parameters == {}


def test_secrets_are_sealed_kept_and_never_shown(shop, pools):
    made = create(pools, parameters={"host": "h", "token": "tr0ub4dor"})
    assert made.parameters == {"host": "h"}
    pools.update(ADMIN, made.id, UpdateDevicePool(parameters={"host": "i"}))
    with shop.store.read() as work:
        stored = work.device_pools.get(made.id)
    assert stored.parameters == {"host": "i"}
    assert shop.secrets.unseal(stored.sealed) == {"token": "tr0ub4dor"}
    assert "tr0ub4dor" not in repr(stored)


def test_names_are_unique(pools):
    create(pools)
    with pytest.raises(AlreadyExists):
        create(pools)


def test_only_admins_have_to_do_with_pools(pools):
    made = create(pools)
    item = CreateDevicePool(name="mine", driver="acme")
    for attempt in (
        lambda: pools.create(ALICE, [item]),
        lambda: pools.show(ALICE, made.id),
        lambda: pools.list(ALICE, Query()),
        lambda: pools.update(ALICE, made.id, UpdateDevicePool(maximum=1)),
        lambda: pools.delete(ALICE, made.id),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_services_that_found_no_device_are_tried_again(shop, pools):
    waiting = shop.waiting_service(shop.service_type())
    shop.rang()
    made = create(pools)
    assert shop.due_at(waiting) == shop.clock.now()
    assert shop.rang()
    pools.update(ADMIN, made.id, UpdateDevicePool(maximum=20))
    assert shop.rang()


def test_a_change_names_what_it_changes_and_keeps_the_rest(pools):
    made = create(pools, minimum=1, zone="east", labels={"a": "b"}, description="for peaks")
    changed = pools.update(ADMIN, made.id, UpdateDevicePool(maximum=4, zone=None))
    assert (changed.minimum, changed.maximum, changed.zone) == (1, 4, None)
    assert (changed.labels, changed.description) == ({"a": "b"}, "for peaks")
    with pytest.raises(InvalidInput) as refusal:
        pools.update(ADMIN, made.id, UpdateDevicePool(maximum=0))
    assert refusal.value.field == "minimum"


def test_a_maximum_below_what_there_is_is_accepted(shop, pools):
    made = create(pools)
    for name in ("one", "two"):
        add_device(shop, name, status=DeviceStatus.ONLINE)
    changed = pools.update(ADMIN, made.id, UpdateDevicePool(maximum=1))
    assert (changed.maximum, changed.usage.devices) == (1, 2)


def test_a_change_ends_the_pause_after_a_failure(shop, pools):
    made = create(pools)
    with shop.store.write() as work:
        pool = work.device_pools.get(made.id)
        work.device_pools.save(replace(pool, failures=3, grow_after=9e9, status_reason="full"))
        work.commit()
    changed = pools.update(ADMIN, made.id, UpdateDevicePool(description="mended"))
    assert changed.grow_after is None
    assert changed.status_reason == "full", "it is so until a device was made"


def test_the_view_counts_devices_and_services(shop, pools):
    made = create(pools)
    used = add_device(shop, "used", status=DeviceStatus.ONLINE)
    add_device(shop, "idle", status=DeviceStatus.ONLINE)
    add_device(shop, "away", status=DeviceStatus.OFFLINE)
    add_device(shop, "new", status=DeviceStatus.SPAWNING)
    add_device(shop, "gone", status=DeviceStatus.ONLINE, removing=True)
    shop.bind(shop.waiting_service(shop.service_type()), used.id)
    use = pools.show(ADMIN, made.id).usage
    assert (use.devices, use.ready, use.spawning, use.idle, use.services) == (4, 2, 1, 1, 1)


def test_a_pool_in_use_is_not_deleted(shop, pools):
    made = create(pools)
    device = add_device(shop, "used")
    gold = shop.service_type("gold")
    shop.service_types.update(ADMIN, gold, UpdateServiceType(policy=Policy(elastic_pool="burst")))
    with pytest.raises(InUse) as refusal:
        pools.delete(ADMIN, made.id)
    assert refusal.value.users == ("service type gold", "device used")
    shop.service_types.update(ADMIN, gold, UpdateServiceType(policy=Policy()))
    with pytest.raises(InUse):
        pools.delete(ADMIN, made.id)
    with shop.store.write() as work:
        work.devices.save(replace(device, removing=True))
        work.commit()
    pools.delete(ADMIN, made.id)
    with pytest.raises(NotFound):
        pools.show(ADMIN, made.id)


def test_lists_are_selected_and_sorted(pools):
    create(pools, name="a", maximum=3)
    create(pools, name="b", maximum=1)
    create(pools, name="c", maximum=3)
    found = pools.list(
        ADMIN, Query(filters={"maximum": (3,)}, sort=(Sort("name", descending=True),))
    )
    assert [each.name for each in found] == ["c", "a"]
