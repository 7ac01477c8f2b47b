"""What is inside an end's namespace: addresses, routes and the kernel's settings.

Everything here runs in the namespace, and brings what it finds to what is wanted.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from pyroute2 import IPRoute

from adapters.devices.hosting import links, sysctl
from adapters.devices.hosting.offloading import stop_checksum_offloading
from adapters.devices.hosting.wire import INTERFACE, WireEnd

_LINK_SCOPE = 253
_FOREVER = 0xFFFFFFFF
_NO_DAD = 0x02
_SETTINGS = {
    "ipv4/ip_forward": 0,
    "ipv6/conf/all/forwarding": 0,
    f"ipv4/conf/{INTERFACE}/promote_secondaries": 1,
    f"ipv6/conf/{INTERFACE}/accept_ra": 0,
    f"ipv6/conf/{INTERFACE}/autoconf": 0,
    f"ipv6/conf/{INTERFACE}/accept_dad": 0,
}
"""It is no router, has the addresses that it was given and no others, and can use them at
once; a subnet's other addresses outlive its first one."""

Address = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def furnish(end: WireEnd, outer: int, *, software_switch: bool) -> list[str] | None:
    """Put right all that is wrong inside; say what that was. None: there is no interface
    whose peer is the host's of index `outer`.

    With `software_switch` packets leave with their checksums made. Raises OSError, and
    NetlinkError.
    """
    with IPRoute() as net:
        link = links.find(net, INTERFACE)
        if link is None or link.get("link") != outer:
            return None
        return _settle(net, end, link, software_switch=software_switch)


def addresses(net: IPRoute, index: int) -> set[Address]:
    """Those of an interface that somebody gave it."""
    return {
        ipaddress.ip_interface(f"{_local(each)}/{each['prefixlen']}")
        for each in net.get_addr(index=index)
        if not (each["family"] == socket.AF_INET6 and each["scope"] == _LINK_SCOPE)
    }


def _settle(net: IPRoute, end: WireEnd, link: Any, *, software_switch: bool) -> list[str]:
    own = [ipaddress.ip_interface(each) for each in end.attachment.addresses]
    wanted = [*own, *(ipaddress.ip_interface(each) for each in sorted(end.vips))]
    done = _settle_settings(wanted)
    done += _raise_links(net, end, link)
    if software_switch and stop_checksum_offloading(INTERFACE):
        done.append("checksums")
    done += _settle_addresses(net, link["index"], wanted)
    done += _settle_routes(net, link["index"], end.attachment.gateways)
    return done


def _settle_settings(wanted: Iterable[Address]) -> list[str]:
    over_ipv6 = any(each.version == 6 for each in wanted)
    settings = {f"ipv6/conf/{INTERFACE}/disable_ipv6": int(not over_ipv6), **_SETTINGS}
    return [name for name, value in settings.items() if sysctl.put(name, value)]


def _raise_links(net: IPRoute, end: WireEnd, link: Any) -> list[str]:
    done = []
    loop = links.find(net, "lo")
    if loop is not None and loop["state"] != "up":
        net.link("set", index=loop["index"], state="up")
    wanted = {"address": end.attachment.mac, "mtu": end.attachment.mtu}
    changes = {
        name: value
        for name, value in wanted.items()
        if value is not None and link.get(name) != value
    }
    if changes:
        net.link("set", index=link["index"], **changes)
        done += sorted(changes)
    if link["state"] != "up":
        net.link("set", index=link["index"], state="up")
        done.append("link")
    return done


def _settle_addresses(net: IPRoute, index: int, wanted: list[Address]) -> list[str]:
    present = addresses(net, index)
    missing = [each for each in wanted if each not in present]
    for address in present - set(wanted):
        net.addr("del", index=index, address=str(address.ip), prefixlen=_length(address))
    for address in missing:
        options: dict[str, object] = {}
        if address.version == 6:
            # A VIP that were preferred could become the source of what goes to members.
            preferred = 0 if _length(address) == address.max_prefixlen else _FOREVER
            options = {"flags": _NO_DAD, "preferred": preferred, "valid": _FOREVER}
        net.addr("add", index=index, address=str(address.ip), prefixlen=_length(address), **options)
    gone = [f"without {each}" for each in sorted(map(str, present - set(wanted)))]
    return [*map(str, missing), *gone]


def _settle_routes(net: IPRoute, index: int, gateways: Iterable[str]) -> list[str]:
    done = []
    parsed = [ipaddress.ip_address(each) for each in gateways]
    for version, family in ((4, socket.AF_INET), (6, socket.AF_INET6)):
        wanted = next((str(each) for each in parsed if each.version == version), None)
        present = {route.get("gateway") for route in net.get_default_routes(family=family)}
        if present == ({wanted} if wanted else set()):
            continue
        for gateway in present:
            net.route("del", dst="default", gateway=gateway, oif=index, family=family)
        if wanted:
            net.route("add", dst="default", gateway=wanted, oif=index, family=family)
        done.append(f"route by {wanted}")
    return done


def _local(row: Any) -> str:
    found: str = row.get("local") or row.get("address")
    return found


def _length(address: Address) -> int:
    return address.network.prefixlen
