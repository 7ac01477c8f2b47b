"""A change counts once for each service, however many of its parts it touches."""

from dataclasses import replace

from core.usecases.loadbalancing.changes import Changes
from core.usecases.loadbalancing.types import CreateMember
from tests.core.usecases.loadbalancing.world import ALICE


def test_parts_behind_two_listeners_of_one_service_change_it_once(world):
    vip, other = world.vip(), world.pool()
    with world.store.write() as work:
        balancer = work.load_balancers.get(vip.id)
        second = replace(
            balancer.listeners[0], id="second", protocol_port=81, default_pool_id=other.id
        )
        work.load_balancers.save(replace(balancer, listeners=(*balancer.listeners, second)))
        work.commit()
    made = [
        CreateMember(pool_id=pool_id, address="127.2.0.1", protocol_port=80)
        for pool_id in (vip.pool_id, other.id)
    ]
    world.members.create(ALICE, made)
    assert world.service(vip.id).desired_revision == 2


def test_an_unused_pool_changes_no_service(world):
    pool = world.pool()
    with world.store.write() as work:
        changes = Changes(work, 0.0)
        assert changes.of_pool(pool.id, created=True) is None
        assert changes.services == 0


def test_a_stamp_names_the_revision_that_brings_the_part(world):
    vip = world.vip()
    with world.store.write() as work:
        changes = Changes(work, 5.0)
        first = changes.of_pool(vip.pool_id, created=True)
        again = changes.of_pool(vip.pool_id)
        service = work.services.get(vip.id)
    assert (first.service_id, first.revision, first.created) == (vip.id, 2, True)
    assert (again.revision, again.created) == (2, False)
    assert (service.desired_revision, service.due_at) == (2, 5.0)
