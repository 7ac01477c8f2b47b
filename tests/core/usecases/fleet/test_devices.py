from dataclasses import replace

import pytest

from core.domain.device import AdminState, DeviceStatus
from core.domain.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    InUse,
    InvalidInput,
    NotFound,
    OverQuota,
    StateInvalid,
)
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.fleet.device_types import CreateDevice, UpdateDevice
from tests.core.usecases.fleet.shop import ADMIN, ALICE, BOB, Shop

LOGIN = {"user": "root", "password": "geheim"}


def register(shop: Shop, caller=ADMIN, **more):
    item = CreateDevice(**{"name": "edge-1", "driver": "acme", **more})
    return shop.devices.create(caller, [item])[0]


def online(shop: Shop, identity: str) -> None:
    """As after the first probe."""
    shop.change_device(identity, status=DeviceStatus.ONLINE, due_at=None)


def test_a_new_device_is_due_for_a_probe_and_the_conductor_is_told(shop):
    view = register(shop)
    assert view.status is DeviceStatus.UNKNOWN
    assert shop.stored_device(view.id).due_at == 1000.0
    assert shop.rang()


def test_several_devices_are_registered_together_or_not_at_all(shop):
    items = [CreateDevice(name=name, driver="acme") for name in ("a", "b", "a")]
    with pytest.raises(AlreadyExists) as caught:
        shop.devices.create(ADMIN, items)
    assert caught.value.code == "DeviceExists"
    assert shop.devices.list(ADMIN, Query()) == []


def test_what_one_tenant_calls_its_device_is_nothing_to_another(shop):
    made = [
        shop.devices.create(caller, [CreateDevice(name="lb1", driver="acme")])[0]
        for caller in (ADMIN, Caller("red", is_admin=False), Caller("blue", is_admin=False))
    ]
    assert len({view.id for view in made}) == 3
    taken = CreateDevice(name="lb1", driver="acme")
    with pytest.raises(AlreadyExists):
        shop.devices.create(Caller("red", is_admin=False), [taken])


def test_the_limits_of_the_driver_and_the_operator_become_the_account(shop):
    view = register(shop, limits={"vips": 2, "vlans:eth1": None})
    service_type = shop.service_type()
    shop.bind(shop.waiting_service(service_type), view.id)
    usage = shop.devices.show(ADMIN, view.id).usage
    assert usage.services == 1
    assert {name: (use.used, use.limit) for name, use in usage.resources.items()} == {
        "vips": (1, 2),
        "vlans:eth0": (1, 4),
        "vlans:eth1": (0, None),
        "sessions": (0, 100),
    }
    assert [(use.network_id, use.services, use.attached) for use in usage.networks] == [
        ("net-1", 1, False)
    ]


def test_a_limit_below_what_is_used_is_accepted_and_told(shop):
    view = register(shop, limits={"vips": 3})
    service_type = shop.service_type()
    for project in ("alice", "bob"):
        shop.bind(shop.waiting_service(service_type, project), view.id)
    assert not shop.devices.show(ADMIN, view.id).usage.resources["vips"].over
    change = UpdateDevice(limits={"vips": 2})
    assert not shop.devices.update(ADMIN, view.id, change).usage.resources["vips"].over
    changed = shop.devices.update(ADMIN, view.id, UpdateDevice(limits={"vips": 1}))
    over = {name: use.over for name, use in changed.usage.resources.items()}
    assert over == {"vips": True, "vlans:eth0": False, "sessions": False}
    with pytest.raises(AssertionError):
        shop.bind(shop.waiting_service(service_type, "carol"), view.id)
    unlimited = shop.devices.update(ADMIN, view.id, UpdateDevice(limits={"vips": None}))
    assert not unlimited.usage.resources["vips"].over


def test_devices_are_numbered_as_they_come(shop):
    first = register(shop, name="a")
    second, third = shop.devices.create(
        ADMIN, [CreateDevice(name=name, driver="acme") for name in "bc"]
    )
    numbers = [shop.stored_device(view.id).number for view in (first, second, third)]
    assert numbers == [1, 2, 3]
    shop.change_device(second.id, number=40)
    assert shop.stored_device(register(shop, name="d").id).number == 41


def test_a_device_says_whether_it_keeps_overlapping_networks_apart(shop):
    view = register(shop)
    assert view.isolates_overlapping is None
    for wanted in (True, False, None):
        change = UpdateDevice(isolates_overlapping=wanted)
        assert shop.devices.update(ADMIN, view.id, change).isolates_overlapping is wanted
    shop.devices.update(ADMIN, view.id, UpdateDevice(isolates_overlapping=True))
    assert shop.devices.update(ADMIN, view.id, UpdateDevice(name="x")).isolates_overlapping is True
    assert register(shop, name="y", isolates_overlapping=False).isolates_overlapping is False


def test_a_tenant_looks_at_what_a_device_pool_made_for_it_and_no_more(shop):
    view = register(shop, project_id="alice")
    shop.change_device(view.id, spawned=True, idle_since=995.0)
    seen = shop.devices.show(ALICE, view.id)
    assert (seen.spawned, seen.idle_since) == (True, 995.0)
    for act in (
        lambda: shop.devices.update(ALICE, view.id, UpdateDevice(limits={"vips": None})),
        lambda: shop.devices.delete(ALICE, view.id),
        lambda: shop.devices.give_up(ALICE, view.id),
    ):
        with pytest.raises(Forbidden, match="by admins only"):
            act()
    shop.devices.update(ADMIN, view.id, UpdateDevice(admin_state=AdminState.DRAINING))
    shop.devices.delete(ADMIN, view.id)


def test_what_a_device_pool_made_for_a_tenant_does_not_count_as_brought_by_it(shop):
    for number in range(3):
        view = register(shop, name=f"spawned-{number}", project_id="alice")
        shop.change_device(view.id, spawned=True)
    for number in range(3):
        register(shop, ALICE, name=f"mine-{number}")
    with pytest.raises(OverQuota):
        register(shop, ALICE, name="one too many")


def test_a_device_that_is_being_made_keeps_its_parameters(shop):
    view = register(shop, parameters={"host": "a"})
    shop.change_device(view.id, spawned=True, status=DeviceStatus.SPAWNING)
    with pytest.raises(StateInvalid, match="SPAWNING"):
        shop.devices.update(ADMIN, view.id, UpdateDevice(parameters={"host": "b"}))
    same = UpdateDevice(parameters={"host": "a"}, zone="east")
    assert shop.devices.update(ADMIN, view.id, same).status is DeviceStatus.SPAWNING


def test_a_device_that_is_given_up_lets_go_of_all_its_services(shop):
    view = register(shop)
    service_type = shop.service_type()
    services = [shop.waiting_service(service_type, project) for project in ("alice", "bob")]
    for service_id in services:
        shop.bind(service_id, view.id)
    shop.devices.give_up(ADMIN, view.id)
    assert [shop.due_at(service_id) for service_id in services] == [1000.0, 1000.0]
    with shop.store.read() as work:
        assert [work.bindings.get(service_id) for service_id in services] == [None, None]
        assert not work.ledger.usage([view.id])[view.id].used.get("vips")


def test_lower_limits_hold_from_the_next_claim_on(shop):
    view = register(shop)
    service_type = shop.service_type()
    shop.devices.update(ADMIN, view.id, UpdateDevice(limits={"vips": 0}))
    with pytest.raises(AssertionError):
        shop.bind(shop.waiting_service(service_type), view.id)


@pytest.mark.parametrize(
    "limits", [{"vip": 3}, {"vips": -1}, {"vlan:eth0": 1}], ids=["unknown", "negative", "typo"]
)
def test_limits_that_mean_nothing_are_refused(shop, limits):
    with pytest.raises(InvalidInput) as caught:
        register(shop, limits=limits)
    assert caught.value.field == f"limits.{next(iter(limits))}"


def test_a_driver_may_define_limits_of_its_own(shop):
    assert register(shop, limits={"sessions": 5}).usage.resources["sessions"].limit == 5


def test_secrets_are_sealed_and_shown_nowhere(shop):
    view = register(shop, parameters={"host": "10.1.1.1", "login": LOGIN, "token": "xyzzy"})
    stored = shop.stored_device(view.id)
    assert view.parameters == {"host": "10.1.1.1", "login": {"user": "root"}}
    assert stored.parameters == view.parameters
    assert shop.secrets.unseal(stored.sealed) == {
        "login": {"password": "geheim"},
        "token": "xyzzy",
    }
    assert "geheim" not in repr((view, stored))


def test_the_commands_do_not_print_secrets():
    item = CreateDevice(name="a", driver="acme", parameters={"login": LOGIN})
    assert "geheim" not in repr((item, UpdateDevice(parameters={"login": LOGIN})))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"hots": "x"}, "parameters.hots"),
        ({"host": 7}, "parameters.host"),
        ({"login": {"user": "root"}}, "parameters.login.password"),
        ({"login": {"user": "root", "password": "abc"}}, "parameters.login.password"),
        ({"login": "geheim"}, "parameters.login"),
    ],
)
def test_parameters_are_checked_against_the_drivers_schema(shop, parameters, field):
    with pytest.raises(InvalidInput) as caught:
        register(shop, parameters=parameters)
    assert caught.value.field == field
    assert "abc" not in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert shop.devices.list(ADMIN, Query()) == []


def test_an_unknown_driver_is_named(shop):
    with pytest.raises(InvalidInput, match="no driver nginx"):
        register(shop, driver="nginx")


def test_new_parameters_replace_the_public_ones_and_keep_secrets_not_named(shop):
    view = register(shop, parameters={"host": "10.1.1.1", "login": LOGIN, "token": "xyzzy"})
    online(shop, view.id)
    shop.clock.advance(5)
    changed = shop.devices.update(
        ADMIN, view.id, UpdateDevice(parameters={"login": {"user": "oper"}, "token": "plugh"})
    )
    stored = shop.stored_device(view.id)
    assert changed.parameters == {"login": {"user": "oper"}}
    assert shop.secrets.unseal(stored.sealed) == {
        "login": {"password": "geheim"},
        "token": "plugh",
    }
    assert stored.status is DeviceStatus.UNKNOWN
    assert stored.due_at == 1005.0
    assert stored.generation == 2


def test_a_secret_that_is_null_is_removed(shop):
    view = register(shop, parameters={"token": "xyzzy"})
    shop.devices.update(ADMIN, view.id, UpdateDevice(parameters={"token": None}))
    assert shop.stored_device(view.id).sealed is None


def test_the_same_parameters_again_change_nothing(shop):
    view = register(shop, parameters={"host": "10.1.1.1", "token": "xyzzy"})
    online(shop, view.id)
    shop.devices.update(ADMIN, view.id, UpdateDevice(parameters={"host": "10.1.1.1"}))
    stored = shop.stored_device(view.id)
    assert stored.status is DeviceStatus.ONLINE
    assert stored.generation == 1


def test_secrets_sealed_with_a_lost_key_must_be_named_again(shop):
    view = register(shop, parameters={"host": "a", "login": LOGIN})
    with shop.store.write() as work:
        work.devices.save(replace(work.devices.get(view.id), sealed="from elsewhere"))
        work.commit()
    with pytest.raises(Conflict, match="name all of them again"):
        shop.devices.update(ADMIN, view.id, UpdateDevice(parameters={"host": "b"}))
    shop.devices.update(ADMIN, view.id, UpdateDevice(parameters={"login": LOGIN}))
    assert shop.secrets.unseal(shop.stored_device(view.id).sealed) == {
        "login": {"password": "geheim"}
    }


@pytest.mark.parametrize(
    "change",
    [
        UpdateDevice(limits={"vips": 50}),
        UpdateDevice(admin_state=AdminState.DRAINING),
        UpdateDevice(zone="north"),
        UpdateDevice(device_pool="cluster"),
        UpdateDevice(project_id="alice"),
    ],
)
def test_a_change_of_the_fleet_wakes_services_that_found_no_place(shop, change):
    view = register(shop, zone="south")
    service_id = shop.waiting_service(shop.service_type())
    assert shop.due_at(service_id) == 9999.0
    shop.rang()
    shop.devices.update(ADMIN, view.id, change)
    assert shop.due_at(service_id) == 1000.0
    assert shop.rang()


def test_an_update_touches_only_what_it_names(shop):
    view = register(shop, zone="south", labels={"rack": "7"}, device_pool="cluster")
    changed = shop.devices.update(ADMIN, view.id, UpdateDevice(zone=None, name="edge-2"))
    assert changed == replace(view, zone=None, name="edge-2")


def test_a_device_with_services_is_not_removed(shop):
    view = register(shop)
    service_id = shop.waiting_service(shop.service_type())
    shop.bind(service_id, view.id)
    with pytest.raises(InUse) as caught:
        shop.devices.delete(ADMIN, view.id)
    assert caught.value.users == (service_id,)
    assert caught.value.code == "DeviceInUse"
    assert not shop.stored_device(view.id).removing


def test_a_removed_device_is_due_and_hidden_and_can_be_removed_again(shop):
    view = register(shop)
    online(shop, view.id)
    shop.rang()
    shop.devices.delete(ADMIN, view.id)
    stored = shop.stored_device(view.id)
    assert stored.removing
    assert stored.due_at == 1000.0
    assert shop.rang()
    assert shop.devices.list(ADMIN, Query()) == []
    with pytest.raises(NotFound):
        shop.devices.show(ADMIN, view.id)
    with pytest.raises(NotFound):
        shop.devices.update(ADMIN, view.id, UpdateDevice(name="x"))
    shop.devices.delete(ADMIN, view.id)


def test_a_device_of_a_driver_that_is_gone_is_still_listed(shop):
    view = register(shop)
    del shop.drivers["acme"]
    assert [device.id for device in shop.devices.list(ADMIN, Query())] == [view.id]
    shop.devices.update(ADMIN, view.id, UpdateDevice(admin_state=AdminState.DISABLED))


def test_a_tenants_device_is_its_own_and_others_do_not_know_of_it(shop):
    shared = register(shop, name="shared")
    mine = register(shop, ALICE, name="mine")
    assert mine.project_id == mine.tenant_id == "alice"
    assert [device.id for device in shop.devices.list(ALICE, Query())] == [mine.id]
    assert shop.devices.list(BOB, Query()) == []
    assert len(shop.devices.list(ADMIN, Query())) == 2
    for caller, identity in ((BOB, mine.id), (ALICE, shared.id)):
        with pytest.raises(NotFound):
            shop.devices.show(caller, identity)
        with pytest.raises(NotFound):
            shop.devices.update(caller, identity, UpdateDevice(name="x"))
        with pytest.raises(NotFound):
            shop.devices.delete(caller, identity)
    shop.devices.delete(ALICE, mine.id)


def test_a_tenant_can_neither_give_a_device_away_nor_share_it(shop):
    with pytest.raises(InvalidInput):
        register(shop, ALICE, project_id="bob")
    mine = register(shop, ALICE)
    with pytest.raises(InvalidInput):
        shop.devices.update(ALICE, mine.id, UpdateDevice(project_id="bob"))
    unshared = shop.devices.update(ALICE, mine.id, UpdateDevice(project_id=None))
    assert unshared.project_id == "alice"


def test_a_tenant_sees_no_others_by_filtering(shop):
    register(shop, name="shared")
    register(shop, BOB, name="bobs")
    for project in ("bob", None):
        query = Query(filters={"project_id": (project,)})
        assert shop.devices.list(ALICE, query) == []
    assert len(shop.devices.list(ADMIN, Query(filters={"tenant_id": ("bob", None)}))) == 2


def test_only_an_admin_sets_what_the_schema_reserves(shop):
    with pytest.raises(InvalidInput) as caught:
        register(shop, ALICE, parameters={"binary": "/bin/sh"})
    assert caught.value.field == "parameters.binary"
    mine = register(shop, ALICE, parameters={"host": "a"})
    shop.devices.update(ADMIN, mine.id, UpdateDevice(parameters={"binary": "/opt/lb"}))
    kept = shop.devices.update(ALICE, mine.id, UpdateDevice(parameters={"host": "b"}))
    assert kept.parameters == {"host": "b", "binary": "/opt/lb"}
    with pytest.raises(InvalidInput):
        shop.devices.update(ALICE, mine.id, UpdateDevice(parameters={"binary": "/bin/sh"}))


def test_a_device_with_services_of_others_does_not_become_private(shop):
    view = register(shop)
    shop.bind(shop.waiting_service(shop.service_type(), "bob"), view.id)
    with pytest.raises(Conflict, match="bob"):
        shop.devices.update(ADMIN, view.id, UpdateDevice(project_id="alice"))
    assert shop.devices.update(ADMIN, view.id, UpdateDevice(project_id="bob")).project_id == "bob"


def test_a_tenant_has_at_most_so_many_devices_of_its_own(shop):
    mine = [register(shop, ALICE, name=f"mine-{number}") for number in range(2)]
    two = [CreateDevice(name=name, driver="acme") for name in ("a", "b")]
    with pytest.raises(OverQuota, match="project alice may have 3"):
        shop.devices.create(ALICE, two)
    assert len(shop.devices.list(ALICE, Query())) == 2
    register(shop, ALICE, name="mine-2")
    shop.devices.delete(ALICE, mine[0].id)
    with pytest.raises(OverQuota):
        register(shop, ALICE, name="before the first is gone")
    register(shop, BOB, name="another tenant's")
    register(shop, ADMIN, name="an admin's gift", project_id="alice")
