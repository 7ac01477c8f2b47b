"""Members: unique in their pool, deployed with its VIP, and as healthy as was measured."""

import pytest

from core.domain.errors import AlreadyExists, InvalidInput, NotFound
from core.domain.lifecycle import Status
from core.domain.query import Query
from core.usecases.loadbalancing.types import CreateMember, UpdateMember
from tests.core.usecases.loadbalancing.world import ADMIN, ALICE, BOB


def test_a_member_of_an_unused_pool_is_active_at_once(world):
    member = world.member(world.pool().id)
    assert (member.status, member.weight, member.admin_state_up) == (Status.ACTIVE, 1, True)
    assert not world.rang()


def test_a_member_of_a_used_pool_is_pending_until_deployed(world):
    vip = world.vip()
    world.deploy(vip.id)
    world.rang()
    member = world.member(vip.pool_id)
    assert (member.status, world.rang()) == (Status.PENDING_CREATE, True)
    assert world.pools.show(ALICE, vip.pool_id).members == (member.id,)
    world.deploy(vip.id)
    assert world.members.show(ALICE, member.id).status is Status.ACTIVE
    changed = world.members.update(ALICE, member.id, UpdateMember(weight=0))
    assert (changed.weight, changed.status) == (0, Status.PENDING_UPDATE)
    world.fail(vip.id, "device refused")
    shown = world.members.show(ALICE, member.id)
    assert shown.status is Status.ERROR
    assert shown.status_description.startswith("device refused; tried again at ")


def test_bulk_creation_changes_the_vip_once_and_is_all_or_nothing(world):
    vip = world.vip()
    many = [
        CreateMember(pool_id=vip.pool_id, address=f"127.2.0.{n}", protocol_port=80)
        for n in range(1, 6)
    ]
    assert len(world.members.create(ALICE, many)) == 5
    assert world.service(vip.id).desired_revision == 2
    extra = CreateMember(pool_id=vip.pool_id, address="127.2.0.99", protocol_port=80)
    with pytest.raises(AlreadyExists):
        world.members.create(ALICE, [extra, many[0]])
    assert world.service(vip.id).desired_revision == 2
    assert len(world.members.list(ALICE, Query())) == 5


def test_address_and_port_are_unique_in_a_pool(world):
    one, two = world.pool(), world.pool()
    world.member(one.id, address="::1", protocol_port=80)
    with pytest.raises(AlreadyExists) as caught:
        world.member(one.id, address="0:0:0:0:0:0:0:1", protocol_port=80)
    assert caught.value.code == "MemberExists"
    world.member(one.id, address="::1", protocol_port=81)
    moved = world.member(two.id, address="::1", protocol_port=80)
    with pytest.raises(AlreadyExists):
        world.members.update(ALICE, moved.id, UpdateMember(pool_id=one.id))
    assert world.members.show(ALICE, moved.id).pool_id == two.id


def test_moving_a_member_changes_both_vips(world):
    one, two = world.vip(), world.vip()
    member = world.member(one.pool_id)
    before = [world.service(vip.id).desired_revision for vip in (one, two)]
    moved = world.members.update(ALICE, member.id, UpdateMember(pool_id=two.pool_id))
    after = [world.service(vip.id).desired_revision for vip in (one, two)]
    assert moved.pool_id == two.pool_id
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1]


def test_an_update_that_changes_nothing_is_no_revision(world):
    vip = world.vip()
    member = world.member(vip.pool_id)
    world.rang()
    world.members.update(ALICE, member.id, UpdateMember(weight=1, pool_id=vip.pool_id))
    assert (world.service(vip.id).desired_revision, world.rang()) == (2, False)


def test_deleting_a_member_changes_the_vip(world):
    vip = world.vip()
    member = world.member(vip.pool_id)
    world.rang()
    world.members.delete(ALICE, member.id)
    assert (world.service(vip.id).desired_revision, world.rang()) == (3, True)
    with pytest.raises(NotFound):
        world.members.delete(ALICE, member.id)


def test_a_failed_check_makes_a_deployed_member_inactive(world):
    vip = world.vip()
    up, down = world.member(vip.pool_id), world.member(vip.pool_id, protocol_port=81)
    world.deploy(vip.id)
    world.observe(
        vip.id,
        {
            "members": {
                up.id: {"up": True, "description": ""},
                down.id: {"up": False, "description": "Layer4 connection refused"},
            },
            "pools": {},
        },
    )
    assert world.members.show(ALICE, up.id).status is Status.ACTIVE
    shown = world.members.show(ALICE, down.id)
    assert (shown.status, shown.status_description) == (
        Status.INACTIVE,
        "Layer4 connection refused",
    )
    inactive = world.members.list(ALICE, Query(filters={"status": (Status.INACTIVE,)}))
    assert [each.id for each in inactive] == [down.id]
    changed = world.members.update(ALICE, down.id, UpdateMember(weight=9))
    assert changed.status is Status.PENDING_UPDATE


@pytest.mark.parametrize(
    "change",
    [
        {"address": "web1"},
        {"address": "127.0.0.1\n"},
        {"address": "fe80::1%eth0"},
        {"protocol_port": 0},
        {"protocol_port": 65536},
        {"weight": -1},
        {"weight": 257},
    ],
)
def test_bad_values_are_refused(world, change):
    with pytest.raises(InvalidInput):
        world.member(world.pool().id, **change)
    assert world.members.list(ALICE, Query()) == []


def test_what_the_network_side_cannot_reach_is_refused(catalogue):
    pool = catalogue.pool(subnet_id=catalogue.subnet_id)
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.0/8"):
        catalogue.member(pool.id, address="10.0.0.1")
    member = catalogue.member(pool.id, address="127.0.0.1")
    elsewhere = catalogue.pool(subnet_id=catalogue.subnet_id)
    moved = catalogue.members.update(ALICE, member.id, UpdateMember(pool_id=elsewhere.id))
    assert moved.pool_id == elsewhere.id


def test_others_pools_and_members_do_not_exist(world):
    mine, bobs = world.member(world.pool().id), world.pool(BOB)
    for attempt in (
        lambda: world.member(bobs.id),
        lambda: world.members.update(ALICE, mine.id, UpdateMember(pool_id=bobs.id)),
        lambda: world.members.show(BOB, mine.id),
        lambda: world.members.update(BOB, mine.id, UpdateMember(weight=2)),
        lambda: world.members.delete(BOB, mine.id),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(InvalidInput, match="another project"):
        world.members.update(ADMIN, mine.id, UpdateMember(pool_id=bobs.id))
