"""Sends one ICMP echo request to the address given and exits with 0 once it is answered.

A second word names the network namespace to send it from. Runs by itself, with nothing but the
standard library. It waits without end: HAProxy ends a check that takes too long.
"""

import ctypes
import os
import socket
import struct
import sys

ECHO_V4, ECHO_V6 = (8, 0), (128, 129)
"""Types of request and reply."""

_NAMESPACES = "/run/netns"
_CLONE_NEWNET = 0x40000000


def open_socket(family: socket.AddressFamily) -> socket.socket:
    """An ICMP socket, with or without privileges. Raises OSError where neither is allowed."""
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError:
        return socket.socket(family, socket.SOCK_RAW, protocol)


def allowed() -> bool:
    """Whether this process may send echo requests."""
    try:
        open_socket(socket.AF_INET).close()
    except OSError:
        return False
    return True


def wait_for_echo(address: str) -> None:
    """Send a request and return when its own reply has come. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ask, reply = ECHO_V6 if family == socket.AF_INET6 else ECHO_V4
    nonce = os.urandom(16)
    with open_socket(family) as icmp:
        icmp.sendto(_request(ask, nonce), (address, 0))
        while True:
            packet = icmp.recv(1024)
            if icmp.type == socket.SOCK_RAW and family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4 :]
            if packet[:1] == bytes([reply]) and packet[8:] == nonce:
                return


def enter(namespace: str) -> None:
    """Have this process see the network of a namespace. Raises OSError."""
    with open(f"{_NAMESPACES}/{namespace}", "rb") as handle:  # noqa: PTH123 - quicker to start
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def _request(kind: int, nonce: bytes) -> bytes:
    identity = os.getpid() & 0xFFFF
    unsummed = struct.pack("!BBHHH", kind, 0, 0, identity, 1) + nonce
    total = sum(struct.unpack(f"!{len(unsummed) // 2}H", unsummed))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", kind, 0, ~total & 0xFFFF, identity, 1) + nonce


if __name__ == "__main__":
    try:
        for name in sys.argv[2:]:
            enter(name)
        wait_for_echo(sys.argv[1])
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
