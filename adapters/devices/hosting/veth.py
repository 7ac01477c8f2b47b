"""The pair of interfaces that leads from the host into an end's namespace."""

from typing import Any

from pyroute2 import IPRoute

from adapters.devices.hosting import links, sysctl
from adapters.devices.hosting.namespaces import inside
from adapters.devices.hosting.wire import INTERFACE, WireEnd


def make(net: IPRoute, end: WireEnd) -> Any:
    """Make the pair anew, whatever there is of it; return the host's interface.

    Raises OSError, and NetlinkError.
    """
    links.remove(net, end.outer)
    inside(end.namespace, _remove_inner)
    peer = {"ifname": INTERFACE, "net_ns_fd": end.namespace}
    if end.attachment.mac:
        peer["address"] = end.attachment.mac
    net.link("add", ifname=end.outer, kind="veth", peer=peer)
    return links.find(net, end.outer)


def raise_outer(net: IPRoute, end: WireEnd, outer: Any) -> list[str]:
    """Put right the host's interface; say what was wrong."""
    # The host itself has no business on the tenant's network.
    sysctl.put(f"ipv6/conf/{end.outer}/disable_ipv6", 1)
    done = []
    if end.attachment.mtu is not None and outer.get("mtu") != end.attachment.mtu:
        net.link("set", index=outer["index"], mtu=end.attachment.mtu)
        done.append("mtu")
    if outer["state"] != "up":
        net.link("set", index=outer["index"], state="up")
        done.append("link")
    return done


def _remove_inner() -> None:
    with IPRoute() as net:
        links.remove(net, INTERFACE)
