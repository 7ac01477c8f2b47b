"""Sets of devices as the bits of one integer: bit n stands for the device in slot n.

A whole fleet is combined in one machine instruction for every 30 devices, which is what makes
an exact search of 10,000 devices cost little more than one of 100.
"""

from collections.abc import Iterable, Iterator

Mask = int
"""A set of slots."""


def lowest(mask: Mask) -> int:
    """The lowest slot of a set that is not empty."""
    # What is below zero is slow to combine.
    return (mask ^ (mask - 1)).bit_length() - 1


def slots_of(mask: Mask) -> Iterator[int]:
    """The slots of a set, in rising order."""
    if mask.bit_count() < 16:
        while mask:
            rest = mask & (mask - 1)
            yield (mask ^ rest).bit_length() - 1
            mask = rest
        return
    # Taking single bits from a long integer copies all of it each time.
    for at, byte in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little")):
        if byte:
            base = at * 8
            for bit_number in _BITS_OF_BYTE[byte]:
                yield base + bit_number


def mask_of(slots: Iterable[int]) -> Mask:
    """The set of these slots."""
    mask = 0
    for slot in slots:
        mask |= 1 << slot
    return mask


_BITS_OF_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
