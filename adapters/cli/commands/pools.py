"""Commands for tenants: pools and their health monitors."""

from typing import Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_remove, add_show, group
from adapters.cli.options import Description, MaybeName, Name, OneNamed, Project, Up, Wait
from adapters.cli.resources import RESOURCES
from adapters.cli.session import Session
from adapters.cli.values import given
from core.domain.loadbalancer.model import Method, MonitorType, Protocol

POOL = RESOURCES["pool"]
MONITOR = RESOURCES["monitor"]

pools = group("pool", "Groups of members that answer for a VIP.")
monitors = group("monitor", "Health checks of pools' members.")

MonitorId = Annotated[str, typer.Argument(metavar="MONITOR", help="The monitor's id.")]
Spread = Annotated[
    Method | None,
    typer.Option("--method", case_sensitive=False, help="How requests are spread."),
]
Codes = Annotated[
    str | None, typer.Option("--codes", help="Status codes that pass: 200, 200,204 or 200-299.")
]
HttpMethod = Annotated[str | None, typer.Option("--method", help="The HTTP method of the check.")]
UrlPath = Annotated[str | None, typer.Option("--path", help="The URL path of the check.")]


@command(pools, "add")
def add_pool(
    session: Session,
    *,
    name: Name,
    subnet: Annotated[
        str, typer.Option("--subnet", help="The members' subnet: its name, id or range.")
    ],
    protocol: Annotated[
        Protocol, typer.Option("--protocol", case_sensitive=False, help="What members speak.")
    ],
    method: Spread = None,
    monitor: Annotated[
        list[str] | None, typer.Option("--monitor", help="A health monitor's id.")
    ] = None,
    description: Description = None,
    up: Up = None,
    project: Project = None,
) -> None:
    """Create a pool; its members take turns unless --method says otherwise."""
    client = session.client
    body = given(
        name=name,
        description=description,
        subnet_id=lookup.identity_of(client, "subnet", subnet),
        protocol=protocol,
        lb_method=method or Method.ROUND_ROBIN,
        health_monitors=[lookup.identity_of(client, "monitor", text) for text in monitor or ()]
        or None,
        admin_state_up=up,
        tenant_id=project,
    )
    actions.create(session, POOL, body)


@command(pools, "set")
def set_pool(
    session: Session,
    *,
    pool: OneNamed,
    name: MaybeName = None,
    description: Description = None,
    method: Spread = None,
    up: Up = None,
    wait: Wait = None,
) -> None:
    """Change a pool. --wait: until its VIP's device runs it."""
    item = lookup.find(session.client, POOL, pool)
    body = given(name=name, description=description, lb_method=method, admin_state_up=up)
    actions.change(session, POOL, item, body, wait)


@command(pools, "add-monitor")
def add_monitor_to_pool(session: Session, pool: OneNamed, monitor: MonitorId) -> None:
    """Have a pool's members checked by a health monitor."""
    client = session.client
    item = lookup.find(client, POOL, pool)
    _associate(session, item["id"], lookup.identity_of(client, "monitor", monitor))
    _show_again(session, item["id"])


@command(pools, "remove-monitor")
def remove_monitor_from_pool(session: Session, pool: OneNamed, monitor: MonitorId) -> None:
    """No longer have a pool's members checked by a health monitor."""
    client = session.client
    item = lookup.find(client, POOL, pool)
    identity = lookup.identity_of(client, "monitor", monitor)
    client.delete(f"{lookup.path_of(POOL, item['id'])}/health_monitors/{identity}")
    _show_again(session, item["id"])


@command(pools, "stats")
def show_pool_stats(session: Session, pool: OneNamed) -> None:
    """Show the traffic of a pool since it was first deployed."""
    item = lookup.find(session.client, POOL, pool)
    stats = session.client.get(lookup.path_of(POOL, item["id"]) + "/stats", "stats")
    actions.show_one(session, stats)


@command(monitors, "add")
def add_monitor(
    session: Session,
    *,
    kind: Annotated[
        MonitorType, typer.Option("--type", case_sensitive=False, help="How to check.")
    ],
    delay: Annotated[int, typer.Option("--delay", help="Seconds between checks.")],
    timeout: Annotated[int, typer.Option("--timeout", help="Seconds to wait for an answer.")],
    retries: Annotated[int, typer.Option("--retries", help="Checks in a row that decide (1-10).")],
    path: UrlPath = None,
    method: HttpMethod = None,
    codes: Codes = None,
    pool: Annotated[
        list[str] | None, typer.Option("--pool", help="Use it for this pool at once.")
    ] = None,
    up: Up = None,
    project: Project = None,
) -> None:
    """Create a health monitor."""
    client = session.client
    uses = [lookup.identity_of(client, "pool", text) for text in pool or ()]
    body = given(
        type=kind,
        delay=delay,
        timeout=timeout,
        max_retries=retries,
        url_path=path,
        http_method=method,
        expected_codes=codes,
        admin_state_up=up,
        tenant_id=project,
    )
    item = actions.created(session, MONITOR, body)
    for pool_id in uses:
        _associate(session, pool_id, item["id"])
    actions.show_one(session, lookup.find(client, MONITOR, item["id"]) if uses else item)


@command(monitors, "set")
def set_monitor(
    session: Session,
    *,
    monitor: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    delay: Annotated[int | None, typer.Option("--delay", help="Seconds between checks.")] = None,
    timeout: Annotated[
        int | None, typer.Option("--timeout", help="Seconds to wait for an answer.")
    ] = None,
    retries: Annotated[
        int | None, typer.Option("--retries", help="Checks in a row that decide (1-10).")
    ] = None,
    path: UrlPath = None,
    method: HttpMethod = None,
    codes: Codes = None,
    up: Up = None,
) -> None:
    """Change a health monitor."""
    item = lookup.find(session.client, MONITOR, monitor)
    body = given(
        delay=delay,
        timeout=timeout,
        max_retries=retries,
        url_path=path,
        http_method=method,
        expected_codes=codes,
        admin_state_up=up,
    )
    actions.change(session, MONITOR, item, body)


def _associate(session: Session, pool_id: str, monitor_id: str) -> None:
    path = f"{lookup.path_of(POOL, pool_id)}/health_monitors"
    session.client.post(path, MONITOR.one, {"id": monitor_id})


def _show_again(session: Session, pool_id: str) -> None:
    actions.show_one(session, lookup.find(session.client, POOL, pool_id))


for _word, _group in (("pool", pools), ("monitor", monitors)):
    add_list(_group, _word)
    add_show(_group, _word)
    add_remove(_group, _word)
