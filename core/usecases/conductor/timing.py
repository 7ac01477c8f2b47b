"""When the conductor looks again: deadlines and growing pauses, in seconds."""

STEP_DEADLINE = 30.0
"""A command that was not answered by then is sent again."""

WIRING_DEADLINE = 30.0
"""Whoever attaches or detaches a network is given up by then, and another one may do it."""

REMOTE_WIRING_LEASE = 12.0
"""The same where another system does the work, which may take long: who is at it extends this."""

EXTEND_WIRING_EVERY = 3.0
"""Between two extensions."""

LOOK_AGAIN = 0.2
"""Seconds until the next look at what somebody else is at."""

PROBE_AGAIN = 10.0
"""A device that did not answer is probed again after this."""

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 300.0


def pause(attempts: int) -> float:
    """How long to wait after this many failures: 2 s, doubled each time, at most 5 minutes."""
    return min(_FIRST_PAUSE * 2.0 ** min(attempts, 16), _LONGEST_PAUSE)
