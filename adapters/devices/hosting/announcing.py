"""Tells neighbours where an address is now: it may have been at another device before.

Runs in the namespace of the interface.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterable

from pyroute2 import IPRoute

from adapters.devices.hosting import links
from adapters.devices.hosting.wire import INTERFACE

_ETHERNET_ARP = 0x0806
_ARP_REQUEST = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
_ADVERTISEMENT = struct.pack("!BBHI", 136, 0, 0, 0x20000000)
"""ICMPv6 type, code, a checksum that the kernel makes, and "override what you know"."""
_ALL_NODES = "ff02::1"
_EVERYBODY = b"\xff" * 6


def announce(addresses: Iterable[str]) -> None:
    """Send a gratuitous ARP request or an unsolicited neighbour advertisement for each.

    Raises OSError, and NetlinkError.
    """
    with IPRoute() as net:
        link = links.find(net, INTERFACE)
    if link is None:
        return
    mac = bytes.fromhex(link.get("address").replace(":", ""))
    for each in addresses:
        address = ipaddress.ip_address(each)
        if address.version == 4:
            _announce_v4(address.packed, mac)
        else:
            _announce_v6(address.packed, mac, link["index"])


def _announce_v4(address: bytes, mac: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((INTERFACE, _ETHERNET_ARP))
        frame = _EVERYBODY + mac + struct.pack("!H", _ETHERNET_ARP)
        raw.send(frame + _ARP_REQUEST + mac + address + bytes(6) + address)


def _announce_v6(address: bytes, mac: bytes, index: int) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as raw:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        # The option tells the link-layer address, in units of eight bytes.
        raw.sendto(_ADVERTISEMENT + address + b"\x02\x01" + mac, (_ALL_NODES, 0))
