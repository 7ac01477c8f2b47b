"""Finding which of several changes makes an attempt fail, so that the others succeed."""

import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

Change = TypeVar("Change")

LINES_TOLD = 3

_PREFIX = re.compile(r"^\[[A-Z]+\]\s+\(\d+\) : (config : )?(\[[^]]*main\(\)\] )?")


def isolate(
    changes: Mapping[str, Change],
    attempt: Callable[[Mapping[str, Change]], str | None],
    most_attempts: int,
) -> dict[str, str]:
    """Make as many of the changes as possible; return the others, with why each failed.

    `attempt` makes all the changes it is given or none, and returns None or HAProxy's words.
    The changes whose id these name are at fault; when they name none, halves are tried,
    unless not even no change at all can be made. After `most_attempts` what is left fails.
    """
    return _Search(attempt, most_attempts).run(changes)


class _Search(Generic[Change]):
    def __init__(
        self, attempt: Callable[[Mapping[str, Change]], str | None], most_attempts: int
    ) -> None:
        self._attempt = attempt
        self._left = most_attempts
        self._healthy = False

    def run(self, changes: Mapping[str, Change]) -> dict[str, str]:
        if not changes:
            return {}
        self._left -= 1
        text = self._attempt(changes)
        if text is None:
            return {}
        blamed = {name: told for name in changes if (told := _lines_about(name, text))}
        if blamed:
            rest = {name: change for name, change in changes.items() if name not in blamed}
            return blamed | self.run(rest)
        if len(changes) == 1 or self._left <= 0:
            return dict.fromkeys(changes, summary(text))
        return self._halves(changes)

    def _halves(self, changes: Mapping[str, Change]) -> dict[str, str]:
        if not self._healthy:
            text = self._attempt({})
            if text is not None:
                return dict.fromkeys(changes, summary(text))
            self._healthy = True
        names = list(changes)
        half = len(names) // 2
        failures: dict[str, str] = {}
        for part in (names[:half], names[half:]):
            failures |= self.run({name: changes[name] for name in part})
        return failures


def summary(text: str) -> str:
    """The lines that say what is wrong, without HAProxy's prefixes."""
    alerts = [row for row in text.splitlines() if row.startswith("[ALERT]")]
    return "; ".join(_PREFIX.sub("", row) for row in (alerts or text.splitlines())[:LINES_TOLD])


def _lines_about(name: str, text: str) -> str:
    rows = [row for row in text.splitlines() if row.startswith("[ALERT]") and name in row]
    return "; ".join(_PREFIX.sub("", row) for row in rows[:LINES_TOLD])
