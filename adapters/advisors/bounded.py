"""A driver's advisor with a budget of time and a circuit breaker."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog

from adapters.advisors import answers
from adapters.advisors.worker import Call, Worker
from core.domain.device import DriverInfo
from core.domain.placement.request import Candidate, PlacementRequest
from core.ports.clock import Clock
from core.ports.placement_advisor import AdvisorFailure, Opinion, PlacementAdvisor
from core.ports.supervised_advisor import AdvisorStatus

FIRST_PAUSE = 10.0
"""Seconds for which an advisor that failed is not asked; doubled with every further failure."""
LONGEST_PAUSE = 300.0
MOST_TEXT = 200
"""Characters that are kept of what an advisor says of its failure."""

Answer = TypeVar("Answer")

_log = structlog.get_logger()


class BoundedAdvisor:
    """Implements SupervisedAdvisor over any PlacementAdvisor.

    Asks the advisor in a thread of its own, and waits `seconds` at most for its answers to all
    questions about one request together.

    An advisor that is late, raises or answers nonsense has failed: for a while it is not asked
    again, and every question gets the same failure at once. While a call hangs no other
    is made, so that no more than one thread is ever stuck.
    """

    def __init__(self, advisor: PlacementAdvisor, clock: Clock, seconds: float) -> None:
        self._advisor = advisor
        self._clock = clock
        self._seconds = seconds
        self._asking = threading.Lock()
        self._worker = Worker(f"advisor-{advisor.info.name}")
        self._hanging: Call | None = None
        self._request: PlacementRequest | None = None
        self._left = seconds
        self._status = AdvisorStatus()
        self._pause = 0.0
        self._closed_until = 0.0

    @property
    def info(self) -> DriverInfo:
        """See PlacementAdvisor.info."""
        return self._advisor.info

    def opinions(
        self, request: PlacementRequest, candidates: Sequence[Candidate]
    ) -> Sequence[Opinion]:
        """See PlacementAdvisor.opinions."""
        return self._ask(
            request,
            lambda: self._advisor.opinions(request, candidates),
            lambda answer: answers.opinions(answer, candidates),
        )

    def choose(self, request: PlacementRequest, candidates: Sequence[Candidate]) -> str | None:
        """See PlacementAdvisor.choose."""
        return self._ask(
            request,
            lambda: self._advisor.choose(request, candidates),
            lambda answer: answers.choice(answer, candidates),
        )

    def status(self) -> AdvisorStatus:
        """See SupervisedAdvisor.status."""
        return self._status

    def _ask(
        self,
        request: PlacementRequest,
        question: Callable[[], Any],
        check: Callable[[Any], Answer],
    ) -> Answer:
        if not self._asking.acquire(timeout=self._seconds):
            raise AdvisorFailure(f"advisor of {self.info.name} is busy with other questions")
        try:
            self._refuse_while_paused()
            try:
                answer = check(self._call(request, question))
            except AdvisorFailure as failure:
                raise self._failed(str(failure)) from failure
            except answers.WrongAnswer as wrong:
                raise self._failed(str(wrong)) from wrong
            self._did_well()
            return answer
        finally:
            self._asking.release()

    def _refuse_while_paused(self) -> None:
        if self._pause and self._clock.monotonic() < self._closed_until:
            raise AdvisorFailure(self._status.failure)

    def _call(self, request: PlacementRequest, question: Callable[[], Any]) -> Any:
        if self._hanging is not None and not self._hanging.done.is_set():
            raise AdvisorFailure("still hangs in an earlier question")
        self._hanging = None
        if request is not self._request:
            self._request, self._left = request, self._seconds
        begun = self._clock.monotonic()
        call = self._worker.start(question)
        if not call.done.wait(self._left):
            self._hanging = call
            raise AdvisorFailure(f"gave no answer within {self._seconds:g} s")
        self._left = max(self._left - (self._clock.monotonic() - begun), 0.0)
        if call.error is not None:
            raise AdvisorFailure(_told(call.error)) from call.error
        return call.result

    def _failed(self, text: str) -> AdvisorFailure:
        failure = f"advisor of {self.info.name} {text}"
        since = self._status.failing_since
        self._status = AdvisorStatus(self._clock.now() if since is None else since, failure)
        self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)
        self._closed_until = self._clock.monotonic() + self._pause
        _log.warning("advisor_failed", failure=failure, pause_seconds=self._pause)
        return AdvisorFailure(failure)

    def _did_well(self) -> None:
        if self._pause:
            _log.info("advisor_answers_again", driver=self.info.name)
            self._pause = 0.0
            self._status = AdvisorStatus()


def _told(error: BaseException) -> str:
    """What an advisor raised, on one line."""
    text = " ".join(str(error).split())[:MOST_TEXT]
    if isinstance(error, AdvisorFailure):
        return f"gave up: {text}" if text else "gave up"
    name = type(error).__name__
    return f"failed: {name}: {text}" if text else f"failed: {name}"
