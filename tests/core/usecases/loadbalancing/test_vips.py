"""VIPs: accepted, stored at once, deployed later, and never half made."""

import pytest

from core.domain.errors import (
    AddressInUse,
    AlreadyExists,
    InvalidInput,
    NotFound,
    ProtocolMismatch,
    StateInvalid,
)
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import PersistenceType, Protocol, SessionPersistence
from core.domain.query import Query
from core.usecases.loadbalancing.addresses import ReleaseOrphanAddresses
from core.usecases.loadbalancing.types import CreateVip, UpdateVip
from tests.core.usecases.loadbalancing.world import ADMIN, ALICE, BOB


def wanted(pool_id: str, **changes: object) -> CreateVip:
    common = {"subnet_id": "front", "protocol": Protocol.HTTP, "protocol_port": 80}
    return CreateVip(**common | {"pool_id": pool_id} | changes)


def test_a_new_vip_is_pending_due_and_has_an_address(world):
    world.clock.set(1000.0)
    pool = world.pool()
    vip = world.vip(pool_id=pool.id, name="web")
    assert (vip.status, vip.address, vip.name) == (Status.PENDING_CREATE, "127.1.0.1", "web")
    assert vip.session_persistence == {}
    assert vip.connection_limit == -1
    assert vip.tenant_id == vip.project_id == "alice"
    service = world.service(vip.id)
    assert (service.desired_revision, service.due_at) == (1, 1000.0)
    assert world.rang()
    (reservation,) = world.wirer.reservations()
    assert (reservation.owner, reservation.id) == (vip.id, vip.port_id)
    assert world.pools.show(ALICE, pool.id).vip_id == vip.id
    assert world.pools.show(ALICE, pool.id).status is Status.PENDING_UPDATE


def test_a_deployed_vip_and_its_pool_are_active(world):
    vip = world.vip()
    world.deploy(vip.id)
    assert world.vips.show(ALICE, vip.id).status is Status.ACTIVE
    assert world.pools.show(ALICE, vip.pool_id).status is Status.ACTIVE


def test_a_failed_vip_tells_why_and_so_does_its_pool(world):
    vip = world.vip()
    world.clock.set(3600.0)
    world.fail(vip.id, "no device fits")
    told = "no device fits; tried again at 01:01:00Z"
    shown = world.vips.show(ALICE, vip.id)
    assert (shown.status, shown.status_description) == (Status.ERROR, told)
    pool = world.pools.show(ALICE, vip.pool_id)
    assert (pool.status, pool.status_description) == (Status.ERROR, told)
    assert world.service(vip.id).status_description == "no device fits"


@pytest.mark.parametrize(("name", "identity"), [(None, "t-gold"), ("low", "t-low")])
def test_the_service_type_is_found_by_name_or_by_default(world, name, identity):
    assert world.vip(service_type=name).service_type == identity


def test_the_service_type_is_found_by_id(world):
    assert world.vip(service_type="t-low").service_type == "t-low"


@pytest.mark.parametrize("name", ["nope", "wall", "t-fw"])
def test_a_type_that_is_unknown_or_of_another_kind_is_not_found(world, name):
    with pytest.raises(NotFound) as caught:
        world.vip(service_type=name)
    assert caught.value.code == "ServiceTypeNotFound"
    assert world.wirer.reservations() == ()
    assert world.vips.list(ALICE, Query()) == []


def test_without_a_default_type_a_vip_must_name_one(world):
    with world.store.write() as work:
        work.service_types.remove("t-gold")
        work.commit()
    with pytest.raises(NotFound):
        world.vip()


def test_a_pool_serves_one_vip(world):
    first = world.vip()
    world.rang()
    with pytest.raises(AlreadyExists) as caught:
        world.vip(pool_id=first.pool_id)
    assert caught.value.code == "VipExists"
    assert first.id in str(caught.value)
    assert len(world.wirer.reservations()) == 1
    assert not world.rang()


def test_bulk_creation_is_all_or_nothing(world):
    pool = world.pool()
    with pytest.raises(AlreadyExists):
        world.vips.create(ALICE, [wanted(pool.id), wanted(pool.id)])
    assert world.wirer.reservations() == ()
    assert world.vips.list(ALICE, Query()) == []
    assert world.pools.show(ALICE, pool.id).status is Status.ACTIVE
    made = world.vips.create(ALICE, [wanted(pool.id), wanted(world.pool().id)])
    assert len({vip.address for vip in made}) == 2


def test_a_commit_that_fails_gives_the_address_back(world, monkeypatch):
    pool = world.pool()
    begin = world.store.write

    def failing(**sort):
        work = begin(**sort)
        monkeypatch.setattr(work, "commit", lambda: (_ for _ in ()).throw(OSError("disk full")))
        return work

    monkeypatch.setattr(world.store, "write", failing)
    with pytest.raises(OSError, match="disk full"):
        world.vip(pool_id=pool.id)
    assert world.wirer.reservations() == ()


def test_a_commit_that_only_seemed_to_fail_keeps_the_address(world, monkeypatch):
    pool = world.pool()
    begin = world.store.write

    def lying(**sort):
        work = begin(**sort)
        commit = work.commit

        def commit_and_raise():
            commit()
            raise OSError("connection lost")

        monkeypatch.setattr(work, "commit", commit_and_raise)
        return work

    monkeypatch.setattr(world.store, "write", lying)
    with pytest.raises(OSError, match="connection lost"):
        world.vip(pool_id=pool.id)
    (vip,) = world.vips.list(ALICE, Query())
    assert [each.owner for each in world.wirer.reservations()] == [vip.id]


def test_an_address_that_is_taken_or_outside_is_refused(world):
    world.vip(address="127.1.0.9")
    with pytest.raises(AddressInUse):
        world.vip(address="127.1.0.9")
    with pytest.raises(InvalidInput, match="address"):
        world.vip(address="127.9.0.9")
    with pytest.raises(InvalidInput, match="address"):
        world.vip(address="localhost")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a\nb"},
        {"description": "nul\0"},
        {"name": "\ud800"},
        {"protocol_port": 0},
        {"connection_limit": 0},
        {"connection_limit": -2},
        {"session_persistence": SessionPersistence(PersistenceType.APP_COOKIE)},
        {"session_persistence": SessionPersistence(PersistenceType.APP_COOKIE, "a b")},
        {"session_persistence": SessionPersistence(PersistenceType.HTTP_COOKIE, "x")},
    ],
)
def test_bad_values_are_refused_and_nothing_is_stored(world, change):
    with pytest.raises(InvalidInput):
        world.vip(**change)
    assert world.wirer.reservations() == ()
    assert world.vips.list(ALICE, Query()) == []


def test_cookies_need_http(world):
    pool = world.pool(protocol=Protocol.TCP)
    with pytest.raises(InvalidInput, match="session_persistence"):
        world.vip(
            pool_id=pool.id,
            protocol=Protocol.TCP,
            session_persistence=SessionPersistence(PersistenceType.HTTP_COOKIE),
        )


def test_vip_and_pool_speak_the_same_protocol(world):
    with pytest.raises(ProtocolMismatch):
        world.vip(pool_id=world.pool(protocol=Protocol.TCP).id)


def test_what_belongs_to_others_does_not_exist(world):
    bobs = world.vip(BOB)
    for attempt in (
        lambda: world.vips.show(ALICE, bobs.id),
        lambda: world.vips.update(ALICE, bobs.id, UpdateVip(name="mine")),
        lambda: world.vips.delete(ALICE, bobs.id),
        lambda: world.vip(ALICE, pool_id=world.pool(BOB).id),
        lambda: world.vip(ALICE, subnet_id="bobs", pool_id=world.pool().id),
        lambda: world.vip(ALICE, subnet_id="none", pool_id=world.pool().id),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert world.vips.list(ALICE, Query()) == []
    assert world.vips.list(ALICE, Query(filters={"tenant_id": ("bob",)})) == []
    assert [each.id for each in world.vips.list(ADMIN, Query())] == [bobs.id]


def test_only_admins_name_a_project_and_pool_and_vip_share_it(world):
    pool = world.pool(ALICE)
    with pytest.raises(InvalidInput, match="tenant_id"):
        world.vip(ALICE, tenant_id="bob")
    with pytest.raises(InvalidInput, match="pool_id"):
        world.vip(ADMIN, pool_id=pool.id)
    assert world.vip(ADMIN, pool_id=pool.id, tenant_id="alice").project_id == "alice"


def test_a_new_name_is_no_new_revision(world):
    vip = world.vip()
    world.deploy(vip.id)
    world.rang()
    changed = world.vips.update(ALICE, vip.id, UpdateVip(name="new", description="text"))
    assert (changed.name, changed.description, changed.status) == ("new", "text", Status.ACTIVE)
    assert not world.rang()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (UpdateVip(admin_state_up=False), "admin_state_up", False),
        (UpdateVip(connection_limit=7), "connection_limit", 7),
        (
            UpdateVip(session_persistence=SessionPersistence(PersistenceType.APP_COOKIE, "sid")),
            "session_persistence",
            {"type": "APP_COOKIE", "cookie_name": "sid"},
        ),
    ],
)
def test_every_other_change_is_a_new_revision(world, change, field, value):
    vip = world.vip()
    world.deploy(vip.id)
    world.rang()
    changed = world.vips.update(ALICE, vip.id, change)
    assert getattr(changed, field) == value
    assert changed.status is Status.PENDING_UPDATE
    assert world.service(vip.id).desired_revision == 2
    assert world.rang()


def test_persistence_and_limit_can_be_taken_away(world):
    vip = world.vip(
        connection_limit=5, session_persistence=SessionPersistence(PersistenceType.SOURCE_IP)
    )
    assert vip.session_persistence == {"type": "SOURCE_IP"}
    vip = world.vips.update(ALICE, vip.id, UpdateVip(session_persistence=None, connection_limit=-1))
    assert (vip.session_persistence, vip.connection_limit) == ({}, -1)


def test_a_change_is_accepted_while_pending_and_in_error(world):
    vip = world.vip()
    world.vips.update(ALICE, vip.id, UpdateVip(connection_limit=1))
    assert world.service(vip.id).desired_revision == 2
    world.fail(vip.id)
    changed = world.vips.update(ALICE, vip.id, UpdateVip(connection_limit=2))
    assert changed.status is Status.PENDING_CREATE
    assert world.service(vip.id).due_at == world.clock.now()


def test_a_vip_moves_to_another_pool_and_the_old_one_is_free(world):
    vip, other = world.vip(), world.pool()
    world.deploy(vip.id)
    changed = world.vips.update(ALICE, vip.id, UpdateVip(pool_id=other.id))
    assert changed.pool_id == other.id
    assert world.pools.show(ALICE, other.id).status is Status.PENDING_UPDATE
    old = world.pools.show(ALICE, vip.pool_id)
    assert (old.vip_id, old.status) == (None, Status.ACTIVE)
    world.deploy(vip.id)
    assert world.pools.show(ALICE, other.id).status is Status.ACTIVE
    with pytest.raises(AlreadyExists):
        world.vip(pool_id=other.id)


def test_a_deleted_vip_frees_its_pool_at_once_and_stays_until_forgotten(world):
    vip = world.vip()
    world.rang()
    world.vips.delete(ALICE, vip.id)
    assert world.rang()
    shown = world.vips.show(ALICE, vip.id)
    assert (shown.status, shown.pool_id) == (Status.PENDING_DELETE, None)
    world.vips.delete(ALICE, vip.id)
    assert world.service(vip.id).desired_revision == 2
    with pytest.raises(StateInvalid):
        world.vips.update(ALICE, vip.id, UpdateVip(name="late"))
    world.vip(pool_id=vip.pool_id)
    with world.store.write() as work:
        world.kind.forget(work, world.service(vip.id))
        work.commit()
    with pytest.raises(NotFound):
        world.vips.show(ALICE, vip.id)


def test_a_deletion_that_failed_still_refuses_changes(world):
    vip = world.vip()
    world.vips.delete(ALICE, vip.id)
    world.fail(vip.id)
    assert world.vips.show(ALICE, vip.id).status is Status.ERROR
    with pytest.raises(StateInvalid):
        world.vips.update(ALICE, vip.id, UpdateVip(connection_limit=3))


def test_addresses_of_vips_that_were_never_stored_are_released_when_old(catalogue):
    world = catalogue
    vip = world.vip(subnet_id=world.subnet_id)
    world.wirer.reserve_address(world.subnet_id, None, "crashed", "alice")
    release = ReleaseOrphanAddresses(world.store, world.wirer, world.clock, older_than=600)
    world.clock.advance(599)
    world.wirer.reserve_address(world.subnet_id, None, "on its way", "alice")
    assert release() == 0
    world.clock.advance(2)
    assert release() == 1
    with world.store.read() as work:
        owners = {each.owner for each in work.reservations.find(Query())}
    assert owners == {vip.id, "on its way"}
