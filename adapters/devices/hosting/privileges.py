"""Whether this process may make network namespaces and interfaces."""

import re
from pathlib import Path

_NEEDED = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
"""Numbers of the kernel's capabilities."""


_STATUS = Path("/proc/self/status")


def missing_privileges(status: Path = _STATUS) -> list[str]:
    """The capabilities that it lacks, by name. `status` is the kernel's word on the process."""
    match = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(), re.MULTILINE)
    effective = int(match[1], 16) if match else 0
    return [name for name, number in _NEEDED.items() if not effective >> number & 1]
