"""What one end of a wire is, and what it is called on this host."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from core.domain.binding import Attachment

INTERFACE = "eth0"
"""The interface in an end's namespace."""

_PREFIX = "ph-"


class WireFailure(Exception):
    """An end cannot be made or taken away now. One line, for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEnd:
    """A device's place on one network: a network namespace with one interface in it.

    `vips` are addresses that it has besides its own.
    """

    attachment: Attachment
    vips: frozenset[str] = frozenset()

    @property
    def namespace(self) -> str:
        return namespace_of(self.attachment.device_id, self.attachment.network_id)

    @property
    def outer(self) -> str:
        """The interface on the host's side."""
        return outer_of(self.namespace)


@lru_cache(maxsize=65_536)
def namespace_of(device_id: str, network_id: str) -> str:
    """The network namespace of a device on a network, always the same."""
    return f"{prefix_of(device_id)}{_digest(network_id, 12)}"


def prefix_of(device_id: str) -> str:
    """What the names of all namespaces of a device begin with."""
    return f"{_PREFIX}{_digest(device_id, 12)}-"


def outer_of(namespace: str) -> str:
    """The host's interface that leads into a namespace; the kernel allows 15 characters."""
    return f"ph{_digest(namespace, 13)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
