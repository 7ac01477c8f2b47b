"""A bus without a thread that answers hellos."""

from collections.abc import Callable

from adapters.messaging import InProcessBus
from adapters.messaging.codec import decode_hello, encode_lease
from core.domain.messages import AgentLease
from core.ports.server_bus import Greeting


class AnsweringBus(InProcessBus):
    """Has each hello answered at once, where another bus would have the agent wait."""

    def __init__(self, answer: Callable[[Greeting], None]) -> None:
        super().__init__()
        self._have_answered = answer
        self._answered_with: AgentLease | None = None

    def answer(self, greeting: Greeting, lease: AgentLease) -> None:
        self._answered_with = lease

    def take_hello(self, text: bytes, timeout: float) -> bytes | None:
        self._answered_with = None
        self._have_answered(Greeting(1, decode_hello(text)))
        return None if self._answered_with is None else encode_lease(self._answered_with)
