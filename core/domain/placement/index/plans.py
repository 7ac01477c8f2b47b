"""What can be worked out once for all requests of a service type, until devices change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.placement.decision import Term
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.drawing import Ring
from core.domain.placement.index.openings import Openings
from core.domain.placement.index.rankings import Ranking
from core.domain.placement.index.standing import DeviceClass
from core.domain.placement.index.terms import Terms, terms_of
from core.domain.placement.reasons import Reason
from core.domain.placement.scores import ADVICE, STATE, WIRING, Wiring
from core.domain.service_type import Policy

_MOST_TERMS = 4096


@dataclass(slots=True)
class Plan:
    """A request's policy applied to the classes of devices.

    `groups` are the devices that pass the standing rules by the points of their standing scores,
    the best first; a driver's own score is counted as if it were full marks. `openings` are the
    devices that have room. `lasting` are those that only the operator could make ineligible,
    `advised` those whose driver has a say, `refused` counts what the standing rules refused.
    """

    policy: Policy
    revision: int
    weights: Mapping[str, float]
    groups: Sequence[tuple[int, Mask]]
    openings: Openings
    lasting: Mask
    advised: Mask
    refused: Mapping[str, int]
    against: Mapping[int, tuple[Reason, ...]]
    """What the standing rules have against the classes that they refuse."""
    standing: Mapping[int, Terms]
    """The standing scores of each class that passes the standing rules."""
    wired: Ranking
    """The state of devices that are on all networks already."""
    opening: Ranking
    """The state of devices on which a network would have to be opened."""
    minds_tenants: bool
    classes: Mapping[int, DeviceClass]
    ring: Ring | None = None
    """The devices of `lasting` for drawing from; made when it is needed."""
    missing: tuple[str, ...] | None = None
    """What some device cannot do of what is asked; worked out when it is needed."""
    _wiring: dict[Wiring, Terms] = field(default_factory=dict)
    _worth: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    _known: dict[tuple[int, int, int, bool, int], tuple[Term, ...]] = field(default_factory=dict)

    def wiring(self, wiring: Wiring) -> Terms:
        """The wiring scores of devices that stand so to a request."""
        terms = self._wiring.get(wiring)
        if terms is None:
            values = {name: WIRING[name](wiring) for name in self.weights if name in WIRING}
            terms = self._wiring[wiring] = terms_of(values, self.weights)
        return terms

    def worth(self, needed: int, attached: int, *, at_home: bool = False) -> int:
        """The points of the wiring scores of devices that stand so to a request."""
        key = (needed, attached, at_home)
        points = self._worth.get(key)
        if points is None:
            points = self._worth[key] = self.wiring(Wiring(*key)).points
        return points

    def ranking(self, new: int) -> Ranking:
        """The state of devices on which so many networks would have to be opened."""
        return self.opening if new else self.wired

    def terms(
        self, wiring: Wiring, number: int, slot: int, advice: float = 1.0
    ) -> tuple[Term, ...]:
        """All terms of the device in a slot, whose class is `number`: what `weigh` gives, for
        less."""
        terms = self.terms_at(number, slot, wiring.needed, wiring.attached, at_home=wiring.at_home)
        if advice == 1.0:
            return terms
        return tuple(
            Term(ADVICE, round(advice, 6), term.weight) if term.score == ADVICE else term
            for term in terms
        )

    def terms_at(
        self, number: int, slot: int, needed: int, attached: int, *, at_home: bool
    ) -> tuple[Term, ...]:
        """The same for a device that stands so to the request, with full marks of its driver's.
        Devices in the same state share them."""
        state = self.ranking(needed - attached).state_at(slot)
        # A ranking keeps its states, so that their addresses stay theirs.
        key = (number, needed, attached, at_home, id(state))
        terms = self._known.get(key)
        if terms is None:
            if len(self._known) >= _MOST_TERMS:
                self._known.clear()
            wiring = self.wiring(Wiring(needed, attached, at_home))
            shared = {**self.standing[number].by_score, **wiring.by_score, **state.by_score}
            terms = self._known[key] = tuple(
                shared[name] for name in self.weights if name in shared
            )
        return terms


def state_weights(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The part of the weights that orders devices by their state."""
    return tuple((name, weight) for name, weight in weights.items() if name in STATE)
