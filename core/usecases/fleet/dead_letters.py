"""Use cases: messages that were given up, which an operator looks at, replays or drops."""

from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.ports.dead_letters import DeadLetter, DeadLetters
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin

LISTED = 1000
"""How many letters are looked at: the oldest ones."""


class DeadLetterBox:
    """For admins. Every method may raise BusFailure."""

    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    def show(self, caller: Caller, identity: str) -> DeadLetter:
        require_admin(caller)
        for letter in self._letters.find(LISTED):
            if letter.id == identity:
                return letter
        raise NotFound("DeadLetter", identity)

    def list(self, caller: Caller, query: Query) -> list[DeadLetter]:
        require_admin(caller)
        return evaluate(self._letters.find(LISTED), query, getattr)

    def replay(self, caller: Caller, identity: str) -> None:
        """Have a letter delivered once more to where it was given up."""
        require_admin(caller)
        if not self._letters.replay(identity):
            raise NotFound("DeadLetter", identity)

    def delete(self, caller: Caller, identity: str) -> None:
        """Forget a letter. What it was about is sent again by itself."""
        require_admin(caller)
        if not self._letters.drop(identity):
            raise NotFound("DeadLetter", identity)
