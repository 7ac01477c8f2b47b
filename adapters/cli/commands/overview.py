"""``pierhead status``: how the fleet and the VIPs are, and what is wrong."""

from collections import Counter
from typing import TYPE_CHECKING

from adapters.cli import lookup
from adapters.cli.errors import Refused
from adapters.cli.resources import RESOURCES
from adapters.cli.screen import show_json, show_line, show_table
from adapters.cli.session import Session
from adapters.cli.text import counted, plain
from adapters.cli.wire import Json

if TYPE_CHECKING:
    from adapters.cli.client import Client

_WRONG = frozenset({"ERROR", "OFFLINE"})
_OF_DEVICES = ("name", "driver", "status", "admin", "vips")


def status(session: Session) -> None:
    """Show devices and their use, VIPs by status, agents, and what is wrong and why."""
    client = session.client
    devices = lookup.listing(client, RESOURCES["device"], {})
    vips = lookup.listing(client, RESOURCES["vip"], {})
    agents = _agents(client)
    # A pool or member in ERROR is so because of its VIP, which is told already.
    out = lookup.listing(client, RESOURCES["member"], {"status": "INACTIVE"})
    problems = [
        *(_problem("device", item) for item in devices if item["status"] in _WRONG),
        *(_problem("vip", item) for item in vips if item["status"] in _WRONG),
        *(_problem("member", item) for item in out),
    ]
    by_status = dict(sorted(Counter(str(vip["status"]) for vip in vips).items()))
    if session.as_json:
        show_json({"devices": devices, "vips": by_status, "agents": agents, "problems": problems})
    else:
        _show(devices, by_status, agents, problems)


def _agents(client: "Client") -> list[Json] | None:
    """The agents; None for tenants, who may not see them."""
    try:
        return lookup.listing(client, RESOURCES["agent"], {})
    except Refused:
        return None


def _problem(word: str, item: Json) -> Json:
    name = item.get("name") or item["id"]
    if word == "member":
        name = f"{item['address']}:{item['protocol_port']}"
    return {
        "kind": word,
        "id": item["id"],
        "name": name,
        "status": item["status"],
        "reason": item.get("status_description") or item.get("status_reason") or "",
    }


def _show(
    devices: list[Json], vips: dict[str, int], agents: list[Json] | None, problems: list[Json]
) -> None:
    show_line(counted(len(devices), "device"))
    if devices:
        columns = [each for each in RESOURCES["device"].columns if each.title in _OF_DEVICES]
        rows = [[column.read(item) for column in columns] for item in devices]
        show_table([column.title for column in columns], rows)
    parts = ", ".join(f"{count} {plain(name)}" for name, count in vips.items())
    show_line(f"\n{counted(sum(vips.values()), 'VIP')}{': ' if parts else ''}{parts}")
    if agents is not None:
        alive = sum(bool(agent["alive"]) for agent in agents)
        backlog = counted(sum(int(agent["backlog"]) for agent in agents), "command")
        show_line(f"{counted(len(agents), 'agent')}, {alive} alive, {backlog} waiting")
    if problems:
        show_line("\nWhat is wrong:")
        titles = ["kind", "name", "status", "reason"]
        show_table(titles, [[plain(item[title]) for title in titles] for item in problems])
