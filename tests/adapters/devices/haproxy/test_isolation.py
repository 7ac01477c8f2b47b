"""Finding the changes at fault."""

from collections.abc import Mapping

import pytest

from adapters.devices.haproxy.isolation import isolate, summary


class Attempts:
    """Accepts changes unless one of them is bad; keeps what it accepted."""

    def __init__(self, *, names: bool, broken: bool = False) -> None:
        self.done: set[str] = set()
        self.count = 0
        self._names = names
        self._broken = broken

    def __call__(self, changes: Mapping[str, str]) -> str | None:
        self.count += 1
        bad = [name for name, change in changes.items() if change == "bad"]
        if self._broken:
            return "[ALERT] (1) : config : out of everything"
        if bad:
            return f"[ALERT] (1) : config : {bad[0] if self._names else 'somebody'} is bad"
        self.done |= changes.keys()
        return None


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("bad", [set(), {"c3"}, {"c0", "c7"}, {f"c{n}" for n in range(8)}])
def test_all_but_the_bad_changes_are_made(names: bool, bad: set[str]) -> None:
    attempts = Attempts(names=names)
    changes = {f"c{n}": "bad" if f"c{n}" in bad else "good" for n in range(8)}
    failures = isolate(changes, attempts, 100)
    assert failures.keys() == bad
    assert attempts.done == changes.keys() - bad
    assert all("is bad" in reason for reason in failures.values())


def test_when_nothing_works_it_gives_up_soon() -> None:
    attempts = Attempts(names=False, broken=True)
    failures = isolate({f"c{n}": "good" for n in range(100)}, attempts, 100)
    assert set(failures.values()) == {"out of everything"}
    assert attempts.count == 2


def test_attempts_end() -> None:
    attempts = Attempts(names=False)
    failures = isolate({f"c{n}": "bad" for n in range(100)}, attempts, 10)
    assert len(failures) == 100
    assert attempts.count < 20


def test_nothing_is_tried_for_nothing() -> None:
    attempts = Attempts(names=True)
    assert isolate({}, attempts, 100) == {}
    assert attempts.count == 0


def test_a_summary_says_what_is_wrong() -> None:
    text = "[NOTICE]   (7) : haproxy version is 2.8\n[ALERT]    (7) : Binding x failed\n[WARNING] y"
    assert summary(text) == "Binding x failed"
    assert summary("[ALERT] (7) : [/x/haproxy.main()] Cannot raise") == "Cannot raise"
    assert summary("[ALERT] (7) : config : parsing [a:1] : x") == "parsing [a:1] : x"
    assert summary("first\nsecond") == "first; second"
