"""The kernel's settings of the network namespace that the calling thread is in."""

from pathlib import Path

_NET = Path("/proc/sys/net")


def put(setting: str, value: int) -> bool:
    """Set one, such as "ipv4/ip_forward"; say whether it was different. Settings that this
    kernel does not have are passed over: what they govern is not there. Raises OSError."""
    path = _NET / setting
    try:
        if path.read_text().strip() == str(value):
            return False
        path.write_text(f"{value}\n")
    except FileNotFoundError:
        return False
    return True
