"""``pierhead top``: the work there is, and how fast it gets done, until it is interrupted."""

import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from adapters.cli.screen import show_json, show_json_line, write
from adapters.cli.session import Session
from adapters.cli.text import counted, moment, plain, safe, span
from adapters.cli.wire import Json

PATH = "/v2.0/fleet/backlog"

_RATED = ("pending", "failed", "ACTIVE", "fleet_revision")
"""Counts whose growth is shown."""


def top(
    session: Session,
    *,
    every: Annotated[
        float, typer.Option("--interval", help="Seconds from one look to the next.", min=0.1)
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Watch the backlog, rates, the object that waits longest, agents and devices.

    With --json a line for each look. Rates are per second, since the look before.
    """
    if once:
        now = _look(session)
        if session.as_json:
            show_json(now)
        else:
            write(sheet(now, {}))
        return
    if session.as_json:
        for now, rates in _looks(session, every):
            show_json_line({**now, "rates": rates})
        return
    _watch(session, every)


def _watch(session: Session, every: float) -> None:
    # rich takes a tenth of a second to import, and neither --help nor --json needs it.
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not sys.stdout.isatty():
        for now, rates in _looks(session, every):
            write(sheet(now, rates) + "\n")
        return
    with Live(auto_refresh=False, screen=True) as live:
        for now, rates in _looks(session, every):
            live.update(Text(sheet(now, rates)), refresh=True)


def _looks(session: Session, every: float) -> Iterator[tuple[Json, dict[str, float]]]:
    before: Json | None = None
    while True:
        now = _look(session)
        yield now, {} if before is None else rates_between(before, now)
        before = now
        time.sleep(every)


def _look(session: Session) -> Json:
    found: Json = session.client.get(PATH, "backlog")
    return found


def rates_between(before: Json, now: Json) -> dict[str, float]:
    """How much each count grew in a second."""
    seconds = now["at"] - before["at"]
    if seconds <= 0:
        return {}
    return {name: (_count(now, name) - _count(before, name)) / seconds for name in _RATED}


def _count(look: Json, name: str) -> float:
    return float(look[name] if name in look else look["services"].get(name, 0))


def sheet(now: Json, rates: dict[str, float]) -> str:
    """One look, for people."""
    oldest = now["oldest"]
    waits = "nothing waits"
    if oldest is not None:
        since = oldest["changed_at"]
        age = "" if since is None else f" for {span(now['at'] - since)}"
        waits = f"{safe(oldest['kind'])} {safe(oldest['id'])} is {plain(oldest['status'])}{age}"
    agents = now["agents"]
    alive = sum(1 for agent in agents if agent["alive"])
    waiting = sum(agent["backlog"] for agent in agents)
    lines = [
        moment(now["at"]),
        f"pending   {now['pending']}{_rate(rates, 'pending')}",
        f"failed    {now['failed']}{_rate(rates, 'failed')}",
        f"overdue   {now['overdue']}",
        f"longest   {waits}",
        f"services  {_counts(now['services'])}{_rate(rates, 'ACTIVE', 'ACTIVE ')}",
        f"devices   {_counts(now['devices'])}",
        f"fleet     revision {now['fleet_revision']}{_rate(rates, 'fleet_revision')}",
        f"agents    {counted(len(agents), 'agent')}, {alive} alive,"
        f" {counted(waiting, 'command')} waiting",
    ]
    lines += [_agent(agent) for agent in agents]
    return "\n".join(lines) + "\n"


def _rate(rates: dict[str, float], name: str, label: str = "") -> str:
    return f"  ({label}{rates[name]:+.1f}/s)" if name in rates else ""


def _counts(counts: Json) -> str:
    return ", ".join(f"{count} {plain(name)}" for name, count in sorted(counts.items())) or "none"


def _agent(agent: Json) -> str:
    state = "leaving" if agent["leaving"] else "alive" if agent["alive"] else "silent"
    return (
        f"  {safe(agent['id'])}  group {safe(agent['group'])}  {state}"
        f"  {counted(agent['devices'], 'device')}  {counted(agent['backlog'], 'command')} waiting"
    )
