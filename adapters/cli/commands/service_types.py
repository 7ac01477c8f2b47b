"""Commands for the catalogue of service types, and their policies as options."""

from typing import Annotated, Any

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_remove, add_show, group
from adapters.cli.options import Description, MaybeName, Name, OneNamed
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import (
    Body,
    clearable,
    demands,
    document,
    given,
    listed,
    numbers,
    parted,
)
from core.domain.service import ServiceKind
from core.domain.service_type import Choice, Grouping, Preference, Strategy

SERVICE_TYPE = RESOURCES["service-type"]

service_types = group("service-type", "The catalogue that tenants choose from.")

Default = Annotated[
    bool | None,
    typer.Option("--default/--no-default", help="Whether VIPs that name no type get this one."),
]
DRIVERS_HELP = "A driver that may provide it; the first is preferred (a,b or repeated)."
Document = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE|-|JSON",
        help="The whole policy: a JSON file, standard input, or JSON. Single options go over it.",
    ),
]
WhoChooses = Annotated[
    Choice | None,
    typer.Option("--choice", case_sensitive=False, help="Who picks the device."),
]
Weight = Annotated[
    list[str] | None,
    typer.Option("--weight", metavar="SCORE=N", help="How much a score counts; 0: not at all."),
]
Spread = Annotated[
    Strategy | None,
    typer.Option(
        "--strategy", case_sensitive=False, help="Spread over devices, or fill one first."
    ),
]
GroupedBy = Annotated[
    Grouping | None,
    typer.Option("--grouping", case_sensitive=False, help="What is brought together, or apart."),
]
ApartDevices = Annotated[
    int | None,
    typer.Option("--apart-devices", help="Devices for each tenant, with --grouping apart."),
]
ApartSeed = Annotated[
    int | None, typer.Option("--apart-seed", help="Another seed draws other devices.")
]
Preferred = Annotated[
    Preference | None,
    typer.Option("--prefer", case_sensitive=False, help="Appliances or virtual devices first."),
]
Demand = Annotated[
    list[str] | None,
    typer.Option("--demand", metavar="KEY=N", help="What one service takes of a limit."),
]
Oversubscription = Annotated[
    list[str] | None,
    typer.Option(
        "--oversubscription", metavar="KEY=N", help="How many times a limit may be claimed (1.5)."
    ),
]
Zone = Annotated[str | None, typer.Option("--zone", help="Only devices of this zone.")]
DevicePool = Annotated[
    str | None, typer.Option("--device-pool", help="Only devices of this device pool.")
]
Dedicated = Annotated[
    bool | None,
    typer.Option("--dedicated/--shared", help="Only devices that belong to the tenant."),
]
ElasticPool = Annotated[
    str | None,
    typer.Option("--elastic-pool", help="The device pool that spawns a device when none fits."),
]


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
    policy: Document = None,
    choice: WhoChooses = None,
    weight: Weight = None,
    strategy: Spread = None,
    grouping: GroupedBy = None,
    apart_devices: ApartDevices = None,
    apart_seed: ApartSeed = None,
    prefer: Preferred = None,
    demand: Demand = None,
    oversubscription: Oversubscription = None,
    zone: Zone = None,
    device_pool: DevicePool = None,
    dedicated: Dedicated = None,
    elastic_pool: ElasticPool = None,
) -> None:
    """Add a service type to the catalogue."""
    whole = _policy(
        document("--policy", policy) if policy is not None else {},
        choice=choice,
        weights=weight,
        strategy=strategy,
        grouping=grouping,
        apart=given(devices=apart_devices, seed=apart_seed),
        prefer=prefer,
        demand=demand,
        oversubscription=oversubscription,
        zone=clearable(zone),
        device_pool=clearable(device_pool),
        dedicated=dedicated,
        elastic_pool=clearable(elastic_pool),
    )
    body = given(
        name=name,
        description=description,
        kind=kind,
        drivers=listed(driver),
        default=default,
        policy=whole or None,
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
    policy: Document = None,
    choice: WhoChooses = None,
    weight: Weight = None,
    strategy: Spread = None,
    grouping: GroupedBy = None,
    apart_devices: ApartDevices = None,
    apart_seed: ApartSeed = None,
    prefer: Preferred = None,
    demand: Demand = None,
    oversubscription: Oversubscription = None,
    zone: Zone = None,
    device_pool: DevicePool = None,
    dedicated: Dedicated = None,
    elastic_pool: ElasticPool = None,
) -> None:
    """Change a service type; its policy counts for later placements.

    --policy replaces the whole policy, other options change what they name. An empty --zone,
    --device-pool or --elastic-pool takes it away, and so does --weight SCORE=, --demand KEY= or
    --oversubscription KEY=.
    """
    item = lookup.find(session.client, SERVICE_TYPE, service_type)
    old: Body = item.get("policy") or {}
    base = document("--policy", policy) if policy is not None else old
    new = _policy(
        base,
        choice=choice,
        weights=weight,
        strategy=strategy,
        grouping=grouping,
        apart=given(devices=apart_devices, seed=apart_seed),
        prefer=prefer,
        demand=demand,
        oversubscription=oversubscription,
        zone=clearable(zone),
        device_pool=clearable(device_pool),
        dedicated=dedicated,
        elastic_pool=clearable(elastic_pool),
    )
    body = given(
        name=name,
        description=description,
        drivers=listed(driver) or None,
        default=default,
        policy=new if policy is not None or new != old else None,
    )
    actions.change(session, SERVICE_TYPE, item, body)


def _policy(
    base: Body,
    *,
    weights: list[str] | None,
    demand: list[str] | None,
    oversubscription: list[str] | None,
    apart: Body,
    **fields: Any,
) -> Body:
    """The policy `base` with what the options name changed."""
    changes = given(
        weights=_mapping(base, "weights", "--weight", weights),
        demand=_mapping(base, "demand", "--demand", demand),
        oversubscription=_mapping(base, "oversubscription", "--oversubscription", oversubscription),
        apart={**base.get("apart", {}), **apart} if apart else None,
        **fields,
    )
    return {**base, **changes}


def _mapping(base: Body, field: str, option: str, texts: list[str] | None) -> Body | None:
    if not texts:
        return None
    dropped, kept = parted(option, texts)
    named: Body = dict(demands(kept) if field == "demand" else numbers(option, kept))
    before: Body = base.get(field) or {}
    return {key: value for key, value in before.items() if key not in dropped} | named


add_list(service_types, "service-type")
add_show(service_types, "service-type")
add_remove(service_types, "service-type")
