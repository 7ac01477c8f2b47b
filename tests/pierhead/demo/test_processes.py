"""What belongs to a directory is found and ended, and nothing else."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pierhead.demo.errors import NotObserved
from pierhead.demo.processes import end_processes_of, processes_of, wait_until_gone

_SLEEP = "import sys, time; print('up', flush=True); time.sleep(60)"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts Python programs, and kills what is left of them."""
    started: list[subprocess.Popen[bytes]] = []

    def run(program: str, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, cwd=cwd
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_processes_are_found_by_arguments_and_by_where_they_work(
    tmp_path: Path, start: Start
) -> None:
    named = start(_SLEEP, f"--file={tmp_path}/x")
    inside = start(_SLEEP, cwd=tmp_path)
    start(_SLEEP, str(tmp_path.parent / "other"))
    assert processes_of(tmp_path) == {named.pid, inside.pid}


def test_ending_leaves_others_alone_and_kills_the_stubborn(tmp_path: Path, start: Start) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    polite, stubborn = start(_SLEEP, str(mine)), start(_STUBBORN, str(mine))
    bystander = start(_SLEEP, str(other))
    end_processes_of(mine, grace=0.5)
    assert polite.wait(5) == -signal.SIGTERM
    assert stubborn.wait(5) == -signal.SIGKILL
    assert bystander.poll() is None


def test_a_process_that_goes_on_is_told(tmp_path: Path, start: Start) -> None:
    start(_SLEEP, str(tmp_path))
    with pytest.raises(NotObserved, match="has ended: not within"):
        wait_until_gone(tmp_path, seconds=0.05)
