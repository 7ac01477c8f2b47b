"""Finds servers that somebody else changed in a running HAProxy, and how to put them right."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from adapters.devices.haproxy.changes import Command, add, adjust, remove
from adapters.devices.haproxy.rendered import Backend, Rendered, Server
from adapters.devices.haproxy.statistics import Mode, SeenServer, Statistics


@dataclass
class Drift:
    """The servers, as ``backend/server``, that are not as they should be."""

    servers: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    """What puts them right."""
    reload: bool = False
    """Whether only a reload can."""


def find_drift(wanted: Iterable[Rendered], seen: Statistics) -> Drift:
    """Compare what should run with what a worker says of its backends and servers.

    Health is HAProxy's own to judge. So are servers in maintenance that nobody wants: they have
    connections still and go with the next reload.
    """
    drift = Drift()
    if not seen.traffic:
        return drift
    servers: dict[str, dict[str, SeenServer]] = {}
    for (backend, name), server in seen.servers.items():
        servers.setdefault(backend, {})[name] = server
    for rendered in wanted:
        for each in rendered.backends:
            _compare(each, servers.get(each.name, {}), drift)
            drift.reload |= each.name not in seen.traffic
    return drift


def _compare(backend: Backend, seen: dict[str, SeenServer], drift: Drift) -> None:
    for server in backend.servers:
        path = f"{backend.name}/{server.name}"
        found = seen.pop(server.name, None)
        if found is None:
            added = add(backend, server)
            commands = added or []
            drift.reload |= added is None
        elif not _same_address(server, found.address):
            commands = []
            drift.reload = True
        elif commands := adjust(backend.name, _as_seen(server, found), server):
            pass
        else:
            continue
        drift.servers.append(path)
        drift.commands += commands
    for name, found in seen.items():
        if found.mode is not Mode.MAINTENANCE:
            drift.servers.append(f"{backend.name}/{name}")
            drift.commands += remove(f"{backend.name}/{name}")


def _as_seen(server: Server, found: SeenServer) -> Server:
    if server.enabled:
        # Without weight a server drains in any case.
        drains = found.mode is Mode.DRAIN and found.weight > 0
        right = not drains and found.mode is not Mode.MAINTENANCE
    else:
        right = found.mode is Mode.MAINTENANCE
    return replace(server, weight=found.weight, enabled=server.enabled is right)


def _same_address(server: Server, seen: str) -> bool:
    host, _, port = seen.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return (address, port) == (ipaddress.ip_address(server.address), str(server.port))
