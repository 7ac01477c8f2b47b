"""Commands for elastic pools of devices."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_remove, add_show, group
from adapters.cli.commands.device_options import (
    DeviceLimit,
    Label,
    Parameter,
    Parameters,
    Zone,
    changed_labels,
    changed_limits,
    changed_parameters,
)
from adapters.cli.options import Description, Name, OneNamed
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import clearable, given, limits, pairs, parameters

DEVICE_POOL = RESOURCES["device-pool"]

device_pools = group("device-pool", "Pools that make devices when they are needed.")

Minimum = Annotated[
    int | None, typer.Option("--min", help="Devices that there are always (0).", min=0)
]
Maximum = Annotated[
    int | None, typer.Option("--max", help="Devices that there are at most (10).", min=0)
]
Spare = Annotated[
    int | None,
    typer.Option("--spare", help="Devices that are kept ready without any service (0).", min=0),
]
IdleSeconds = Annotated[
    float | None,
    typer.Option("--idle-seconds", help="How long a device may be without services (300).", min=0),
]


@command(device_pools, "add")
def add_device_pool(
    session: Session,
    *,
    name: Name,
    driver: Annotated[
        str, typer.Option("--driver", help="The driver that makes and reaches its devices.")
    ],
    description: Description = None,
    minimum: Minimum = None,
    maximum: Maximum = None,
    spare: Spare = None,
    idle_seconds: IdleSeconds = None,
    private: Annotated[
        bool | None,
        typer.Option("--private/--shared", help="Whether each device is one tenant's own."),
    ] = None,
    document: Parameters = None,
    single: Parameter = None,
    limit: DeviceLimit = None,
    zone: Zone = None,
    label: Label = None,
) -> None:
    """Add a pool. Service types use it with --elastic-pool; its devices are named after it."""
    body = given(
        name=name,
        driver=driver,
        description=description,
        minimum=minimum,
        maximum=maximum,
        spare=spare,
        idle_seconds=idle_seconds,
        private=private,
        parameters=parameters(document, single),
        limits=limits(limit) or None,
        zone=zone,
        labels=pairs("--label", label) or None,
    )
    actions.create(session, DEVICE_POOL, body)


@command(device_pools, "set")
def set_device_pool(
    session: Session,
    *,
    device_pool: OneNamed,
    description: Description = None,
    minimum: Minimum = None,
    maximum: Maximum = None,
    spare: Spare = None,
    idle_seconds: IdleSeconds = None,
    document: Parameters = None,
    single: Parameter = None,
    limit: DeviceLimit = None,
    zone: Zone = None,
    label: Label = None,
) -> None:
    """Change a pool; what its devices are made of counts for later ones only.

    --parameters replaces all parameters, --parameter, --limit and --label change those that
    they name. An empty --zone or label takes it away, and so does --limit KEY=.
    """
    item = lookup.find(session.client, DEVICE_POOL, device_pool)
    body = given(
        description=description,
        minimum=minimum,
        maximum=maximum,
        spare=spare,
        idle_seconds=idle_seconds,
        parameters=changed_parameters(item, document, single),
        limits=changed_limits(item, limit),
        zone=clearable(zone),
        labels=changed_labels(item, label),
    )
    actions.change(session, DEVICE_POOL, item, body)


add_list(device_pools, "device-pool")
add_show(device_pools, "device-pool")
add_remove(device_pools, "device-pool")
