"""Puts devices that were refused for the same reasons together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.remedies import shortage
from core.domain.placement.request import Candidate

EXAMPLES = 3
"""How many devices of a group are named."""

_ABOUT = ("resource", "missing", "driver", "admin_state", "status")
"""The numbers of a reason that tell its kinds apart; it has one of them at most."""

Kind = tuple[ReasonCode, str]
"""A kind of reason, and what it is about: the resource that is full, the driver, the status."""

Refused = tuple[Candidate, tuple[Reason, ...]]


@dataclass(slots=True)
class RefusalGroup:
    """Devices with the same kinds of reasons. `nearest` is the one that lacks the least, of
    equals the one that comes first, and `examples` names the first few."""

    kinds: tuple[Kind, ...]
    nearest: Refused
    size: int = 0
    examples: list[str] = field(default_factory=list)


def kinds_of(reasons: Iterable[Reason]) -> tuple[Kind, ...]:
    """The kinds of these reasons, each once, in their order."""
    return tuple(dict.fromkeys((reason.code, _about(reason)) for reason in reasons))


def grouped(refused: Iterable[Refused]) -> list[RefusalGroup]:
    """The groups that need the fewest changes first, of these the largest."""
    groups: dict[tuple[Kind, ...], RefusalGroup] = {}
    known: dict[tuple[int, ...], tuple[Kind, ...]] = {}
    for host, reasons in refused:
        # Most devices share the reasons themselves, which live as long as what was found.
        same = tuple(map(id, reasons))
        kinds = known.get(same)
        if kinds is None:
            kinds = known[same] = kinds_of(reasons)
        group = groups.get(kinds)
        if group is None:
            group = groups[kinds] = RefusalGroup(kinds, (host, reasons))
        elif _lack(reasons) < _lack(group.nearest[1]):
            group.nearest = (host, reasons)
        group.size += 1
        if len(group.examples) < EXAMPLES:
            group.examples.append(host.device.name)
    return sorted(groups.values(), key=lambda group: (len(group.kinds), -group.size, group.kinds))


def _lack(reasons: Sequence[Reason]) -> int:
    return sum(shortage(reason) for reason in reasons)


def _about(reason: Reason) -> str:
    for name in _ABOUT:
        if name in reason.numbers:
            return str(reason.numbers[name])
    return ""
