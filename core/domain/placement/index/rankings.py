"""The devices in the order of what a policy thinks of their state."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.terms import Terms, terms_of
from core.domain.placement.request import Candidate
from core.domain.placement.scores import STATE

_NOTHING = Terms({}, 0)

_MOST_TOPS = 1024
_NO_TOP = 1 << 62


class Ranking:
    """Levels of devices with equal points from the state scores in `weights`, for services
    that need a network opened or for those that do not."""

    def __init__(self, weights: Mapping[str, float], *, opening: bool) -> None:
        self._weights = dict(weights)
        self._opening = opening
        self._scores = [STATE[name] for name in weights]
        self._known: dict[tuple[float, ...], Terms] = {}
        self._states: list[Terms | None] = []
        self.points: list[int] = []
        """What the device in each slot is worth; 0 in a vacant one."""
        self._levels: dict[int, Mask] = {}
        self._order: list[int] = []
        self._tops: dict[int, tuple[Mask, int]] = {}
        """The highest levels of sets, by the sets' addresses. A set may have gone down since
        then, but not up."""
        self._lowest_top = _NO_TOP

    def state_of(self, candidate: Candidate) -> Terms:
        """What the state of a device is worth."""
        opening = self._opening
        values = tuple([score(candidate, opening) for score in self._scores])
        terms = self._known.get(values)
        if terms is None:
            named = dict(zip(self._weights, values, strict=True))
            terms = self._known[values] = terms_of(named, self._weights)
        return terms

    def put(self, slot: int, state: Terms | None) -> None:
        """Note what the device in a slot is worth; None: it is gone."""
        while len(self._states) <= slot:
            self._states.append(None)
            self.points.append(0)
        known = self._states[slot]
        if state is known:
            return
        bit = 1 << slot
        if known is not None:
            self._leave(known.points, bit)
        if state is not None:
            self._enter(state.points, bit)
            if state.points > self._lowest_top and (known is None or state.points > known.points):
                self._forget_tops()
        self._states[slot] = state
        self.points[slot] = 0 if state is None else state.points

    def _leave(self, points: int, bit: Mask) -> None:
        left = self._levels[points] ^ bit
        if left:
            self._levels[points] = left
        else:
            del self._levels[points]
            del self._order[bisect_left(self._order, points)]

    def _enter(self, points: int, bit: Mask) -> None:
        if points not in self._levels:
            insort(self._order, points)
            self._levels[points] = bit
        else:
            self._levels[points] |= bit

    def state_at(self, slot: int) -> Terms:
        """What the state of the device in a slot is worth."""
        return self._states[slot] or _NOTHING

    def best(self) -> int:
        """The highest level there is; 0 without devices."""
        return self._order[-1] if self._order else 0

    def top(self, mask: Mask) -> int:
        """The highest level that has any of these devices; 0: none has. The object itself is
        remembered: it is found at once when it is asked for again."""
        known = self._tops.get(id(mask))
        most = self.best() if known is None else known[1]
        if known is not None and mask & self._levels.get(most, 0):
            return most
        points = next((points for points, _ in self.levels(mask, most)), 0)
        self._note_top(mask, points)
        return points

    def bound(self, mask: Mask) -> int:
        """A level that none of these devices is above, which costs less than `top`."""
        known = self._tops.get(id(mask))
        return self.top(mask) if known is None else known[1]

    def _note_top(self, mask: Mask, points: int) -> None:
        if len(self._tops) >= _MOST_TOPS:
            self._forget_tops()
        self._tops[id(mask)] = mask, points
        self._lowest_top = min(self._lowest_top, points)

    def _forget_tops(self) -> None:
        self._tops.clear()
        self._lowest_top = _NO_TOP

    def levels(
        self, mask: Mask, most: int, *, within: Mask | None = None
    ) -> Iterator[tuple[int, Mask]]:
        """These devices, as far as they are also `within` others, by their points, the best
        first; none has more than `most`. Nothing is done before the first is asked for."""
        if within is not None:
            mask &= within
        order, levels = self._order, self._levels
        for at in range(bisect_right(order, most) - 1, -1, -1):
            points = order[at]
            hits = mask & levels[points]
            if hits:
                yield points, hits

    def copy(self) -> "Ranking":
        """An independent copy."""
        other = Ranking(self._weights, opening=self._opening)
        other._known = self._known
        other._states = self._states.copy()
        other.points = self.points.copy()
        other._levels = self._levels.copy()
        other._order = self._order.copy()
        return other
