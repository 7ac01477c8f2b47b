"""What describes a device, in the commands for devices and for pools that make them."""

from typing import Annotated

import typer

from adapters.cli.values import Body, limits, pairs, parameters, parted
from adapters.cli.wire import Json
from core.domain.wiring import WiringKind

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
Wiring = Annotated[
    WiringKind | None,
    typer.Option("--wiring", case_sensitive=False, help="How it gets onto networks."),
]
WiringHost = Annotated[
    str | None,
    typer.Option(
        "--wiring-host",
        help="Where a virtual device is plugged in (its agent's host), or the name by which"
        " switches know a physical one; '': none.",
    ),
]
Trunk = Annotated[
    str | None, typer.Option("--trunk", metavar="ID", help="The trunk that a device is on.")
]


def changed_wiring(
    item: Json | None, kind: WiringKind | None, host: str | None, trunk: str | None
) -> Body | None:
    """The wiring of `item` (None: of a new device) after a change. Another kind starts anew, an
    empty value takes one away."""
    if kind is None and host is None and trunk is None:
        return None
    before = {"kind": WiringKind.VIRTUAL.value} if item is None else item["wiring"]
    wiring = {**before} if kind in (None, before["kind"]) else {"kind": kind.value}
    return wiring | {
        name: value or None
        for name, value in (("host", host), ("trunk_id", trunk))
        if value is not None
    }


def changed_parameters(item: Json, document: str | None, single: list[str] | None) -> Body | None:
    """The parameters of `item` after a change: a document replaces all, single ones some."""
    sent = parameters(document, single)
    return sent if sent is None or document is not None else {**item["parameters"], **sent}


def changed_limits(item: Json, texts: list[str] | None) -> Body | None:
    """The limits of `item` after a change; an empty value takes one away."""
    if not texts:
        return None
    dropped, kept = parted("--limit", texts)
    present = {key: value for key, value in item["limits"].items() if key not in dropped}
    return {**present, **limits(kept)}


def changed_labels(item: Json, texts: list[str] | None) -> Body | None:
    """The labels of `item` after a change; an empty value takes one away."""
    if not texts:
        return None
    dropped, kept = parted("--label", texts)
    present = {key: value for key, value in item["labels"].items() if key not in dropped}
    return {**present, **pairs("--label", kept)}
