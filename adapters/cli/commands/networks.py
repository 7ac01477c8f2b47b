"""Commands for networks and subnets of the local catalogue."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_remove, add_show, group
from adapters.cli.errors import usage
from adapters.cli.options import Description, MaybeName, Name, OneNamed, Project, Up
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import CLEAR, Clear, address_range, given, whole

NETWORK = RESOURCES["network"]
SUBNET = RESOURCES["subnet"]
VLAN = "provider:segmentation_id"

networks = group("network", "Networks that VIPs and members are on.")
subnets = group("subnet", "Address ranges of networks.")

Shared = Annotated[
    bool | None, typer.Option("--shared/--private", help="Whether all projects may use it.")
]
Vlan = Annotated[
    str | None,
    typer.Option("--vlan", metavar="N", help="The VLAN on which devices reach it; '': none."),
]
Gateway = Annotated[
    str | None, typer.Option("--gateway", help="The gateway's address (first address).")
]
NoGateway = Annotated[bool, typer.Option("--no-gateway", help="There is no gateway.")]
Ranges = Annotated[
    list[str] | None,
    typer.Option("--pool", metavar="FIRST-LAST", help="Give out addresses of this range only."),
]


@command(networks, "add")
def add_network(
    session: Session,
    *,
    name: Name,
    description: Description = None,
    shared: Shared = None,
    up: Up = None,
    vlan: Vlan = None,
    project: Project = None,
) -> None:
    """Add a network."""
    body = given(
        name=name, description=description, shared=shared, admin_state_up=up, tenant_id=project
    )
    body |= given(**{VLAN: _vlan(vlan)})
    actions.create(session, NETWORK, body)


@command(networks, "set")
def set_network(
    session: Session,
    *,
    network: OneNamed,
    name: MaybeName = None,
    description: Description = None,
    shared: Shared = None,
    up: Up = None,
    vlan: Vlan = None,
) -> None:
    """Change a network."""
    item = lookup.find(session.client, NETWORK, network)
    body = given(name=name, description=description, shared=shared, admin_state_up=up)
    body |= given(**{VLAN: _vlan(vlan)})
    actions.change(session, NETWORK, item, body)


@command(subnets, "add")
def add_subnet(
    session: Session,
    *,
    network: Annotated[str, typer.Option("--network", help="Its network's name or id.")],
    cidr: Annotated[str, typer.Option("--cidr", help="The range, such as 127.1.0.0/24.")],
    name: MaybeName = None,
    description: Description = None,
    gateway: Gateway = None,
    no_gateway: NoGateway = False,
    pool: Ranges = None,
    project: Project = None,
) -> None:
    """Add a subnet to a network."""
    body = given(
        network_id=lookup.identity_of(session.client, "network", network),
        cidr=cidr,
        name=name,
        description=description,
        gateway_ip=_gateway(gateway, no_gateway=no_gateway),
        allocation_pools=[address_range(text) for text in pool] if pool else None,
        tenant_id=project,
    )
    actions.create(session, SUBNET, body)


@command(subnets, "set")
def set_subnet(
    session: Session,
    *,
    subnet: OneNamed,
    name: MaybeName = None,
    description: Description = None,
    gateway: Gateway = None,
    no_gateway: NoGateway = False,
    pool: Ranges = None,
) -> None:
    """Change a subnet."""
    item = lookup.find(session.client, SUBNET, subnet)
    body = given(
        name=name,
        description=description,
        gateway_ip=_gateway(gateway, no_gateway=no_gateway),
        allocation_pools=[address_range(text) for text in pool] if pool else None,
    )
    actions.change(session, SUBNET, item, body)


def _vlan(text: str | None) -> int | Clear | None:
    if text is None:
        return None
    return CLEAR if text == "" else whole("--vlan", text)


def _gateway(address: str | None, *, no_gateway: bool) -> str | Clear | None:
    if no_gateway and address is not None:
        raise usage("--gateway and --no-gateway exclude each other")
    return CLEAR if no_gateway else address


for _word, _group in (("network", networks), ("subnet", subnets)):
    add_list(_group, _word)
    add_show(_group, _word)
    add_remove(_group, _word)
