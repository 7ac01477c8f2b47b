"""Which devices have how much left of one resource."""

from bisect import bisect_left, bisect_right

from core.domain.binding import vlan_resource
from core.domain.placement.index.bits import Mask
from core.domain.placement.request import Candidate

VLANS = "vlans"
"""Stands for the limit on the interface that each device's driver uses."""

UNLIMITED = 1 << 62
"""What is left where there is no limit."""

_MOST_AMOUNTS = 64


class Room:
    """The devices by what they have left of `resource`, oversubscribed by `percent`.

    For each amount that was asked for there is a mask of the devices that have as much left.
    Too many different amounts share masks: these then hold all that have as much left, and
    some that do not.
    """

    def __init__(self, resource: str, percent: int) -> None:
        self.resource = resource
        self.percent = percent
        self._left: list[int] = []
        self._amounts: list[int] = []
        self._masks: dict[int, Mask] = {}

    def left_of(self, candidate: Candidate) -> int:
        """What a device has left; below 0 when it is over-subscribed."""
        resource = self.resource
        if resource == VLANS:
            if candidate.driver is None:
                return UNLIMITED
            resource = vlan_resource(candidate.driver.data_interface)
        limit = candidate.limits.get(resource)
        if limit is None:
            return UNLIMITED
        if self.percent != 100:
            limit = limit * self.percent // 100
        return limit - candidate.used.get(resource, 0)

    def put(self, slot: int, left: int) -> None:
        """Note what the device in a slot has left."""
        while len(self._left) <= slot:
            self._left.append(-UNLIMITED)
        before = self._left[slot]
        if left == before:
            return
        self._left[slot] = left
        if left > before:
            crossed = self._amounts[
                bisect_right(self._amounts, before) : bisect_right(self._amounts, left)
            ]
        else:
            crossed = self._amounts[
                bisect_right(self._amounts, left) : bisect_right(self._amounts, before)
            ]
        for amount in crossed:
            self._masks[amount] ^= 1 << slot

    def drop(self, slot: int) -> None:
        """Forget the device in a slot."""
        if slot < len(self._left):
            self.put(slot, -UNLIMITED)

    def at_least(self, amount: int) -> Mask:
        """The devices that have this much left; perhaps some that have less, see above."""
        mask = self._masks.get(amount)
        if mask is not None:
            return mask
        if len(self._amounts) >= _MOST_AMOUNTS:
            amount = 1 << (amount.bit_length() - 1) if amount > 0 else amount
            if amount in self._masks:
                return self._masks[amount]
        mask = 0
        for slot, left in enumerate(self._left):
            if left >= amount:
                mask |= 1 << slot
        self._amounts.insert(bisect_left(self._amounts, amount), amount)
        self._masks[amount] = mask
        return mask

    def is_exact(self, amount: int) -> bool:
        """Whether `at_least` holds only devices that have this much."""
        return amount in self._masks

    def copy(self) -> "Room":
        """An independent copy."""
        other = Room(self.resource, self.percent)
        other._left = self._left.copy()
        other._amounts = self._amounts.copy()
        other._masks = self._masks.copy()
        return other
