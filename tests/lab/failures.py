"""What of a failed part's output tells what failed, so that it can be said last.

Whoever reads a run's log from its end must not search minutes of output for the reason.
"""

import re
from collections.abc import Iterable

_PYTEST = re.compile(r"(FAILED|ERROR) |E  ")
_STEP = re.compile(r"\.\.\. (failed|error|undefined|hook_error)\b|^(HOOK|CLEANUP)-ERROR")
_SCENARIO = re.compile(r"\s*Scenario( Outline)?: ")
_OF_A_STEP = 12
"""Lines after a failed step of behave that are kept: its message."""


def failures(lines: Iterable[str]) -> list[str]:
    """The lines of pytest's or behave's output that name what failed and why, in their order.

    Of behave: the scenario, the step and what is said below it, a dozen lines at most.
    """
    kept: list[str] = []
    scenario, left = "", 0
    for line in lines:
        if _SCENARIO.match(line):
            scenario, left = line, 0
        elif _STEP.search(line):
            if scenario:
                kept.append(scenario)
            kept.append(line)
            scenario, left = "", _OF_A_STEP
        elif left and line.strip():
            kept.append(line)
            left -= 1
        elif _PYTEST.match(line):
            kept.append(line)
        else:
            left = 0
    return kept
