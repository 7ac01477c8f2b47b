"""Steps about networks, pools, members, health monitors and VIPs, as tenants speak of them."""

from functools import partial

from behave import given, then, when
from behave.runner import Context
from requests import Response

from features.support.api import Caller, Json
from features.support.polling import eventually
from features.support.tables import document
from features.support.world import PORT, World, succeeded

FRONT = "front"
"""The network that is meant when none is named."""


@given('{who:Who} has a network "{name:Word}"')
def network(context: Context, who: Caller, name: str) -> None:
    context.world.network(who, name)


@given('{who:Who} has a pool "{name:Word}"')
def pool(context: Context, who: Caller, name: str) -> None:
    _create_pool(context, who, name, FRONT)


@given('{who:Who} has a pool "{name:Word}" with the members {members:Names}')
def pool_with_members(context: Context, who: Caller, name: str, members: list[str]) -> None:
    _create_pool(context, who, name, FRONT)
    for member in members:
        succeeded(_create_member(context.world, who, member, name, FRONT))


@given(
    '{who:Who} has a pool "{name:Word}" on network "{network:Word}" '
    "with the members {members:Names}"
)
def pool_on_network(
    context: Context, who: Caller, name: str, network: str, members: list[str]
) -> None:
    _create_pool(context, who, name, network)
    for member in members:
        succeeded(_create_member(context.world, who, member, name, network))


@when('{who:Who} adds member "{member:Word}" to pool "{name:Word}"')
def add_member(context: Context, who: Caller, member: str, name: str) -> None:
    succeeded(_create_member(context.world, who, member, name, FRONT))


@when('{who:Who} tries to add the server of member "{member:Word}" to pool "{name:Word}" again')
def add_member_again(context: Context, who: Caller, member: str, name: str) -> None:
    body = _member_body(context.world, member, name, FRONT)
    context.world.create(who, "member", f"{member} again", body)


@given('{who:Who} watches pool "{name:Word}" with health monitor "{monitor:Word}"')
def watch(context: Context, who: Caller, name: str, monitor: str) -> None:
    world: World = context.world
    if not world.knows("health monitor", monitor):
        body = {"type": "TCP", "delay": 1, "timeout": 1, "max_retries": 1}
        body |= document(world, context.table)
        succeeded(world.create(who, "health monitor", monitor, body))
    reference = {"health_monitor": {"id": world.id_of("health monitor", monitor)}}
    path = f"{world.path('pool', name)}/health_monitors"
    succeeded(world.request(who, "POST", path, reference))


@when('{who:Who} stops watching pool "{name:Word}" with health monitor "{monitor:Word}"')
def unwatch(context: Context, who: Caller, name: str, monitor: str) -> None:
    world: World = context.world
    path = f"{world.path('pool', name)}/health_monitors/{world.id_of('health monitor', monitor)}"
    succeeded(world.request(who, "DELETE", path))


@given('{who:Who} has a VIP "{name:Word}" for pool "{pool:Word}"')
def active_vip(context: Context, who: Caller, name: str, pool: str) -> None:
    succeeded(_create_vip(context, who, name, pool))
    eventually(lambda: _is_active(context.world, name))


@given(
    '{who:Who} has a VIP "{name:Word}" of service type "{type_name:Word}" for pool "{pool:Word}"'
)
def active_vip_of_type(context: Context, who: Caller, name: str, type_name: str, pool: str) -> None:
    succeeded(_create_vip(context, who, name, pool, {"service_type": type_name}))
    eventually(lambda: _is_active(context.world, name))


@when('{who:Who} creates a VIP "{name:Word}" for pool "{pool:Word}"')
def create_vip(context: Context, who: Caller, name: str, pool: str) -> None:
    succeeded(_create_vip(context, who, name, pool))


@when(
    '{who:Who} creates a VIP "{name:Word}" of service type "{type_name:Word}" '
    'for pool "{pool:Word}"'
)
def create_vip_of_type(context: Context, who: Caller, name: str, type_name: str, pool: str) -> None:
    succeeded(_create_vip(context, who, name, pool, {"service_type": type_name}))


@when('{who:Who} tries to create a VIP "{name:Word}" for pool "{pool:Word}"')
def try_to_create_vip(context: Context, who: Caller, name: str, pool: str) -> None:
    _create_vip(context, who, name, pool)


@when("{who:Who} creates {count:d} VIPs in one request")
def create_many(context: Context, who: Caller, count: int) -> None:
    world: World = context.world
    subnet_id = world.network(who, FRONT)
    pools = [
        {"subnet_id": subnet_id, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        for _ in range(count)
    ]
    pool_ids = _create_all(world, who, "pool", "/v2.0/lb/pools", pools)
    vips = [
        {"subnet_id": subnet_id, "protocol": "HTTP", "protocol_port": PORT, "pool_id": pool_id}
        for pool_id in pool_ids
    ]
    _create_all(world, who, "VIP", "/v2.0/lb/vips", vips)
    context.many = count


@then("all these VIPs become ACTIVE, each with an address of its own")
def all_active(context: Context) -> None:
    shown = []
    for number in range(context.many):
        eventually(partial(_is_active, context.world, f"VIP {number}"))
        shown.append(context.world.show("VIP", f"VIP {number}")["address"])
    assert len(set(shown)) == context.many, shown


@then('VIP "{name:Word}" has an address of network "{network:Word}"')
def has_address(context: Context, name: str, network: str) -> None:
    address = context.world.show("VIP", name)["address"]
    prefix = context.world.address_in(network, 0).rpartition(".")[0]
    assert address.rpartition(".")[0] == prefix, address


@when(
    '{who:Who} creates a VIP "{name:Word}" for pool "{pool:Word}" '
    'at the address that "{other:Word}" had'
)
def create_vip_at_freed_address(
    context: Context, who: Caller, name: str, pool: str, other: str
) -> None:
    more = {"address": context.addresses[other]}
    succeeded(_create_vip(context, who, name, pool, more))


@when(
    '{who:Who} tries to create a VIP "{name:Word}" for pool "{pool:Word}" '
    'at the address of VIP "{other:Word}"'
)
def create_vip_at_taken_address(
    context: Context, who: Caller, name: str, pool: str, other: str
) -> None:
    more = {"address": context.world.vip(other).address}
    _create_vip(context, who, name, pool, more)


def _create_pool(context: Context, who: Caller, name: str, network: str) -> None:
    body = {
        "name": name,
        "subnet_id": context.world.network(who, network),
        "protocol": "HTTP",
        "lb_method": "ROUND_ROBIN",
    }
    body |= document(context.world, context.table)
    succeeded(context.world.create(who, "pool", name, body))


def _member_body(world: World, member: str, pool: str, network: str) -> Json:
    server = world.server(member, network)
    return {
        "pool_id": world.id_of("pool", pool),
        "address": server.address,
        "protocol_port": server.port,
    }


def _create_member(world: World, who: Caller, member: str, pool: str, network: str) -> Response:
    return world.create(who, "member", member, _member_body(world, member, pool, network))


def _create_vip(
    context: Context, who: Caller, name: str, pool: str, more: Json | None = None
) -> Response:
    world: World = context.world
    body = {
        "name": name,
        "subnet_id": world.network(who, FRONT),
        "protocol": "HTTP",
        "protocol_port": PORT,
        "pool_id": world.id_of("pool", pool),
    }
    body |= document(world, context.table) | (more or {})
    response: Response = world.create(who, "VIP", name, body)
    if response.status_code == 201:
        context.addresses = {**getattr(context, "addresses", {}), name: world.vip(name).address}
    return response


def _create_all(world: World, who: Caller, kind: str, path: str, bodies: list[Json]) -> list[str]:
    many = path.rpartition("/")[2]
    response = world.request(who, "POST", path, {many: bodies})
    succeeded(response)
    made = [each["id"] for each in response.json()[many]]
    for number, identity in enumerate(made):
        world.adopt(kind, f"{kind} {number}", identity)
    return made


def _is_active(world: World, name: str) -> None:
    shown = world.show("VIP", name)
    assert shown["status"] == "ACTIVE", f"{shown['status']}: {shown['status_description']}"
