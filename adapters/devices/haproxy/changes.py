"""What the runtime API can change in a running HAProxy, and what needs a reload."""

from dataclasses import dataclass

from adapters.devices.haproxy.rendered import Backend, Rendered, Server
from adapters.devices.haproxy.syntax import line

ADDED = "New server registered."
DELETED = "Server deleted."
STILL_CONNECTED = "Server still has connections attached to it, cannot remove it."


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the runtime API and the answers that mean that it worked."""

    text: str
    answers: frozenset[str] = frozenset({""})


def runtime_commands(old: Rendered, new: Rendered) -> list[Command] | None:
    """The commands that turn `old` into `new` while it runs; None: only a reload can."""
    if old.frontends != new.frontends or old.pings != new.pings:
        return None
    if [(each.name, each.head) for each in old.backends] != [
        (each.name, each.head) for each in new.backends
    ]:
        return None
    commands: list[Command] = []
    for before, after in zip(old.backends, new.backends, strict=True):
        changed = _servers(before, after)
        if changed is None:
            return None
        commands += changed
    return commands


def _servers(old: Backend, new: Backend) -> list[Command] | None:
    before = {server.name: server for server in old.servers}
    after = {server.name: server for server in new.servers}
    commands: list[Command] = []
    for name, server in after.items():
        if name not in before:
            added = add(new, server)
            if added is None:
                return None
            commands += added
        elif _fixed(before[name]) != _fixed(server):
            return None
        else:
            commands += adjust(new.name, before[name], server)
    for name in before.keys() - after.keys():
        commands += remove(f"{new.name}/{name}")
    return commands


def _fixed(server: Server) -> tuple[object, ...]:
    return (server.address, server.port, server.options, server.namespace)


def add(backend: Backend, server: Server) -> list[Command] | None:
    """Bring in a server that HAProxy does not have; None: only a reload can."""
    if server.namespace is not None:
        return None
    path = f"{backend.name}/{server.name}"
    words = line(server.target, "weight", server.weight, *server.options)
    commands = [Command(f"add server {path} {words}", frozenset({ADDED}))]
    if backend.checked:
        commands.append(Command(f"enable health {path}"))
    if server.enabled:
        commands.append(Command(f"enable server {path}"))
    return commands


def adjust(backend: str, old: Server, new: Server) -> list[Command]:
    """Give a server its weight and state."""
    path = f"{backend}/{new.name}"
    commands = []
    if old.weight != new.weight:
        commands.append(Command(f"set server {path} weight {new.weight}"))
    if old.enabled != new.enabled:
        commands.append(Command(f"set server {path} state {'ready' if new.enabled else 'maint'}"))
    return commands


def remove(path: str) -> list[Command]:
    """A server with connections stays, without new ones, until the next reload drops it."""
    return [
        Command(f"set server {path} state maint"),
        Command(f"del server {path}", frozenset({DELETED, STILL_CONNECTED})),
    ]
