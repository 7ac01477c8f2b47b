"""Checksums of packets that leave by an interface.

The kernel leaves them to the hardware. A switch that is a process gets the packets before
any hardware does, and members would throw them away.
"""

import array
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_ETHTOOL_GTXCSUM = 0x16
_ETHTOOL_STXCSUM = 0x17


def stop_checksum_offloading(interface: str) -> bool:
    """Have the kernel make checksums itself; say whether it did not. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        if not _ethtool(handle, interface, _ETHTOOL_GTXCSUM):
            return False
        _ethtool(handle, interface, _ETHTOOL_STXCSUM)
        return True


def _ethtool(handle: socket.socket, interface: str, command: int) -> int:
    """Carry out a command with the value 0; return the value after it."""
    value = array.array("I", [command, 0])
    address, _ = value.buffer_info()
    fcntl.ioctl(handle, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), address))
    return value[1]
