"""Sets of slots by name: the devices on each network, with each tenant, with each range."""

from core.domain.placement.index.bits import Mask, lowest, mask_of, slots_of

_FEW = 24
"""Up to here a tuple of slots is smaller than a mask, and its devices are looked at one by one."""


class SlotSets:
    """Values are never changed but replaced, so that a copy costs one dictionary."""

    __slots__ = ("_sets",)

    def __init__(self) -> None:
        self._sets: dict[str, tuple[int, ...] | Mask] = {}

    def add(self, name: str, slot: int) -> None:
        """Put a slot into a set."""
        known = self._sets.get(name, ())
        if isinstance(known, int):
            self._sets[name] = known | 1 << slot
        elif slot not in known:
            grown = (*known, slot)
            self._sets[name] = grown if len(grown) <= _FEW else mask_of(grown)

    def discard(self, name: str, slot: int) -> None:
        """Take a slot out of a set; nothing happens when it is not there."""
        known = self._sets.get(name, ())
        if isinstance(known, int):
            mask = known & ~(1 << slot)
            self._sets[name] = mask if mask.bit_count() > _FEW // 2 else tuple(slots_of(mask))
        elif slot in known:
            left = tuple(one for one in known if one != slot)
            if left:
                self._sets[name] = left
            else:
                del self._sets[name]

    def get(self, name: str) -> tuple[int, ...] | Mask:
        """The set, as a tuple while it is small."""
        return self._sets.get(name, ())

    def one(self, name: str) -> int:
        """Any slot of a set that there is."""
        known = self._sets[name]
        return lowest(known) if isinstance(known, int) else known[0]

    def mask(self, name: str) -> Mask:
        """The set as a mask; 0 when there is none of this name."""
        known = self._sets.get(name)
        if known is None:
            return 0
        return known if isinstance(known, int) else mask_of(known)

    def __contains__(self, name: str) -> bool:
        return name in self._sets

    def copy(self) -> "SlotSets":
        """An independent copy."""
        other = SlotSets()
        other._sets = self._sets.copy()
        return other
