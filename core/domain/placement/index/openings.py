"""The devices that have room for services that take the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.rooms import Room, Threshold


@dataclass(slots=True)
class Opening:
    """What is open to services that need so many networks opened.

    `roomy` are the devices that lack nothing, whatever else they are.
    """

    masks: list[Mask]
    """Those of the thresholds from which this was made."""
    exact: bool
    """Whether only devices are open that have what is asked for, here and where fewer networks
    are opened."""
    roomy: Mask
    _known: dict[int, tuple[Mask, Mask]] = field(init=False, default_factory=dict)
    """By their addresses, sets and those of their devices that have room."""

    def part(self, group: Mask) -> Mask:
        """The devices of a set that have room. The same object is given for the same object:
        a ranking knows it again."""
        known = self._known.get(id(group))
        if known is None:
            known = self._known[id(group)] = group, group & self.roomy
        return known[1]


@dataclass(slots=True)
class Openings:
    """Made anew only when a device crosses one of the thresholds, which few claims do.

    `devices` are all there are, and `room` says how much of what a service takes besides
    networks. All plans whose services take the same share them.
    """

    devices: Mask
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

    def _thresholds_for(self, new: int) -> tuple[list[Threshold], bool]:
        amounts = [amount for _, amount in self.room] + [new] * bool(new)
        thresholds = [*self._room, *([self.vlans.threshold(new)] if new else [])]
        exact = [each.amount for each in thresholds] == amounts
        if new > 1:
            exact = exact and self._thresholds_for(new - 1)[1]
        made = self._thresholds[new] = thresholds, exact
        return made

    def _made(self, masks: list[Mask], *, exact: bool) -> Opening:
        roomy = self.devices
        for mask in masks:
            roomy &= mask
        return Opening(masks=masks, exact=exact, roomy=roomy)
