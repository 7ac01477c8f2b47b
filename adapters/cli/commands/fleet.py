"""Commands for operators: devices, drivers, agents and placement's records."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_show, group
from adapters.cli.commands.device_options import (
    DeviceLimit,
    Label,
    Parameter,
    Parameters,
    Trunk,
    Wiring,
    WiringHost,
    Zone,
    changed_labels,
    changed_limits,
    changed_parameters,
    changed_wiring,
)
from adapters.cli.commands.explain import show_decision
from adapters.cli.options import MaybeName, Name, Named, OneNamed, Wait
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import (
    clearable,
    given,
    limits,
    pairs,
    parameters,
    yes_or_no,
)
from core.domain.device import AdminState

DEVICE = RESOURCES["device"]

devices = group("device", "The appliances and processes that services are placed on.")
drivers = group("driver", "The installed drivers.")
agents = group("agent", "The processes that run drivers.")
bindings = group("binding", "Which VIP is on which device.")
attachments = group("attachment", "Which device is on which network, and what is left over.")
decisions = group("decision", "The records of placement; `pierhead explain` reads them aloud.")

DevicePool = Annotated[
    str | None, typer.Option("--pool", help="The group of devices that it counts in.")
]
Isolates = Annotated[
    str | None,
    typer.Option(
        "--isolates-overlapping",
        metavar="yes|no",
        help="Whether it keeps networks with overlapping addresses apart, in place of what its"
        " driver says.",
    ),
]
AgentGroup = Annotated[
    str | None, typer.Option("--agent-group", help="The group of agents that can reach it.")
]
Admin = Annotated[
    AdminState | None,
    typer.Option("--admin-state", case_sensitive=False, help="Whether it takes new services."),
]


@command(devices, "add")
def add_device(
    session: Session,
    *,
    name: Name,
    driver: Annotated[str, typer.Option("--driver", help="See `pierhead driver list`.")],
    document: Parameters = None,
    single: Parameter = None,
    limit: DeviceLimit = None,
    project: Annotated[
        str | None, typer.Option("--project", help="The only project that it serves (not shared).")
    ] = None,
    zone: Zone = None,
    label: Label = None,
    pool: DevicePool = None,
    isolates_overlapping: Isolates = None,
    admin_state: Admin = None,
    agent_group: AgentGroup = None,
    wiring: Wiring = None,
    wiring_host: WiringHost = None,
    trunk: Trunk = None,
    wait: Wait = None,
) -> None:
    """Add a device to the registry. --wait: until it was probed."""
    body = given(
        name=name,
        driver=driver,
        parameters=parameters(document, single),
        limits=limits(limit) or None,
        project_id=project,
        zone=zone,
        labels=pairs("--label", label) or None,
        device_pool=pool,
        isolates_overlapping=yes_or_no("--isolates-overlapping", isolates_overlapping),
        admin_state=admin_state,
        agent_group=agent_group,
        wiring=changed_wiring(None, wiring, wiring_host, trunk),
    )
    actions.create(session, DEVICE, body, wait)


@command(devices, "set")
def set_device(
    session: Session,
    *,
    device: OneNamed,
    name: MaybeName = None,
    document: Parameters = None,
    single: Parameter = None,
    limit: DeviceLimit = None,
    project: Annotated[
        str | None, typer.Option("--project", help="The only project that it serves; '': shared.")
    ] = None,
    zone: Zone = None,
    label: Label = None,
    pool: DevicePool = None,
    isolates_overlapping: Isolates = None,
    admin_state: Admin = None,
    agent_group: AgentGroup = None,
    wiring: Wiring = None,
    wiring_host: WiringHost = None,
    trunk: Trunk = None,
    wait: Wait = None,
) -> None:
    """Change a device; another --agent-group moves it to an agent of that group.

    The --wiring can change while the device is on no network.
    --parameters replaces all parameters, --parameter, --limit and --label change those that
    they name. Secret parameters that are not named stay. An empty --zone, --pool, --project,
    --isolates-overlapping or label takes it away, and so does --limit KEY=.
    """
    item = lookup.find(session.client, DEVICE, device)
    body = given(
        name=name,
        parameters=changed_parameters(item, document, single),
        limits=changed_limits(item, limit),
        project_id=clearable(project),
        zone=clearable(zone),
        labels=changed_labels(item, label),
        device_pool=clearable(pool),
        isolates_overlapping=yes_or_no("--isolates-overlapping", isolates_overlapping),
        admin_state=admin_state,
        agent_group=agent_group,
        wiring=changed_wiring(item, wiring, wiring_host, trunk),
    )
    actions.change(session, DEVICE, item, body, wait)


@command(bindings, "show")
def show_binding(
    session: Session,
    *,
    vip: Annotated[str, typer.Argument(metavar="VIP", help="The VIP's name or id.")],
) -> None:
    """Show which device a VIP is bound to, and what it takes of it."""
    resource = RESOURCES["binding"]
    identity = lookup.identity_of(session.client, "vip", vip)
    actions.show_one(session, lookup.find(session.client, resource, identity))


for _word, _group in (
    ("device", devices),
    ("driver", drivers),
):
    add_list(_group, _word)
    add_show(_group, _word)
add_list(decisions, "decision")
command(decisions, "show")(show_decision)
add_list(agents, "agent")
add_list(bindings, "binding")
add_list(attachments, "attachment")
add_show(attachments, "attachment")


@command(devices, "remove")
def remove_device(
    session: Session,
    names: Named,
    *,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Give up a device that is lost: its services are placed anew.",
        ),
    ] = False,
    wait: Wait = None,
) -> None:
    """Remove devices, which must have no services, and stop them."""
    actions.remove(session, DEVICE, names, wait, force=force)
