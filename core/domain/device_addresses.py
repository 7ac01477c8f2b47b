"""Whose an address of the local catalogue is: a service's, or a device's own on a network.

A reservation has one owner. That of a service is the service's id; that of a device tells the
device and the network.
"""

_DEVICE = "device"
_BETWEEN = "/"


def device_owner(device_id: str, network_id: str) -> str:
    """The owner of a device's own addresses on a network."""
    return _BETWEEN.join((_DEVICE, device_id, network_id))


def device_and_network(owner: str) -> tuple[str, str] | None:
    """The device and the network of such an owner; None: a service owns the address."""
    parts = owner.split(_BETWEEN)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == _DEVICE else None
