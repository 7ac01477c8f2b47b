"""Commands for tenants: VIPs and members."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_show, add_slow_remove, group
from adapters.cli.options import Description, MaybeName, OneNamed, Project, Up, Wait
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import given, persistence
from core.domain.loadbalancer.model import Protocol

VIP = RESOURCES["vip"]
MEMBER = RESOURCES["member"]

vips = group("vip", "The addresses that clients connect to.")
members = group("member", "The servers that answer for a pool.")

Persistence = Annotated[
    str | None,
    typer.Option(
        "--persistence",
        metavar="KIND",
        help="How a client stays with its member: SOURCE_IP, HTTP_COOKIE, APP_COOKIE:NAME, none.",
    ),
]
ConnectionLimit = Annotated[
    int | None, typer.Option("--connection-limit", help="Connections at a time; -1: any number.")
]
Port = Annotated[int, typer.Option("--port", help="The TCP port.")]
PoolName = Annotated[str, typer.Option("--pool", help="The pool's name or id.")]
MaybePool = Annotated[str | None, typer.Option("--pool", help="The pool's name or id.")]
Weight = Annotated[int | None, typer.Option("--weight", help="Its share of requests (0 to 256).")]


@command(vips, "add")
def add_vip(
    session: Session,
    *,
    subnet: Annotated[str, typer.Option("--subnet", help="The subnet's name, id or range.")],
    port: Port,
    pool: PoolName,
    name: MaybeName = None,
    protocol: Annotated[
        Protocol | None,
        typer.Option("--protocol", case_sensitive=False, help="By default that of the pool."),
    ] = None,
    service_type: Annotated[
        str | None, typer.Option("--service-type", help="By default the default type.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="By default any that is free.")
    ] = None,
    persist: Persistence = None,
    connection_limit: ConnectionLimit = None,
    description: Description = None,
    up: Up = None,
    project: Project = None,
    wait: Wait = None,
) -> None:
    """Create a VIP. --wait: until it is ACTIVE."""
    pool_item = lookup.find(session.client, RESOURCES["pool"], pool)
    body = given(
        name=name,
        description=description,
        subnet_id=lookup.identity_of(session.client, "subnet", subnet),
        address=address,
        protocol=protocol or pool_item["protocol"],
        protocol_port=port,
        pool_id=pool_item["id"],
        session_persistence=persistence(persist) or None,
        connection_limit=connection_limit,
        admin_state_up=up,
        service_type=service_type,
        tenant_id=project,
    )
    actions.create(session, VIP, body, wait)


@command(vips, "set")
def set_vip(
    session: Session,
    *,
    vip: OneNamed,
    name: MaybeName = None,
    description: Description = None,
    pool: MaybePool = None,
    persist: Persistence = None,
    connection_limit: ConnectionLimit = None,
    up: Up = None,
    wait: Wait = None,
) -> None:
    """Change a VIP. --wait: until it is ACTIVE again."""
    item = lookup.find(session.client, VIP, vip)
    body = given(
        name=name,
        description=description,
        pool_id=lookup.identity_of(session.client, "pool", pool) if pool is not None else None,
        session_persistence=persistence(persist),
        connection_limit=connection_limit,
        admin_state_up=up,
    )
    actions.change(session, VIP, item, body, wait)


@command(members, "add")
def add_member(
    session: Session,
    *,
    pool: PoolName,
    address: Annotated[str, typer.Option("--address", help="The server's IP address.")],
    port: Port,
    weight: Weight = None,
    up: Up = None,
    project: Project = None,
    wait: Wait = None,
) -> None:
    """Add a server to a pool."""
    body = given(
        pool_id=lookup.identity_of(session.client, "pool", pool),
        address=address,
        protocol_port=port,
        weight=weight,
        admin_state_up=up,
        tenant_id=project,
    )
    actions.create(session, MEMBER, body, wait)


@command(members, "set")
def set_member(
    session: Session,
    *,
    member: Annotated[str, typer.Argument(metavar="ID_OR_ADDRESS:PORT", show_default=False)],
    weight: Weight = None,
    pool: MaybePool = None,
    up: Up = None,
    wait: Wait = None,
) -> None:
    """Change a member, or move it to another pool."""
    item = lookup.find(session.client, MEMBER, member)
    body = given(
        weight=weight,
        pool_id=lookup.identity_of(session.client, "pool", pool) if pool is not None else None,
        admin_state_up=up,
    )
    actions.change(session, MEMBER, item, body, wait)


for _word, _group in (("vip", vips), ("member", members)):
    add_list(_group, _word)
    add_show(_group, _word)
    add_slow_remove(_group, _word)
