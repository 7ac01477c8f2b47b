"""Chooses devices for one request: the index proposes, the rules and the driver dispose."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.placement.decision import Term, Verdict
from core.domain.placement.index.look import Look
from core.domain.placement.index.search import fitting
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.scores import ADVICE
from core.domain.service_type import Choice
from core.ports.placement_advisor import AdvisorFailure, Opinion, PlacementAdvisor

Advisors = Mapping[str, PlacementAdvisor]

_Fit = tuple[int, int, Candidate]
"""Points, slot and device."""

_ASKED_AT_ONCE = 32
MOST_OFFERED = 256
"""Of so many devices, its best by the common scores, a driver may choose."""


@dataclass(slots=True)
class Chosen:
    """What fits, from best to worst, and what the drivers had against the other devices."""

    fitting: list[tuple[Candidate, Verdict]] = field(default_factory=list)
    refused: dict[str, Reason] = field(default_factory=dict)
    """Device id -> the driver's veto, or its advisor's failure."""


def choose(look: Look, advisors: Advisors, number: int, without: Collection[str] = ()) -> Chosen:
    """The `number` best devices for a request, `without` some."""
    search = _Search(look, advisors, number)
    fits: Iterator[_Fit] = fitting(look)
    if without:
        fits = (fit for fit in fits if fit[2].device.id not in without)
    if look.asked.policy.choice is Choice.DRIVER:
        return search.by_driver(fits)
    if look.plan.advised:
        return search.advised(fits)
    return search.common(fits)


def ask(
    advisors: Advisors, request: PlacementRequest, hosts: Sequence[Candidate]
) -> list[Opinion | Reason]:
    """What the hosts' drivers think of them; a Reason is a veto or an advisor that failed."""
    found: dict[str, Opinion | Reason] = {}
    by_driver: dict[str, list[Candidate]] = {}
    for host in hosts:
        by_driver.setdefault(host.device.driver, []).append(host)
    for driver, theirs in by_driver.items():
        try:
            opinions = advisors[driver].opinions(request, [host.copy() for host in theirs])
        except AdvisorFailure as failure:
            refusal = advisor_failed(driver, failure)
            found |= {host.device.id: refusal for host in theirs}
            continue
        for host, opinion in zip(theirs, opinions, strict=True):
            found[host.device.id] = (
                opinion if opinion.veto is None else _vetoed(driver, opinion.veto)
            )
    return [found[host.device.id] for host in hosts]


def advisor_failed(driver: str, failure: AdvisorFailure) -> Reason:
    """The refusal of all devices whose driver was to be asked and did not answer."""
    return Reason(ReasonCode.ADVISOR_FAILED, str(failure), {"driver": driver})


def _vetoed(driver: str, text: str) -> Reason:
    return Reason(ReasonCode.VETOED, text, {"driver": driver})


@dataclass(slots=True)
class _Search:
    """The three ways to choose the `number` best of the devices that fit (R10)."""

    look: Look
    advisors: Advisors
    number: int
    chosen: Chosen = field(default_factory=Chosen)

    def common(self, fits: Iterator[_Fit]) -> Chosen:
        """No driver is asked."""
        for _, slot, host in fits:
            self._take(slot, host, 1.0)
            if len(self.chosen.fitting) == self.number:
                break
        return self.chosen

    def advised(self, fits: Iterator[_Fit]) -> Chosen:
        """Ask drivers about devices in the order of the most that they could come to, until
        none that is left can be among the best."""
        ranked: list[tuple[int, int, Candidate, float]] = []
        waiting: list[_Fit] = []
        together = self.number
        for points, slot, host in fits:
            if len(waiting) >= together:
                self._hear(waiting, ranked)
                together = min(2 * together, _ASKED_AT_ONCE)
            if len(ranked) >= self.number and (-points, slot) > ranked[-1][:2]:
                break
            if self.look.plan.advised >> slot & 1:
                waiting.append((points, slot, host))
            else:
                ranked.append((-points, slot, host, 1.0))
                _keep_best(ranked, self.number)
        self._hear(waiting, ranked)
        for _, slot, host, advice in ranked:
            self._take(slot, host, advice)
        return self.chosen

    def by_driver(self, fits: Iterator[_Fit]) -> Chosen:
        """The first driver in the order of preference that takes one of its devices."""
        offers: dict[str, list[tuple[int, Candidate]]] = {
            driver: [] for driver in self.look.asked.drivers
        }
        for _, slot, host in fits:
            offer = offers[host.device.driver]
            if len(offer) < MOST_OFFERED:
                offer.append((slot, host))
        for driver, offer in offers.items():
            picked = self._picked(driver, [host for _, host in offer])
            if picked is not None:
                # The driver's choice first, the others in the common order.
                for slot, host in sorted(offer, key=lambda one: one[1] is not picked):
                    self._take(slot, host, 1.0)
        del self.chosen.fitting[self.number :]
        return self.chosen

    def _take(self, slot: int, host: Candidate, advice: float) -> None:
        verdict = Verdict(
            device_id=host.device.id,
            device_name=host.device.name,
            terms=self.look.terms(slot, advice),
        )
        self.chosen.fitting.append((host, verdict))

    def _hear(self, waiting: list[_Fit], ranked: list[tuple[int, int, Candidate, float]]) -> None:
        """Ask about the waiting devices, and rank them by what was said."""
        weight = self.look.plan.weights.get(ADVICE, 0.0)
        full_marks = Term(ADVICE, 1.0, weight).points
        answers = ask(self.advisors, self.look.request, [host for _, _, host in waiting])
        for (points, slot, host), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, Reason):
                self.chosen.refused[host.device.id] = answer
                continue
            score = round(answer.score, 6)
            exact = points - full_marks + Term(ADVICE, score, weight).points
            ranked.append((-exact, slot, host, score))
        waiting.clear()
        _keep_best(ranked, self.number)

    def _picked(self, driver: str, hosts: list[Candidate]) -> Candidate | None:
        if not hosts or not self.advisors[driver].info.advises:
            return hosts[0] if hosts else None
        try:
            choice = self.advisors[driver].choose(
                self.look.request, [host.copy() for host in hosts]
            )
        except AdvisorFailure as failure:
            refusal = advisor_failed(driver, failure)
        else:
            if choice is not None:
                return next(host for host in hosts if host.device.id == choice)
            refusal = _vetoed(driver, "the driver takes none of its devices")
        self.chosen.refused |= {host.device.id: refusal for host in hosts}
        return None


def _keep_best(ranked: list[tuple[int, int, Candidate, float]], number: int) -> None:
    ranked.sort(key=lambda one: one[:2])
    del ranked[number:]
