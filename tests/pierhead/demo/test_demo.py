"""The demonstration as a user runs it, as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pierhead.demo.polling import until
from pierhead.demo.processes import processes_of

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-m", "pierhead.demo"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where the demonstration makes its temporary directory; nothing of it may survive."""
    yield tmp_path
    for pid in processes_of(tmp_path):
        os.kill(pid, signal.SIGKILL)


def run(place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        DEMO,
        env={**os.environ, "TMPDIR": str(place), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def left_behind(place: Path) -> tuple[list[Path], frozenset[int]]:
    return list(place.iterdir()), processes_of(place)


def test_everything_is_shown_and_nothing_is_left_behind(place: Path) -> None:
    done = run(place)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert left_behind(place) == ([], frozenset())
    rows = counts_by_step(done.stdout)
    assert rows["5 The driver"] == (100, 100, 100, 0)
    assert rows["beta is taken"][1] == 0
    assert rows["beta is put"][1] > 0
    assert rows["gamma dies, the"][2] == 0
    assert rows["kill -9 of"][2:] == (0, 0)
    assert rows["the VIP is"] == (0, 0, 0, 300)
    assert "haproxy-2" in done.stdout
    assert "is draining" in done.stdout


def counts_by_step(output: str) -> dict[str, tuple[int, ...]]:
    """The first words of a step -> answers of alpha, beta and gamma, and failures."""
    rows = {}
    for line in output.splitlines():
        cells = [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]
        if len(cells) == 7 and cells[1].isdigit():
            rows[" ".join(cells[0].split()[:3])] = tuple(map(int, cells[1:5]))
    return rows


def test_a_daemon_that_cannot_start_ends_it_with_a_reason(place: Path) -> None:
    done = run(place, PYTHONPATH=str(broken_pierhead(place)))
    assert done.returncode == 1
    assert "not observed: the daemon starts" in done.stdout
    assert "no such luck" in done.stdout
    assert processes_of(place) == frozenset()
    assert [path.name for path in place.iterdir()] == ["broken"]


def broken_pierhead(place: Path) -> Path:
    """A directory that, on the module path, makes every start of the daemon fail."""
    module = place / "broken" / "sitecustomize.py"
    module.parent.mkdir()
    module.write_text(
        "import sys\nif 'serve' in sys.orig_argv: sys.exit('no such luck')\n", encoding="utf-8"
    )
    return module.parent


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demonstration_leaves_nothing_behind(
    place: Path, number: signal.Signals
) -> None:
    demo = subprocess.Popen(
        DEMO, env={**os.environ, "TMPDIR": str(place)}, stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    with demo, demo.stdout:
        until(lambda: "ok  5" in demo.stdout.readline(), what="the VIP answers", seconds=30)
        assert processes_of(place)
        demo.send_signal(number)
        assert "interrupted" in demo.stdout.read()
        assert demo.wait(20) == 130
    assert left_behind(place) == ([], frozenset())
