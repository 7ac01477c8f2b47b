import math
from dataclasses import replace

import pytest

from core.domain.errors import AlreadyExists, Forbidden, InUse, InvalidInput, NotFound
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import Apart, Choice, Grouping, Policy, Preference, Strategy
from core.usecases.fleet.service_types import CreateServiceType, UpdateServiceType
from tests.core.usecases.fleet.shop import ACME, ADMIN, ALICE

OVER = "policy.oversubscription.throughput"


def policy(**fields):
    return {"policy": Policy(**fields)}


def create(shop, **more):
    item = CreateServiceType(**{"name": "gold", "drivers": ("acme",), **more})
    return shop.service_types.create(ADMIN, [item])[0]


def defaults(shop):
    found = shop.service_types.list(ADMIN, Query(filters={"default": (True,)}))
    return {(item.kind, item.name) for item in found}


def test_names_are_unique(shop):
    create(shop)
    with pytest.raises(AlreadyExists) as caught:
        create(shop)
    assert caught.value.code == "ServiceTypeExists"


def test_one_type_of_each_kind_is_the_default(shop):
    create(shop, name="gold", default=True)
    create(shop, name="wall", kind=ServiceKind.FIREWALL, drivers=("wall",), default=True)
    silver = create(shop, name="silver", default=True)
    assert defaults(shop) == {("loadbalancer", "silver"), ("firewall", "wall")}
    gold = shop.service_types.list(ADMIN, Query(filters={"name": ("gold",)}))[0]
    shop.service_types.update(ADMIN, gold.id, UpdateServiceType(default=True))
    assert defaults(shop) == {("loadbalancer", "gold"), ("firewall", "wall")}
    assert not shop.service_types.show(ADMIN, silver.id).default


def test_the_last_default_of_a_bulk_request_stays(shop):
    items = [CreateServiceType(name=name, drivers=("acme",), default=True) for name in "ab"]
    views = shop.service_types.create(ADMIN, items)
    assert [view.default for view in views] == [False, True]
    assert defaults(shop) == {("loadbalancer", "b")}


def test_a_refused_default_leaves_the_old_one(shop):
    create(shop, name="gold", default=True)
    create(shop, name="silver")
    with pytest.raises(AlreadyExists):
        create(shop, name="silver", default=True)
    assert defaults(shop) == {("loadbalancer", "gold")}


@pytest.mark.parametrize(
    ("wrong", "field", "named"),
    [
        ({"drivers": ()}, "drivers", "at least one"),
        ({"drivers": ("acme", "nginx")}, "drivers", "nginx"),
        ({"drivers": ("wall",)}, "drivers", "wall does not provide loadbalancer"),
        ({"drivers": ("acme", "acme")}, "drivers", "twice"),
        (policy(weights={"luck": 1}), "policy.weights.luck", "there are least_loaded, wired"),
        (policy(weights={"wired": -1}), "policy.weights.wired", "from 0"),
        (policy(weights={"wired": math.nan}), "policy.weights.wired", "from 0"),
        (policy(weights={"wired": math.inf}), "policy.weights.wired", "from 0"),
        (policy(demand={"connections": -1}), "policy.demand.connections", "negative"),
        (policy(demand={"vips": 1}), "policy.demand.vips", "every service"),
        (policy(demand={"vlans:eth0": 1}), "policy.demand.vlans:eth0", "every service"),
        (
            policy(demand={"wings": 2}),
            "policy.demand.wings",
            "none .* has such a limit; there are connections, sessions, throughput, vips",
        ),
        (policy(oversubscription={"wings": 2.0}), "policy.oversubscription.wings", "none"),
        (policy(oversubscription={"throughput": 0.99}), OVER, "from 1.0 to 100"),
        (policy(oversubscription={"throughput": 100.01}), OVER, "from 1.0 to 100"),
        (policy(oversubscription={"throughput": math.nan}), OVER, "from 1.0"),
        (policy(oversubscription={"throughput": 1.005}), OVER, "hundredths"),
        (
            policy(oversubscription={"vlans:eth0": 2.0}),
            "policy.oversubscription.vlans:eth0",
            "VLAN",
        ),
        (policy(apart=Apart(devices=0)), "policy.apart.devices", "at least 1"),
        (policy(dedicated=True, grouping=Grouping.APART), "policy.grouping", "dedicated"),
        (policy(elastic_pool="none"), "policy.elastic_pool", "no device pool none"),
        (policy(elastic_pool="walls"), "policy.elastic_pool", "wall, which is not among"),
        (policy(elastic_pool="edge", dedicated=True), "policy.elastic_pool", "private"),
        (policy(elastic_pool="edge", zone="west"), "policy.elastic_pool", "zone east"),
        (policy(elastic_pool="edge", device_pool="x"), "policy.elastic_pool", "device pool x"),
    ],
)
def test_what_placement_could_not_use_is_refused(shop, wrong, field, named):
    shop.device_pool("edge", zone="east")
    shop.device_pool("walls", driver="wall")
    with pytest.raises(InvalidInput, match=named) as caught:
        create(shop, **wrong)
    assert caught.value.field == field
    assert shop.service_types.list(ADMIN, Query()) == []
    good = create(shop, name="good")
    with pytest.raises(InvalidInput):
        shop.service_types.update(ADMIN, good.id, UpdateServiceType(**wrong))
    assert shop.service_types.show(ADMIN, good.id) == good


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": Choice.DRIVER, "strategy": Strategy.PACK, "prefer": Preference.PHYSICAL},
        {"grouping": Grouping.APART, "apart": Apart(devices=1, seed=9)},
        {"demand": {"sessions": 0, "throughput": 7}, "weights": {"wired": 0.0}},
        {"oversubscription": {"throughput": 1.0, "sessions": 2.3, "vips": 1.1, "connections": 100}},
        {"oversubscription": {"throughput": 1.15}},
        {"elastic_pool": "edge", "zone": "east", "device_pool": "edge"},
        {"elastic_pool": "own", "dedicated": True},
    ],
)
def test_what_makes_sense_is_kept_whole(shop, fields):
    shop.device_pool("edge", zone="east")
    shop.device_pool("own", private=True)
    made = create(shop, **policy(**fields))
    assert shop.service_types.show(ADMIN, made.id).policy == Policy(**fields)


def test_a_policy_is_judged_by_the_drivers_that_the_type_has_after_the_change(shop):
    made = create(shop, **policy(demand={"sessions": 5}))
    shop.drivers["plain"] = replace(ACME, name="plain", limits={"vips": 1, "vlans:eth0": 1})
    with pytest.raises(InvalidInput) as caught:
        shop.service_types.update(ADMIN, made.id, UpdateServiceType(drivers=("plain",)))
    assert caught.value.field == "policy.demand.sessions"
    both = UpdateServiceType(drivers=("plain",), policy=Policy())
    assert shop.service_types.update(ADMIN, made.id, both).drivers == ("plain",)


def test_a_type_can_be_renamed_though_its_pool_went(shop):
    shop.device_pool("edge")
    made = create(shop, **policy(elastic_pool="edge"))
    with shop.store.write() as work:
        work.device_pools.remove("pool-edge")
        work.commit()
    change = UpdateServiceType(name="silver", policy=made.policy)
    assert shop.service_types.update(ADMIN, made.id, change).name == "silver"


def test_a_policy_is_replaced_whole(shop):
    made = create(shop, **policy(zone="north", weights={"wired": 2.0}))
    kept = shop.service_types.update(ADMIN, made.id, UpdateServiceType(description="x"))
    assert kept.policy == made.policy
    bare = shop.service_types.update(ADMIN, made.id, UpdateServiceType(policy=Policy()))
    assert bare.policy == Policy()


def test_a_type_in_use_stays(shop):
    service_type = create(shop)
    service_id = shop.waiting_service(service_type.id)
    with pytest.raises(InUse) as caught:
        shop.service_types.delete(ADMIN, service_type.id)
    assert caught.value.code == "ServiceTypeInUse"
    assert caught.value.users == (service_id,)


def test_a_type_that_nothing_uses_goes(shop):
    service_type = create(shop)
    shop.service_types.delete(ADMIN, service_type.id)
    for act in (shop.service_types.show, shop.service_types.delete):
        with pytest.raises(NotFound):
            act(ADMIN, service_type.id)


def test_a_change_wakes_services_that_found_no_place(shop):
    service_type = create(shop)
    service_id = shop.waiting_service(service_type.id)
    shop.rang()
    wanted = Policy(weights={"wired": 2.0}, zone="north")
    changed = shop.service_types.update(ADMIN, service_type.id, UpdateServiceType(policy=wanted))
    assert changed.policy == wanted
    assert changed.name == "gold"
    assert shop.due_at(service_id) == 1000.0
    assert shop.rang()


def test_tenants_look_and_do_not_touch(shop):
    service_type = create(shop)
    assert shop.service_types.show(ALICE, service_type.id) == service_type
    assert shop.service_types.list(ALICE, Query()) == [service_type]
    with pytest.raises(Forbidden):
        shop.service_types.create(ALICE, [CreateServiceType(name="x", drivers=("acme",))])
    with pytest.raises(Forbidden):
        shop.service_types.update(ALICE, service_type.id, UpdateServiceType(name="x"))
    with pytest.raises(Forbidden):
        shop.service_types.delete(ALICE, service_type.id)
