"""Reads HAProxy's statistics and server states."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from adapters.devices.haproxy.handover import is_part
from adapters.devices.haproxy.ledger import Traffic
from adapters.devices.haproxy.rendered import Server
from core.domain.loadbalancer.observation import MemberHealth

BACKENDS = "show stat -1 2 -1"
BACKENDS_AND_SERVERS = "show stat -1 6 -1"
EVERYTHING = "show stat -1 7 -1"
"""Frontends as well."""
SERVER_STATES = "show servers state"

_UP = ("UP", "NOLB", "DRAIN")
_STOPPED = "0"
_MAINTENANCE = 0x01 | 0x02 | 0x04 | 0x20


class Mode(Enum):
    """Which requests an administrator lets a server have."""

    READY = auto()
    DRAIN = auto()
    MAINTENANCE = auto()


@dataclass(frozen=True, slots=True)
class SeenServer:
    """A server as it is; `address` with the port."""

    address: str
    weight: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one worker counts. Keys are backend names, and (backend, server) names."""

    traffic: dict[str, Traffic] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    usable: dict[str, int] = field(default_factory=dict)
    """How many servers take new connections."""
    members: dict[tuple[str, str], MemberHealth] = field(default_factory=dict)
    """Only servers with checks."""
    servers: dict[tuple[str, str], SeenServer] = field(default_factory=dict)
    frontends: set[str] = field(default_factory=set)


def read_statistics(answer: str) -> Statistics:
    """Read the answer to BACKENDS, BACKENDS_AND_SERVERS or EVERYTHING."""
    rows = csv.reader(answer.removeprefix("# ").splitlines())
    column = {name: at for at, name in enumerate(next(rows, []))}
    found = Statistics()
    for row in rows:
        if len(row) < len(column):
            continue
        backend, server = row[column["pxname"]], row[column["svname"]]
        if is_part(backend):
            continue
        if server == "BACKEND":
            found.traffic[backend] = Traffic(
                int(row[column["bin"]]), int(row[column["bout"]]), int(row[column["stot"]])
            )
            found.connections[backend] = int(row[column["scur"]])
            found.usable[backend] = int(row[column["act"]])
        elif server == "FRONTEND":
            found.frontends.add(backend)
        else:
            found.servers[backend, server] = _seen(row, column)
            health = _health(row, column) if row[column["check_status"]] else None
            if health is not None:
                found.members[backend, server] = health
    return found


def _seen(row: list[str], column: dict[str, int]) -> SeenServer:
    status = row[column["status"]]
    mode = Mode.READY
    if status.startswith("MAINT"):
        mode = Mode.MAINTENANCE
    elif status.startswith("DRAIN"):
        mode = Mode.DRAIN
    return SeenServer(row[column["addr"]], int(row[column["uweight"]]), mode)


def _health(row: list[str], column: dict[str, int]) -> MemberHealth | None:
    status = row[column["status"]]
    if status.startswith("MAINT"):
        return None
    if status.startswith(_UP):
        return MemberHealth(up=True)
    parts = (row[column["check_desc"]], row[column["last_chk"]])
    return MemberHealth(up=False, description=": ".join(part for part in parts if part))


def down_rows(answer: str, server: Callable[[str, str], Server | None]) -> Iterator[str]:
    """The rows of SERVER_STATES, for a new worker, of those that fail their check.

    `server` finds the server that the new worker will have under these names, if it will
    check one. All else about a server is the new configuration's to say.
    """
    for row in answer.splitlines():
        cells = row.split(" ")
        if len(cells) < 20 or cells[0] == "#" or cells[5] != _STOPPED:
            continue
        found = server(cells[1], cells[3])
        if int(cells[6]) & _MAINTENANCE or found is None or not found.enabled:
            continue
        if (cells[4], cells[18]) == (found.address, str(found.port)):
            cells[7] = cells[8] = str(found.weight)
            yield " ".join(cells) + "\n"
