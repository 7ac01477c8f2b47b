"""Which devices have how much left of one resource."""

from bisect import bisect_left, bisect_right

from core.domain.binding import vlan_resource
from core.domain.placement.index.bits import Mask
from core.domain.placement.request import Candidate

VLANS = "vlans"
"""Stands for the limit on the interface that each device's driver uses."""

UNLIMITED = 1 << 62
"""What is left where there is no limit."""

NOTHING = -UNLIMITED
"""What is left where there is no device."""

_MOST_AMOUNTS = 64


class Threshold:
    """The devices that have at least `amount` left, kept up to date."""

    __slots__ = ("amount", "mask")

    def __init__(self, amount: int, mask: Mask) -> None:
        self.amount = amount
        self.mask = mask


Limit = tuple[str, int | None]
"""The name of a resource on a device, and how much of it may be claimed; None: any amount."""


class Room:
    """The devices by what they have left of `resource`, oversubscribed by `percent`.

    For each amount that was asked for there is a threshold. Too many different amounts share
    thresholds: these then hold all that have as much left, and some that do not.
    """

    def __init__(self, resource: str, percent: int) -> None:
        self.resource = resource
        self.percent = percent
        self.left: list[int] = []
        """What the device in each slot has left, below 0 when it is over-subscribed; of a vacant
        slot, less than anything."""
        self.limits: list[Limit | None] = []
        """The limit of the device in each slot; None: it is vacant."""
        self._known: dict[Limit, Limit] = {}
        self._amounts: list[int] = []
        self._thresholds: dict[int, Threshold] = {}

    def put(self, slot: int, host: Candidate) -> None:
        """Note what the device in a slot has left."""
        while len(self.left) <= slot:
            self.left.append(NOTHING)
            self.limits.append(None)
        resource, limit = found = self._limit_of(host)
        # Most devices have the same limit, which then compares and hashes fast.
        self.limits[slot] = self._known.setdefault(found, found)
        left = UNLIMITED if limit is None else limit - host.used.get(resource, 0)
        self._move(slot, self.left[slot], left)

    def take(self, slot: int, amount: int) -> None:
        """Note that the device in a slot has so much less."""
        left = self.left[slot]
        if left != UNLIMITED:
            self._move(slot, left, left - amount)

    def _limit_of(self, host: Candidate) -> Limit:
        resource = self.resource
        if resource == VLANS:
            resource = "" if host.driver is None else vlan_resource(host.driver.data_interface)
        limit = host.limits.get(resource)
        if limit is not None and self.percent != 100:
            limit = limit * self.percent // 100
        return resource, limit

    def _move(self, slot: int, before: int, left: int) -> None:
        if left == before:
            return
        self.left[slot] = left
        low, high = (before, left) if left > before else (left, before)
        amounts = self._amounts
        for at in range(bisect_right(amounts, low), bisect_right(amounts, high)):
            self._thresholds[amounts[at]].mask ^= 1 << slot

    def drop(self, slot: int) -> None:
        """Forget the device in a slot."""
        if slot < len(self.left):
            self._move(slot, self.left[slot], NOTHING)
            self.limits[slot] = None

    def threshold(self, amount: int) -> Threshold:
        """The devices that have this much left. That of a lower amount, which holds some that
        have less, when there are too many amounts."""
        known = self._thresholds.get(amount)
        if known is not None:
            return known
        if len(self._amounts) >= _MOST_AMOUNTS:
            amount = 1 << (amount.bit_length() - 1) if amount > 0 else amount
            if amount in self._thresholds:
                return self._thresholds[amount]
        mask = 0
        for slot, left in enumerate(self.left):
            if left >= amount:
                mask |= 1 << slot
        self._amounts.insert(bisect_left(self._amounts, amount), amount)
        made = self._thresholds[amount] = Threshold(amount, mask)
        return made

    def copy(self) -> "Room":
        """An independent copy."""
        other = Room(self.resource, self.percent)
        other.left = self.left.copy()
        other.limits = self.limits.copy()
        other._known = self._known
        other._amounts = self._amounts.copy()
        other._thresholds = {
            amount: Threshold(amount, each.mask) for amount, each in self._thresholds.items()
        }
        return other
