"""What each process has of its own."""

import os

import pytest

from pierhead.neutron.process import PerProcess


def test_it_is_made_at_first_use_and_once():
    made = []
    here = PerProcess(lambda: made.append(1) or object())
    assert made == []
    assert here() is here()
    assert made == [1]


def test_a_failure_is_told_and_tried_again():
    answers = iter([OSError("not yet"), "ready"])

    def make() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    here = PerProcess(make)
    with pytest.raises(OSError, match="not yet"):
        here()
    assert here() == "ready"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_makes_another():
    here = PerProcess(os.getpid)
    assert here() == os.getpid()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(here() == os.getpid()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert os.read(reader, 10) == b"True"
    os.close(reader)
    assert here() == os.getpid()
