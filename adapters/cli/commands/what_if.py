"""``pierhead what-if``: what would fit, without placing anything."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.commands.refusals import show_groups
from adapters.cli.errors import CommandFailed, usage
from adapters.cli.resources import Resource
from adapters.cli.screen import show_json, show_line, show_table
from adapters.cli.session import Session
from adapters.cli.text import counted, plain, safe
from adapters.cli.values import Body, demands, given, limits, pairs
from adapters.cli.wire import Json

if TYPE_CHECKING:
    from adapters.cli.client import Client

_WHAT_IF = Resource(
    word="what-if",
    path="/v2.0/fleet/what-if",
    one="what_if",
    many="what_ifs",
    columns=(),
    options={"tenant_id": "--tenant", "networks": "--network", "features": "--feature"},
)
_MOST_SHOWN = 20
_NEW_DEVICES = re.compile(r"(?:(?P<count>[0-9]+)x)?(?P<driver>[^:]+)(?::(?P<fields>.+))?")
_FIELDS = {"zone": "zone", "pool": "device_pool", "tenant": "project_id"}
_FEATURES = {
    "protocol": "protocols",
    "method": "methods",
    "monitor": "monitors",
    "persistence": "persistences",
}
_ENDINGS = {
    "all-placed": "there is room for all",
    "nothing-fits": "then nothing fits any more",
    "out-of-time": "then the time was up, and more may fit",
}

Texts = list[str] | None


def what_if(
    session: Session,
    *,
    service_type: Annotated[
        str | None,
        typer.Option("--service-type", help="The VIPs' type; the default one if left out."),
    ] = None,
    network: Annotated[
        Texts,
        typer.Option(
            "--network",
            metavar="NAME[=CIDR]",
            help="A network that all of them need, or a subnet; with a CIDR, one that is not"
            " there yet.",
        ),
    ] = None,
    own_networks: Annotated[
        int | None, typer.Option("--own-networks", help="Networks that each needs for itself.")
    ] = None,
    count: Annotated[int, typer.Option("--count", help="How many VIPs.")] = 1,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Whose they are; yours if left out.")
    ] = None,
    demand: Annotated[
        Texts,
        typer.Option("--demand", metavar="KEY=N", help="What each takes of a limit."),
    ] = None,
    feature: Annotated[
        Texts,
        typer.Option(
            "--feature", metavar="KIND=NAME", help="What they use: persistence=SOURCE_IP."
        ),
    ] = None,
    drain: Annotated[
        Texts, typer.Option("--drain", metavar="DEVICE", help="As if it took nothing new.")
    ] = None,
    without: Annotated[
        Texts, typer.Option("--without", metavar="DEVICE", help="As if it were not there.")
    ] = None,
    add: Annotated[
        Texts,
        typer.Option(
            "--add",
            metavar="[N]xDRIVER[:KEY=VALUE,...]",
            help="As if there were more: 3xhaproxy:vips=50,zone=east (or pool, tenant).",
        ),
    ] = None,
    limit: Annotated[
        Texts,
        typer.Option(
            "--limit", metavar="DEVICE:KEY=N,...", help="As if a device had other limits."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help=f"List all devices, not just {_MOST_SHOWN}.")
    ] = False,
) -> None:
    """Say how many more VIPs fit, where, and what runs out first. Nothing is placed.

    Without --network and --own-networks, VLANs do not count: the VIPs are on networks that
    their devices are on already.
    """
    client = session.client
    body = given(
        service_type=service_type and lookup.identity_of(client, "service-type", service_type),
        count=count,
        tenant_id=tenant,
        networks=[_network(client, text) for text in network or ()],
        own_networks=own_networks,
        demand=demands(demand) or None,
        features=_features(feature) or None,
        drain=_devices(client, drain),
        without=_devices(client, without),
        add=[_new_devices(text) for text in add or ()],
        limits=dict(_other_limits(client, text) for text in limit or ()),
    )
    answer = actions.created(session, _WHAT_IF, body)
    if session.as_json:
        show_json(answer)
    else:
        _show(answer, every=every)


def _network(client: "Client", text: str) -> str | Body:
    name, equals, cidr = text.partition("=")
    if equals:
        return {"name": name, "cidr": cidr}
    for word in ("network", "subnet"):
        try:
            return lookup.identity_of(client, word, text)
        except CommandFailed as failure:
            if "there is no" not in str(failure):
                raise
    raise CommandFailed(
        f"there is no network or subnet {safe(text)}; one that is not there yet is NAME=CIDR"
    )


def _devices(client: "Client", names: Iterable[str] | None) -> list[str] | None:
    return [lookup.identity_of(client, "device", name) for name in names or ()] or None


def _features(texts: Iterable[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts or ():
        for kind, name in pairs("--feature", [text]).items():
            if kind not in _FEATURES:
                raise usage(f"--feature {safe(kind)}: there are {', '.join(_FEATURES)}")
            found.setdefault(_FEATURES[kind], []).append(name.upper())
    return found


def _new_devices(text: str) -> Body:
    match = _NEW_DEVICES.fullmatch(text)
    if match is None:
        raise usage("--add wants [N]xDRIVER[:KEY=VALUE,...], such as 3xhaproxy:vips=50")
    told = pairs("--add", (match["fields"] or "").split(",") if match["fields"] else ())
    fields = {_FIELDS[key]: value for key, value in told.items() if key in _FIELDS}
    numbers = [f"{key}={value}" for key, value in told.items() if key not in _FIELDS]
    return {
        "driver": match["driver"],
        "count": int(match["count"] or 1),
        "limits": limits(numbers),
        **fields,
    }


def _other_limits(client: "Client", text: str) -> tuple[str, dict[str, int | None]]:
    name, colon, numbers = text.partition(":")
    if not colon:
        raise usage("--limit wants DEVICE:KEY=N,..., such as lb1:vips=200")
    return lookup.identity_of(client, "device", name), limits(numbers.split(","))


def _show(answer: Json, *, every: bool) -> None:
    devices: list[Json] = answer["devices"]
    where = f" on {counted(len(devices), 'device')}" if devices else ""
    show_line(
        f"{answer['placed']} of {counted(answer['asked'], 'VIP')} fit{where}, attaching"
        f" {counted(answer['wirings'], 'network')}; {_ENDINGS[answer['ended']]}."
    )
    if devices:
        show_line("")
        shown = devices if every else devices[:_MOST_SHOWN]
        titles = ["device", "vips", "new networks"]
        show_table(titles, [[plain(one[key]) for key in _COLUMNS] for one in shown])
    if len(devices) > _MOST_SHOWN and not every:
        show_line(f"... and {counted(len(devices) - _MOST_SHOWN, 'device')} more (--all)")
    if answer["first_refusal"] is not None:
        _show_refusal(answer["first_refusal"])


_COLUMNS = ("device_name", "placed", "wirings")


def _show_refusal(refusal: Json) -> None:
    show_line("")
    short = ", ".join(f"{plain(name)} on {number}" for name, number in refusal["short"].items())
    if refusal["runs_out"] is not None:
        show_line(f"First runs out: {plain(refusal['runs_out'])} (short then: {short}).")
    else:
        show_line("It is not for want of room: every device is refused for another reason.")
    counts = ", ".join(f"{plain(code)} {number}" for code, number in refusal["refusals"].items())
    show_line(
        f"Then refused, of {counted(refusal['considered'], 'device')}: {counts or 'none there'}."
    )
    like = refusal["remedy_devices"] - 1
    others = f"; {counted(like, 'device')} more need the like" if like > 0 else ""
    at = f" ({plain(refusal['remedy_device'])}{others})" if refusal["remedy_device"] else ""
    show_line(f"The change that helps most: {plain(refusal['remedy'])}{at}.\n")
    show_groups(refusal["groups"])
