import pytest

from core.domain.errors import AlreadyExists, Forbidden, InUse, InvalidInput, NotFound
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import Policy
from core.usecases.fleet.service_types import CreateServiceType, UpdateServiceType
from tests.core.usecases.fleet.shop import ADMIN, ALICE


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
        ({"policy": Policy(weights={"luck": 1})}, "policy.weights.luck", "wired"),
        ({"policy": Policy(weights={"wired": -1})}, "policy.weights.wired", "from 0"),
        ({"policy": Policy(weights={"wired": float("nan")})}, "policy.weights.wired", "from 0"),
        ({"policy": Policy(demand={"connections": -1})}, "policy.demand.connections", "negative"),
        ({"policy": Policy(demand={"vips": 1})}, "policy.demand.vips", "every service"),
    ],
)
def test_what_placement_could_not_use_is_refused(shop, wrong, field, named):
    with pytest.raises(InvalidInput, match=named) as caught:
        create(shop, **wrong)
    assert caught.value.field == field
    assert shop.service_types.list(ADMIN, Query()) == []
    good = create(shop, name="good")
    with pytest.raises(InvalidInput):
        shop.service_types.update(ADMIN, good.id, UpdateServiceType(**wrong))
    assert shop.service_types.show(ADMIN, good.id) == good


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
    policy = Policy(weights={"wired": 2.0}, zone="north")
    changed = shop.service_types.update(ADMIN, service_type.id, UpdateServiceType(policy=policy))
    assert changed.policy == policy
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
