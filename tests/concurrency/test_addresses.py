"""Processes that choose addresses of one subnet without asking each other."""

from collections.abc import Iterator

import pytest

from adapters.network.loopback import LoopbackWirer
from adapters.persistence.sql import SqlStore, open_sql_store
from adapters.system import SystemClock, UuidSource
from core.domain.errors import AddressInUse, AlreadyExists
from core.domain.loadbalancer.model import Protocol
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.loadbalancing.types import CreateVip
from core.usecases.loadbalancing.vip_creation import VipCreation
from tests import builders as a
from tests.servers.fixtures import SERVERS

VIPS = 12
TENANT = Caller(project_id=a.a_pool().project_id, is_admin=False)


@pytest.fixture(params=SERVERS)
def store(request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    store = open_sql_store(request.getfixturevalue(f"{request.param}_url"))
    with store.write() as work:
        work.service_types.add(a.a_service_type(default=True))
        work.networks.add(a.a_network(project_id=TENANT.project_id))
        work.subnets.add(a.a_subnet(project_id=TENANT.project_id))
        work.pools.add(*(a.a_pool(f"pool {n}", id=f"p{n}") for n in range(VIPS)))
        work.commit()
    yield store
    store.close()


def process(store: SqlStore) -> VipCreation:
    clock, ids = SystemClock(), UuidSource()
    return VipCreation(store=store, ipam=LoopbackWirer(store, clock, ids), clock=clock, ids=ids)


def vip(pool: int, address: str | None = None) -> CreateVip:
    return CreateVip(
        subnet_id=a.a_subnet().id,
        protocol=Protocol.HTTP,
        protocol_port=80,
        pool_id=f"p{pool}",
        address=address,
    )


def test_whoever_chose_the_same_address_chooses_another(store: SqlStore) -> None:
    processes = [process(store) for _ in range(3)]
    made = [processes[number % 3](TENANT, [vip(number)])[0] for number in range(VIPS)]
    assert len({each.address for each in made}) == VIPS
    with store.read() as work:
        kept = work.reservations.find(Query())
    assert {(each.owner, each.address) for each in kept} == {
        (each.id, each.address) for each in made
    }


def test_an_address_that_another_process_has_given_is_refused(store: SqlStore) -> None:
    (first,) = process(store)(TENANT, [vip(0)])
    create = process(store)
    with pytest.raises(AddressInUse, match=first.address):
        create(TENANT, [vip(1), vip(2, first.address)])
    with pytest.raises(AlreadyExists, match=first.id):
        create(TENANT, [vip(1), vip(0)])
    with store.read() as work:
        assert [each.owner for each in work.reservations.find(Query())] == [first.id]
        assert work.services.count({}) == 1


def test_no_address_is_given_twice_in_one_request(store: SqlStore) -> None:
    (first,) = process(store)(TENANT, [vip(0)])
    create, free = process(store), first.address[:-1] + "9"
    with pytest.raises(AddressInUse, match=free):
        create(TENANT, [vip(1, free), vip(2, free)])
    made = create(TENANT, [vip(1, free), vip(2)])
    assert made[0].address == free != made[1].address
