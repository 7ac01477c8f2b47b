"""Linux bridges, one for a network, that several devices may be plugged into."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from adapters.devices.exclusive import Busy, exclusive
from adapters.devices.hosting import sysctl
from adapters.devices.hosting.links import find, remove
from adapters.devices.hosting.wire import WireFailure

OURS = 0x7068
"""The group of interfaces that marks the bridges made here."""

_LOCK = Path("/run/pierhead-bridges.lock")
_LOCK_TIMEOUT = 10.0
"""Seconds."""


def join(net: IPRoute, bridge: str, port: Any) -> bool:
    """Have the interface in the bridge, which is made when there is none; say whether it was
    not. Raises WireFailure, OSError, and NetlinkError."""
    link = find(net, bridge)
    if link is not None and link["state"] == "up" and port.get("master") == link["index"]:
        return False
    with _alone():
        link = find(net, bridge)
        if link is None:
            net.link("add", ifname=bridge, kind="bridge", group=OURS)
            sysctl.put(f"ipv6/conf/{bridge}/disable_ipv6", 1)
            link = find(net, bridge)
        if link is None or _kind(link) != "bridge":
            raise WireFailure(f"{bridge} is no bridge")
        if link["state"] != "up":
            net.link("set", index=link["index"], state="up")
        net.link("set", index=port["index"], master=link["index"])
        return True


def leave(net: IPRoute, interface: str) -> None:
    """Remove the interface, and the bridge that it was in if that was made here and has no
    other. Raises WireFailure, OSError, and NetlinkError."""
    with _alone():
        port = find(net, interface)
        remove(net, interface)
        master = port.get("master") if port is not None else None
        bridge = next(iter(net.get_links(master)), None) if master else None
        if (
            bridge is not None
            and bridge.get("group") == OURS
            and not list(net.get_links(master=master))
        ):
            net.link("del", index=master)


def _kind(link: Any) -> str | None:
    info = link.get("linkinfo")
    kind: str | None = info.get("kind") if info is not None else None
    return kind


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other process looks whether a bridge is empty meanwhile."""
    try:
        with exclusive(_LOCK, _LOCK_TIMEOUT):
            yield
    except Busy as busy:
        raise WireFailure("another process is at work on the host's bridges") from busy
