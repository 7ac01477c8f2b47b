"""What can be worked out once for all requests of a service type, until devices change."""

from collections.abc import Mapping
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


@dataclass(slots=True)
class Plan:
    """A request's policy applied to the classes of devices.

    `openings` are the devices that pass the standing rules and have room, by the points of their
    standing scores; a driver's own score is counted as if it were full marks. `lasting` are
    those that only the operator could make ineligible, `advised` those whose driver has a say,
    `refused` counts what the standing rules refused.
    """

    policy: Policy
    revision: int
    weights: Mapping[str, float]
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
    _known: dict[tuple[int, Wiring], tuple[Term | None, ...]] = field(default_factory=dict)
    """The terms of a class of devices in the order of the weights; None for those of state."""

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
        known = self._known.get((number, wiring))
        if known is None:
            shared = {**self.standing[number].by_score, **self.wiring(wiring).by_score}
            known = tuple(shared.get(name) for name in self.weights)
            self._known[number, wiring] = known
        ranking = self.ranking(wiring.needed - wiring.attached)
        state = iter(ranking.terms_at(slot))
        # The scores of state stand in the same order among themselves.
        terms = tuple(next(state) if term is None else term for term in known)
        if advice == 1.0:
            return terms
        return tuple(
            Term(ADVICE, round(advice, 6), term.weight) if term.score == ADVICE else term
            for term in terms
        )


def state_weights(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The part of the weights that orders devices by their state."""
    return tuple((name, weight) for name, weight in weights.items() if name in STATE)
