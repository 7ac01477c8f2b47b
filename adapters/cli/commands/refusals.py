"""Prints groups of devices that were refused for the same reasons."""

from collections.abc import Sequence

from adapters.cli.screen import show_table
from adapters.cli.text import plain
from adapters.cli.wire import Json


def show_groups(groups: Sequence[Json]) -> None:
    """What each group lacks, told for the device in it that lacks the least."""
    rows = [
        [
            ", ".join(_kind(kind) for kind in group["reasons"]),
            str(group["devices"]),
            _examples(group),
            plain(group["nearest"]),
            plain(group["text"]),
            plain(group["remedy"]),
        ]
        for group in groups
    ]
    if rows:
        show_table(["reasons", "devices", "such as", "nearest", "why", "what would admit it"], rows)


def _kind(kind: Json) -> str:
    about = f" ({plain(kind['about'])})" if kind["about"] else ""
    return f"{plain(kind['code'])}{about}"


def _examples(group: Json) -> str:
    more = ", ..." if group["devices"] > len(group["examples"]) else ""
    return f"{plain(group['examples'])}{more}"
