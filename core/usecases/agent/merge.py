"""Makes one piece of work of all the commands that waited for a device."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.messages import (
    Command,
    DeviceHandle,
    ProbeDevice,
    ReleaseDevice,
    RetireDevice,
    ServiceOrder,
)


@dataclass(frozen=True, slots=True)
class DeviceWork:
    """What to do for one device: probe it, apply orders, or retire it or let go of it (and
    nothing else)."""

    device: DeviceHandle
    probe: bool
    orders: tuple[ServiceOrder, ...]
    complete: bool
    retire: bool
    release: bool


def merge(commands: Sequence[Command]) -> DeviceWork:
    """Only the newest order of each service counts, in the order in which they first came, and
    only commands of the highest epoch."""
    epoch = max(command.device.epoch for command in commands)
    current = [command for command in commands if command.device.epoch == epoch]
    newest: dict[str, ServiceOrder] = {}
    probe = complete = retire = release = False
    for command in current:
        if isinstance(command, RetireDevice):
            retire = True
        elif isinstance(command, ReleaseDevice):
            release = True
        else:
            probe = probe or isinstance(command, ProbeDevice)
            complete = complete or command.complete
            for order in command.orders:
                known = newest.get(order.service_id)
                if known is None or order.revision >= known.revision:
                    newest[order.service_id] = order
    return DeviceWork(
        device=current[-1].device,
        probe=probe,
        orders=() if retire or release else tuple(newest.values()),
        complete=complete,
        retire=retire,
        release=release,
    )
