"""Makes one piece of work of all the commands that waited for a device."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.messages import (
    ApplyServices,
    Command,
    DeviceHandle,
    RetireDevice,
    ServiceOrder,
)


@dataclass(frozen=True, slots=True)
class DeviceWork:
    """What to do for one device: probe it, apply orders, or retire it (and nothing else)."""

    device: DeviceHandle
    probe: bool
    orders: tuple[ServiceOrder, ...]
    complete: bool
    retire: bool


def merge(commands: Sequence[Command]) -> DeviceWork:
    """Only the newest order of each service counts, in the order in which they first came."""
    newest: dict[str, ServiceOrder] = {}
    probe = complete = retire = False
    for command in commands:
        if isinstance(command, ApplyServices):
            complete = complete or command.complete
            for order in command.orders:
                known = newest.get(order.service_id)
                if known is None or order.revision >= known.revision:
                    newest[order.service_id] = order
        elif isinstance(command, RetireDevice):
            retire = True
        else:
            probe = True
    return DeviceWork(
        device=commands[-1].device,
        probe=probe,
        orders=() if retire else tuple(newest.values()),
        complete=complete,
        retire=retire,
    )
