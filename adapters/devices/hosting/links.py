"""Interfaces of the network namespace that the caller is in."""

import errno
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError


def find(net: IPRoute, name: str) -> Any | None:
    """The interface of this name. Raises NetlinkError."""
    try:
        return next(iter(net.link("get", ifname=name)))
    except NetlinkError as error:
        if error.code == errno.ENODEV:
            return None
        raise


def remove(net: IPRoute, name: str) -> None:
    """Remove an interface, and with it its peer; nothing happens when there is none.

    Raises NetlinkError.
    """
    link = find(net, name)
    if link is not None:
        net.link("del", index=link["index"])
