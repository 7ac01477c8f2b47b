"""``pierhead capacity``: how much room the fleet has."""

from typing import Annotated

import typer

from adapters.cli.screen import show_json, show_line, show_table
from adapters.cli.session import Session
from adapters.cli.text import counted, moment, plain
from adapters.cli.wire import Json
from core.usecases.placement.capacity_types import By

_PATH = "/v2.0/fleet/capacity"
_BAR = 20
_NONE = {By.DRIVER: "no driver", By.POOL: "no pool", By.ZONE: "no zone", By.DEVICE: "-"}


def capacity(
    session: Session,
    *,
    by: Annotated[
        By, typer.Option("--by", case_sensitive=False, help="What devices are put together by.")
    ] = By.DRIVER,
) -> None:
    """Show what is claimed, used and left of the fleet, and how many more VIPs fit."""
    found: Json = session.client.get(_PATH, "capacity", {"by": by.value})
    if session.as_json:
        show_json(found)
        return
    total = found["total"]
    show_line(
        f"{counted(total['devices'], 'device')}, {total['eligible']} open for new VIPs"
        f" ({moment(found['seen_at'])}, revision {found['fleet_revision']})"
    )
    groups: list[Json] = found["groups"]
    rows = [row for group in groups for row in _rows(by, group)]
    if by is not By.DEVICE and len(groups) > 1:
        rows += _rows(by, {**total, "name": "in all"})
    if rows:
        show_line("")
        _show_resources(by, rows)
    _show_set_aside(by, groups)
    _show_fits(found["service_types"])


def _show_resources(by: By, rows: list[list[str]]) -> None:
    titles = [by.value, "open", "resource", "claimed", "used", "limit", "left", "over", ""]
    show_table(titles, rows)
    show_line("# used, + claimed and on its way, . left; ! claimed beyond the limit")


def _rows(by: By, group: Json) -> list[list[str]]:
    name = plain(group["name"]) if group["name"] is not None else _NONE[by]
    opened = f"{group['eligible']} of {group['devices']}"
    # What has no limit anywhere, and of which nothing is taken, is of no interest.
    resources = {
        resource: room
        for resource, room in group["resources"].items()
        if room["limit"] or room["claimed"] or not room["unlimited"]
    } or {"-": None}
    rows = []
    for position, (resource, room) in enumerate(resources.items()):
        head = [name, opened] if position == 0 else ["", ""]
        rows.append([*head, plain(resource), *_cells(room)])
    return rows


def _cells(room: Json | None) -> list[str]:
    if room is None:
        return ["-"] * 5 + [""]
    endless = room["unlimited"]
    limit, left = str(room["limit"]), str(room["left"])
    if endless:
        # What some devices hold without end has no sum.
        limit = "unlimited" if not room["limit"] else f"{limit}, {endless} unlimited"
        left = "unlimited"
    over = str(room["over"]) if room["over"] else "-"
    return [str(room["claimed"]), str(room["used"]), limit, left, over, _bar(room)]


def _bar(room: Json) -> str:
    whole = int(room["limit"]) if not room["unlimited"] else 0
    if not whole:
        return ""
    inside = int(room["claimed"]) - int(room["over"])
    used = round(min(int(room["used"]), inside) / whole * _BAR)
    claimed = round(inside / whole * _BAR)
    bar = "#" * used + "+" * (claimed - used) + "." * (_BAR - claimed)
    return bar + ("!" if room["over"] else "")


def _show_set_aside(by: By, groups: list[Json]) -> None:
    rows = [
        [
            plain(group["name"]) if group["name"] is not None else _NONE[by],
            str(group["set_aside"]["devices"]),
            plain(group["set_aside"]["reasons"]),
            plain(group["set_aside"]["claimed"]),
        ]
        for group in groups
        if group["set_aside"]["devices"]
    ]
    if rows:
        show_line("\nNot counted above, because they take nothing new:")
        show_table([by.value, "devices", "why", "claimed there"], rows)


def _show_fits(service_types: list[Json]) -> None:
    rows = [
        [
            plain(each["name"]),
            str(each["devices"]),
            *_fits(each["wired"]),
            *_fits(each["own_network"]),
        ]
        for each in service_types
    ]
    if rows:
        show_line("\nHow many more VIPs fit, if all were of one service type:")
        short = "first short of"
        wired, own = "on wired networks", "each on its own network"
        show_table(["service type", "devices", wired, short, own, short], rows)


def _fits(fits: Json) -> list[str]:
    vips = "any number" if fits["vips"] is None else str(fits["vips"])
    return [vips, plain(fits["runs_out"])]
