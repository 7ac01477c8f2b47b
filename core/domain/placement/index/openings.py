"""The devices that have room for a service type's services, by its standing scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.rooms import Room, Threshold


@dataclass(slots=True)
class Opening:
    """What is open to services that need so many networks opened.

    `short` counts the devices that lack something, whatever else they are; `groups` are those
    that do not and pass the standing rules, by the points of their standing scores, the best
    first.
    """

    masks: list[Mask]
    """Those of the thresholds from which this was made."""
    exact: bool
    """Whether only devices are open that have what is asked for."""
    roomy: Mask
    short: int
    groups: list[tuple[int, Mask]]


@dataclass(slots=True)
class Openings:
    """Made anew only when a device crosses one of the thresholds, which few claims do.

    `devices` are all there are, `groups` as in Plan, and `room` says how much of what a service
    takes besides networks.
    """

    devices: Mask
    groups: Sequence[tuple[int, Mask]]
    room: Sequence[tuple[Room, int]]
    vlans: Room
    _room: list[Threshold] = field(init=False)
    _number: int = field(init=False)
    _thresholds: dict[int, list[Threshold]] = field(init=False, default_factory=dict)
    _known: dict[int, Opening] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._number = self.devices.bit_count()
        self._room = [room.threshold(amount) for room, amount in self.room]

    def opening(self, new: int) -> Opening:
        """What is open to services that need `new` networks opened."""
        thresholds = self._thresholds.get(new)
        if thresholds is None:
            vlans = [self.vlans.threshold(new)] if new else []
            thresholds = self._thresholds[new] = [*self._room, *vlans]
        known = self._known.get(new)
        # Masks that did not change are the same objects, which makes this comparison cheap.
        masks = [each.mask for each in thresholds]
        if known is None or known.masks != masks:
            known = self._known[new] = self._made(new, masks)
        return known

    def has_room(self, slot: int, new: int) -> bool:
        """Whether the device in a slot has room for such a service."""
        for room, amount in self.room:
            if room.left[slot] < amount:
                return False
        return not new or self.vlans.left[slot] >= new

    def _made(self, new: int, masks: list[Mask]) -> Opening:
        roomy = self.devices
        for mask in masks:
            roomy &= mask
        amounts = [amount for _, amount in self.room] + [new] * bool(new)
        return Opening(
            masks=masks,
            exact=[each.amount for each in self._thresholds[new]] == amounts,
            roomy=roomy,
            short=self._number - roomy.bit_count(),
            groups=[(points, both) for points, mask in self.groups if (both := mask & roomy)],
        )
