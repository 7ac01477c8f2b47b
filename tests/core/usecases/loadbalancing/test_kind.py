"""What placement and drivers learn of a load balancer."""

import json

import pytest

from core.domain.binding import NetworkNeed
from core.domain.device import Capabilities
from core.domain.loadbalancer.model import (
    Method,
    MonitorType,
    PersistenceType,
    SessionPersistence,
)
from core.domain.query import Query
from core.usecases.loadbalancing.types import UpdateHealthMonitor, UpdateVip
from tests.core.usecases.loadbalancing.world import ALICE


def wanted(world, *vips):
    with world.store.read() as work:
        found = world.kind.wanted(work, [work.services.get(vip.id) for vip in vips])
    return found if len(vips) > 1 else found[vips[0].id]


def full(world):
    pool = world.pool(subnet_id="back", lb_method=Method.LEAST_CONNECTIONS)
    return world.vip(
        name="web",
        pool_id=pool.id,
        connection_limit=9,
        session_persistence=SessionPersistence(PersistenceType.APP_COOKIE, "sid"),
    )


def test_networks_start_with_that_of_the_vip_and_name_each_once(world):
    two_arm, one_arm = full(world), world.vip()
    front = NetworkNeed(network_id="net-front", cidr="127.1.0.0/24")
    back = NetworkNeed(network_id="net-back", cidr="127.2.0.0/24")
    assert wanted(world, two_arm).requirements.networks == (front, back)
    assert wanted(world, one_arm).requirements.networks == (front,)


def test_features_are_those_in_use(world):
    vip = full(world)
    used, unused = world.monitor(), world.monitor(type=MonitorType.PING, admin_state_up=False)
    for monitor in (used, unused):
        world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
    needs = wanted(world, vip).requirements
    assert needs.vip_address == vip.address
    assert needs.features == Capabilities(
        protocols=frozenset({"HTTP"}),
        methods=frozenset({"LEAST_CONNECTIONS"}),
        monitors=frozenset({"HTTP"}),
        persistences=frozenset({"APP_COOKIE"}),
    )
    world.monitors.update(ALICE, unused.id, UpdateHealthMonitor(admin_state_up=True))
    assert "PING" in wanted(world, vip).requirements.features.monitors


def test_the_specification_is_whole_and_in_json_terms(world):
    vip = full(world)
    members = [
        world.member(
            vip.pool_id, protocol_port=port, weight=port - 8000, admin_state_up=port > 8001
        )
        for port in (8001, 8002)
    ]
    monitor = world.monitor(expected_codes="200-202")
    world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
    off = world.monitor(admin_state_up=False)
    world.pools.associate_monitor(ALICE, vip.pool_id, off.id)
    spec = wanted(world, vip).spec
    assert json.loads(json.dumps(spec)) == spec
    (listener,) = spec.pop("listeners")
    assert spec == {
        "id": vip.id,
        "project_id": "alice",
        "name": "web",
        "enabled": True,
        "vip": {
            "address": vip.address,
            "network_id": "net-front",
            "subnet_id": "front",
            "port_id": vip.port_id,
        },
    }
    pool = listener.pop("default_pool")
    assert listener.pop("id") not in (vip.id, vip.pool_id)
    assert listener == {"protocol": "HTTP", "port": 80, "connection_limit": 9, "enabled": True}
    assert pool == {
        "id": vip.pool_id,
        "protocol": "HTTP",
        "method": "LEAST_CONNECTIONS",
        "enabled": True,
        "session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"},
        "network_id": "net-back",
        "members": [
            {
                "id": member.id,
                "address": "127.2.0.10",
                "port": member.protocol_port,
                "weight": member.weight,
                "enabled": member.admin_state_up,
            }
            for member in members
        ],
        "monitors": [
            {
                "id": monitor.id,
                "type": "HTTP",
                "delay": 5,
                "timeout": 3,
                "max_retries": 2,
                "http_method": "GET",
                "url_path": "/",
                "expected_codes": [200, 201, 202],
            }
        ],
    }


def test_a_disabled_vip_is_told_as_such(world):
    vip = world.vip()
    world.vips.update(ALICE, vip.id, UpdateVip(admin_state_up=False))
    assert wanted(world, vip).spec["enabled"] is False


def test_a_forgotten_service_leaves_nothing_but_its_pool(world):
    vip = world.vip()
    world.observe(vip.id, {"members": {}, "pools": {}})
    world.vips.delete(ALICE, vip.id)
    with world.store.write() as work:
        world.kind.forget(work, work.services.get(vip.id))
        work.commit()
    with world.store.read() as work:
        assert work.services.find(Query()) == []
        assert work.load_balancers.find(Query()) == []
        assert work.observations.of([vip.id]) == {}
        assert [pool.id for pool in work.pools.find(Query())] == [vip.pool_id]


def test_a_service_without_a_load_balancer_is_a_programming_error(world):
    vip = world.vip()
    service = world.service(vip.id)
    with world.store.write() as work:
        work.load_balancers.remove(vip.id)
        with pytest.raises(LookupError):
            world.kind.wanted(work, [service])


def test_of_several_at_once_each_is_told_as_alone(world):
    one, two = full(world), world.vip(subnet_id="back")
    assert wanted(world, one, two) == {vip.id: wanted(world, vip) for vip in (one, two)}
