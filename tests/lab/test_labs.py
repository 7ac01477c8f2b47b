"""What starts labs, without starting any."""

import threading
from contextlib import contextmanager

import pytest

from tests.lab import labs as module
from tests.lab.config import Choices
from tests.lab.labs import Labs
from tests.lab.parallel import Together


@pytest.fixture
def events(monkeypatch) -> list[str]:
    seen: list[str] = []

    class FakeLab:
        def __init__(self, choices, before_start) -> None:
            self.choices = choices

        def __enter__(self):
            seen.append(f"start {self.choices.host}")
            return self

        def __exit__(self, *error) -> None:
            seen.append(f"end {self.choices.host}")

    monkeypatch.setattr(module, "NeutronLab", FakeLab)
    return seen


def test_a_lab_is_kept_while_the_same_is_wanted(events):
    labs = Labs()
    assert labs.get(Choices(host="a")) is labs.get(Choices(host="a"))
    assert events == ["start a"]
    labs.close()
    labs.close()
    assert events == ["start a", "end a"]


def test_another_lab_starts_when_the_first_has_ended(events):
    labs = Labs()
    labs.get(Choices(host="a"))
    labs.get(Choices(host="b"))
    labs.get(Choices(host="b"), before_start=lambda lab: None)
    assert events == ["start a", "end a", "start b", "end b", "start b"]


def test_contexts_are_entered_together_and_left_in_the_threads_that_entered_them():
    both = threading.Barrier(2, timeout=30)
    threads: dict[str, list[threading.Thread]] = {"a": [], "b": []}

    @contextmanager
    def context(name):
        both.wait()
        threads[name].append(threading.current_thread())
        yield name
        threads[name].append(threading.current_thread())

    with Together() as together:
        entered = [together.enter(context(name)) for name in threads]
        assert [each.result() for each in entered] == ["a", "b"]
        assert all(thread.is_alive() for seen in threads.values() for thread in seen)
    assert all(len(seen) == 2 and seen[0] is seen[1] for seen in threads.values())
    assert threads["a"][0] is not threads["b"][0]


def test_whoever_waits_for_a_context_gets_its_failure():
    @contextmanager
    def context():
        raise ValueError("broken")
        yield

    with Together() as together, pytest.raises(ValueError, match="broken"):
        together.enter(context()).result()
