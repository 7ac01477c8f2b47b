"""Networks: one's own and shared ones, and gone only when nothing uses them."""

import pytest

from core.domain.errors import Forbidden, InUse, InvalidInput, NotFound
from core.domain.loadbalancer.model import Method, Pool, Protocol
from core.domain.network import Reservation
from core.domain.query import Query, Sort
from core.usecases.caller import Caller
from core.usecases.networks.types import UpdateNetwork, UpdateSubnet

ALICE = Caller("alice", is_admin=False)
BOB = Caller("bob", is_admin=False)
ADMIN = Caller("ops", is_admin=True)


def pool_on(subnet, project_id: str) -> Pool:
    return Pool(
        id="pool",
        project_id=project_id,
        network_id=subnet.network_id,
        subnet_id=subnet.id,
        cidr=subnet.cidr,
        protocol=Protocol.TCP,
        method=Method.SOURCE_IP,
    )


def store_pool(catalogue, pool: Pool) -> None:
    with catalogue.store.write() as work:
        work.pools.add(pool)
        work.commit()


def test_a_network_is_shown_in_neutrons_shape(catalogue):
    network = catalogue.network(name="front", description="clients")
    subnet = catalogue.subnet(network_id=network.id, cidr="10.0.0.0/24")
    shown = catalogue.networks.show(ALICE, network.id)
    assert (shown.name, shown.description, shown.status) == ("front", "clients", "ACTIVE")
    assert (shown.tenant_id, shown.project_id, shown.shared) == ("alice", "alice", False)
    assert (shown.admin_state_up, shown.subnets) == (True, (subnet.id,))


def test_a_network_changes(catalogue):
    network = catalogue.network()
    changed = catalogue.networks.update(
        ALICE, network.id, UpdateNetwork(name="n", admin_state_up=False)
    )
    assert (changed.name, changed.admin_state_up) == ("n", False)
    assert catalogue.networks.show(ALICE, network.id) == changed
    with pytest.raises(InvalidInput):
        catalogue.networks.update(ALICE, network.id, UpdateNetwork(name="a\tb"))


def test_only_admins_share(catalogue):
    with pytest.raises(Forbidden):
        catalogue.network(ALICE, shared=True)
    network = catalogue.network(ALICE)
    with pytest.raises(Forbidden):
        catalogue.networks.update(ALICE, network.id, UpdateNetwork(shared=True))
    assert catalogue.networks.update(ADMIN, network.id, UpdateNetwork(shared=True)).shared


def test_a_shared_network_is_seen_by_all_and_changed_by_its_owner(catalogue):
    shared, hidden = catalogue.network(ADMIN, shared=True), catalogue.network(ADMIN)
    subnet = catalogue.subnet(ADMIN, network_id=shared.id, cidr="10.0.0.0/24")
    assert catalogue.networks.show(BOB, shared.id).subnets == (subnet.id,)
    assert catalogue.subnets.show(BOB, subnet.id) == subnet
    with pytest.raises(NotFound):
        catalogue.networks.show(BOB, hidden.id)
    for attempt in (
        lambda: catalogue.networks.update(BOB, shared.id, UpdateNetwork(name="mine")),
        lambda: catalogue.networks.delete(BOB, shared.id),
        lambda: catalogue.subnets.update(BOB, subnet.id, UpdateSubnet(name="mine")),
        lambda: catalogue.subnets.delete(BOB, subnet.id),
        lambda: catalogue.subnet(BOB, network_id=shared.id, cidr="10.0.1.0/24"),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_lists_hold_own_and_shared_ones_in_one_order(catalogue):
    names = {}
    for number, (caller, shared) in enumerate(
        [(ALICE, False), (BOB, False), (ADMIN, True), (ALICE, False)]
    ):
        network = catalogue.network(caller, name=f"n{number}", shared=shared)
        catalogue.subnet(caller, network_id=network.id, cidr=f"10.{number}.0.0/24")
        names[network.id] = network.name
    down = Query(sort=(Sort("name", descending=True),))
    assert [each.name for each in catalogue.networks.list(ALICE, down)] == ["n3", "n2", "n0"]
    assert [each.name for each in catalogue.networks.list(ADMIN, down)] == ["n3", "n2", "n1", "n0"]
    page = Query(sort=(Sort("name"),), limit=2)
    assert [each.name for each in catalogue.networks.list(ALICE, page)] == ["n0", "n2"]
    seen = catalogue.subnets.list(BOB, Query(sort=(Sort("cidr"),)))
    assert [names[each.network_id] for each in seen] == ["n1", "n2"]
    only = catalogue.subnets.list(ALICE, Query(filters={"ip_version": (4,), "name": ("",)}))
    assert len(only) == 3


def test_a_shared_network_that_others_use_stays_shared(catalogue):
    network = catalogue.network(ADMIN, shared=True)
    subnet = catalogue.subnet(ADMIN, network_id=network.id, cidr="10.0.0.0/24")
    store_pool(catalogue, pool_on(subnet, "bob"))
    with pytest.raises(InUse, match="pool"):
        catalogue.networks.update(ADMIN, network.id, UpdateNetwork(shared=False))
    assert catalogue.networks.update(ADMIN, network.id, UpdateNetwork(name="n")).shared


def test_a_network_goes_with_its_subnets_unless_one_is_in_use(catalogue):
    network = catalogue.network()
    subnet = catalogue.subnet(network_id=network.id, cidr="10.0.0.0/24")
    catalogue.subnet(network_id=network.id, cidr="10.0.1.0/24")
    store_pool(catalogue, pool_on(subnet, "alice"))
    with pytest.raises(InUse) as caught:
        catalogue.networks.delete(ALICE, network.id)
    assert caught.value.code == "NetworkInUse"
    with catalogue.store.write() as work:
        work.pools.remove("pool")
        work.commit()
    catalogue.networks.delete(ALICE, network.id)
    assert catalogue.networks.list(ALICE, Query()) == []
    assert catalogue.subnets.list(ALICE, Query()) == []


def test_a_subnet_with_a_taken_address_stays(catalogue):
    subnet = catalogue.subnet(cidr="10.0.0.0/24")
    with catalogue.store.write() as work:
        work.reservations.add(
            Reservation(
                id="port",
                subnet_id=subnet.id,
                address="10.0.0.9",
                owner="vip",
                reserved_at=0.0,
            )
        )
        work.commit()
    with pytest.raises(InUse) as caught:
        catalogue.subnets.delete(ALICE, subnet.id)
    assert caught.value.code == "SubnetInUse"
    with catalogue.store.write() as work:
        work.reservations.remove("port")
        work.commit()
    catalogue.subnets.delete(ALICE, subnet.id)
    with pytest.raises(NotFound):
        catalogue.subnets.show(ALICE, subnet.id)


def test_an_error_names_the_first_users_only(catalogue):
    subnet = catalogue.subnet(cidr="10.0.0.0/24")
    with catalogue.store.write() as work:
        for number in range(20):
            work.reservations.add(
                Reservation(
                    id=f"port{number}",
                    subnet_id=subnet.id,
                    address=f"10.0.0.{number + 10}",
                    owner=f"vip{number}",
                    reserved_at=0.0,
                )
            )
        work.commit()
    with pytest.raises(InUse, match="10 more"):
        catalogue.subnets.delete(ALICE, subnet.id)
