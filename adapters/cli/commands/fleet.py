"""Commands for operators: devices, drivers, service types, agents and placement's records."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_remove, add_show, group
from adapters.cli.options import Description, MaybeName, Name, Named, OneNamed, Wait
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import (
    Body,
    clearable,
    demands,
    given,
    limits,
    listed,
    pairs,
    parameters,
    weights,
)
from adapters.cli.wire import Json
from core.domain.device import AdminState
from core.domain.service import ServiceKind

DEVICE = RESOURCES["device"]
SERVICE_TYPE = RESOURCES["service-type"]

devices = group("device", "The appliances and processes that services are placed on.")
drivers = group("driver", "The installed drivers.")
service_types = group("service-type", "The catalogue that tenants choose from.")
agents = group("agent", "The processes that run drivers.")
bindings = group("binding", "Which VIP is on which device.")
decisions = group("decision", "The records of placement; `pierhead explain` reads them aloud.")

Parameters = Annotated[
    str | None,
    typer.Option(
        "--parameters",
        metavar="FILE|-|JSON",
        help="The driver's parameters: a JSON file, standard input, or JSON. Keep secrets in a"
        " file or send them to standard input: arguments can be seen by other users.",
    ),
]
Parameter = Annotated[
    list[str] | None,
    typer.Option("--parameter", metavar="KEY=VALUE", help="One parameter of the driver's."),
]
DeviceLimit = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="KEY=N", help="How much fits: vips=100, vips=unlimited."),
]
Zone = Annotated[str | None, typer.Option("--zone", help="Where it stands.")]
Label = Annotated[
    list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="Your own remark.")
]
DevicePool = Annotated[
    str | None, typer.Option("--pool", help="The group of devices that it counts in.")
]
Admin = Annotated[
    AdminState | None,
    typer.Option("--admin-state", case_sensitive=False, help="Whether it takes new services."),
]
Weight = Annotated[
    list[str] | None,
    typer.Option("--weight", metavar="SCORE=N", help="How much a score counts; 0: not at all."),
]
Demand = Annotated[
    list[str] | None,
    typer.Option("--demand", metavar="KEY=N", help="What one service takes of a limit."),
]
TypeZone = Annotated[str | None, typer.Option("--zone", help="Only devices of this zone.")]
TypePool = Annotated[
    str | None, typer.Option("--device-pool", help="Only devices of this device pool.")
]
Dedicated = Annotated[
    bool | None,
    typer.Option("--dedicated/--shared", help="Only devices that belong to the tenant."),
]
Default = Annotated[
    bool | None,
    typer.Option("--default/--no-default", help="Whether VIPs that name no type get this one."),
]
DRIVERS_HELP = "A driver that may provide it; the first is preferred (a,b or repeated)."


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
    admin_state: Admin = None,
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
        admin_state=admin_state,
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
    admin_state: Admin = None,
    wait: Wait = None,
) -> None:
    """Change a device.

    --parameters replaces all parameters, --parameter, --limit and --label change those that
    they name. Secret parameters that are not named stay. An empty --zone, --pool, --project
    or label takes it away, and so does --limit KEY=.
    """
    item = lookup.find(session.client, DEVICE, device)
    body = given(
        name=name,
        parameters=_parameters(item, document, single),
        limits=_limits(item, limit),
        project_id=clearable(project),
        zone=clearable(zone),
        labels=_labels(item, label),
        device_pool=clearable(pool),
        admin_state=admin_state,
    )
    actions.change(session, DEVICE, item, body, wait)


@command(service_types, "add")
def add_service_type(
    session: Session,
    *,
    name: Name,
    driver: Annotated[list[str], typer.Option("--driver", help=DRIVERS_HELP)],
    description: Description = None,
    kind: Annotated[
        ServiceKind | None, typer.Option("--kind", case_sensitive=False, help="What it offers.")
    ] = None,
    default: Default = None,
    weight: Weight = None,
    demand: Demand = None,
    zone: TypeZone = None,
    device_pool: TypePool = None,
    dedicated: Dedicated = None,
) -> None:
    """Add a service type to the catalogue."""
    policy = given(
        weights=weights(weight) or None,
        demand=demands(demand) or None,
        zone=zone,
        device_pool=device_pool,
        dedicated=dedicated,
    )
    body = given(
        name=name,
        description=description,
        kind=kind,
        drivers=listed(driver),
        default=default,
        policy=policy or None,
    )
    actions.create(session, SERVICE_TYPE, body)


@command(service_types, "set")
def set_service_type(
    session: Session,
    *,
    service_type: OneNamed,
    name: MaybeName = None,
    driver: Annotated[list[str] | None, typer.Option("--driver", help=DRIVERS_HELP)] = None,
    description: Description = None,
    default: Default = None,
    weight: Weight = None,
    demand: Demand = None,
    zone: TypeZone = None,
    device_pool: TypePool = None,
    dedicated: Dedicated = None,
) -> None:
    """Change a service type; an empty --zone or --device-pool takes it away."""
    item = lookup.find(session.client, SERVICE_TYPE, service_type)
    old: Json = item.get("policy") or {}
    policy = given(
        weights={**old.get("weights", {}), **weights(weight)} if weight else None,
        demand={**old.get("demand", {}), **demands(demand)} if demand else None,
        zone=clearable(zone),
        device_pool=clearable(device_pool),
        dedicated=dedicated,
    )
    body = given(
        name=name,
        description=description,
        drivers=listed(driver) or None,
        default=default,
        policy={**old, **policy} if policy else None,
    )
    actions.change(session, SERVICE_TYPE, item, body)


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


def _parameters(item: Json, document: str | None, single: list[str] | None) -> Body | None:
    sent = parameters(document, single)
    return sent if sent is None or document is not None else {**item["parameters"], **sent}


def _limits(item: Json, texts: list[str] | None) -> Body | None:
    if not texts:
        return None
    dropped, kept = _parted("--limit", texts)
    present = {key: value for key, value in item["limits"].items() if key not in dropped}
    return {**present, **limits(kept)}


def _labels(item: Json, texts: list[str] | None) -> Body | None:
    if not texts:
        return None
    dropped, kept = _parted("--label", texts)
    present = {key: value for key, value in item["labels"].items() if key not in dropped}
    return {**present, **pairs("--label", kept)}


def _parted(option: str, texts: list[str]) -> tuple[set[str], list[str]]:
    """The keys with an empty value, which are to go, and the other texts."""
    empty = {key for key, value in pairs(option, texts).items() if not value}
    return empty, [text for text in texts if text.partition("=")[0] not in empty]


for _word, _group in (
    ("device", devices),
    ("driver", drivers),
    ("service-type", service_types),
    ("decision", decisions),
):
    add_list(_group, _word)
    add_show(_group, _word)
add_list(agents, "agent")
add_list(bindings, "binding")


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


add_remove(service_types, "service-type")
