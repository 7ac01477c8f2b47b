"""The devices that have room for a service type's services, by its standing scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.rooms import Room, Threshold


@dataclass(slots=True)
class Opening:
    """What is open to services that need so many networks opened.

    `roomy` are the devices that lack nothing, whatever else they are; `groups` are those of them
    that pass the standing rules, by the points of their standing scores, the best first.
    """

    masks: list[Mask]
    """Those of the thresholds from which this was made."""
    exact: bool
    """Whether only devices are open that have what is asked for."""
    roomy: Mask
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
    _thresholds: dict[int, tuple[list[Threshold], bool]] = field(init=False, default_factory=dict)
    """By the number of new networks; and whether they are for the very amounts."""
    _known: dict[int, Opening] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._room = [room.threshold(amount) for room, amount in self.room]

    def opening(self, new: int) -> Opening:
        """What is open to services that need `new` networks opened."""
        thresholds, exact = self._thresholds.get(new) or self._thresholds_for(new)
        known = self._known.get(new)
        # Masks that did not change are the same objects, which makes this comparison cheap.
        masks = [each.mask for each in thresholds]
        if known is None or known.masks != masks:
            known = self._known[new] = self._made(masks, exact=exact)
        return known

    def has_room(self, slot: int, new: int) -> bool:
        """Whether the device in a slot has room for such a service."""
        for room, amount in self.room:
            if room.left[slot] < amount:
                return False
        return not new or self.vlans.left[slot] >= new

    def _thresholds_for(self, new: int) -> tuple[list[Threshold], bool]:
        amounts = [amount for _, amount in self.room] + [new] * bool(new)
        thresholds = [*self._room, *([self.vlans.threshold(new)] if new else [])]
        exact = [each.amount for each in thresholds] == amounts
        made = self._thresholds[new] = thresholds, exact
        return made

    def _made(self, masks: list[Mask], *, exact: bool) -> Opening:
        roomy = self.devices
        for mask in masks:
            roomy &= mask
        return Opening(
            masks=masks,
            exact=exact,
            roomy=roomy,
            groups=[(points, both) for points, mask in self.groups if (both := mask & roomy)],
        )
