"""What the demonstration claims, each as a check that raises NotObserved."""

import errno
import math
import os
from collections.abc import Mapping

from pierhead.demo.errors import NotObserved
from pierhead.demo.traffic import Tally

_TOLERANCE = 0.05
"""How far a member's part may be from its weight's part, of all requests."""


def check_none_failed(tally: Tally, when: str) -> None:
    """There were requests, and every one got an answer."""
    if not tally.total:
        raise NotObserved(f"requests are answered {when}: none were sent")
    if tally.failed:
        raise NotObserved(
            f"every request is answered {when}: {tally.failed} of {tally.total} were not"
            f" ({_most_common(tally)})"
        )


def check_parts(tally: Tally, weights: Mapping[str, int], when: str) -> None:
    """Exactly the members with a weight answered, each in proportion to it."""
    check_none_failed(tally, when)
    strangers = sorted(set(tally.answers) - {name for name, weight in weights.items() if weight})
    if strangers:
        raise NotObserved(f"only members in rotation answer {when}: {strangers[0]} did, too")
    whole = sum(weights.values())
    for name, weight in weights.items():
        wanted = tally.total * weight / whole
        actual = tally.answers[name]
        if math.fabs(actual - wanted) > tally.total * _TOLERANCE:
            raise NotObserved(
                f"{name} answers about {wanted:.0f} of {tally.total} requests {when}:"
                f" it answered {actual}"
            )


def check_all_refused(tally: Tally) -> None:
    """Nobody listens any more: the system itself refuses every connection."""
    refused = tally.failures[os.strerror(errno.ECONNREFUSED)]
    if not tally.total or refused != tally.total:
        raise NotObserved(
            f"a deleted VIP's port is closed: {refused} of {tally.total} requests were refused,"
            f" {tally.answers.total()} answered"
        )


def check_same(before: Mapping[str, object], after: Mapping[str, object], when: str) -> None:
    """Nothing that was stored has changed; names the first thing that has."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            raise NotObserved(
                f"{name} is the same {when}: it was {before.get(name)} and is {after.get(name)}"
            )


def _most_common(tally: Tally) -> str:
    return ", ".join(f"{count} x {reason}" for reason, count in tally.failures.most_common(3))
