"""32 schedulers on one database, some of which are killed: limits hold, and books agree."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters.persistence.sql import open_sql_store
from core.domain.consistency import Fault
from tests.concurrency.rival import SERVICES, Rival
from tests.concurrency.site import Site, prove

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RIVALS = 32
SECONDS = 20.0
CLAIMS = 3000
"""Enough to end before that many seconds have passed."""
KILLED = 10


class Nursery:
    """Processes that come and go."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.living: list[int] = []
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.nursery", str(folder), url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, seed: int) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        print(seed, file=self._parent.stdin, flush=True)
        pid = int(self._parent.stdout.readline())
        self.living.append(pid)
        return pid

    def kill(self, pid: int) -> None:
        self.living.remove(pid)
        os.kill(pid, signal.SIGKILL)

    def tally(self, pid: int) -> dict[str, int]:
        """What a rival said last."""
        log = self.folder / f"{pid}.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return json.loads(lines[-1]) if lines else {}

    def tallies(self) -> list[dict[str, int]]:
        pids = [int(log.stem) for log in self.folder.glob("*.log")]
        return [self.tally(pid) for pid in pids]

    def stop(self) -> None:
        """Have all finish, and see that they did."""
        (self.folder / "stop").touch()
        until(lambda: all("follows" in self.tally(pid) or self._failed() for pid in self.living))
        assert not self._failed()
        self.living.clear()

    def close(self) -> None:
        for pid in self.living:
            os.kill(pid, signal.SIGKILL)
        self._parent.communicate(timeout=20)

    def _failed(self) -> str:
        return "\n".join(error.read_text() for error in self.folder.glob("*.error"))


def until(so: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def nursery(tmp_path: Path, url: str) -> Iterator[Nursery]:
    found = Nursery(tmp_path, url)
    try:
        yield found
    finally:
        found.close()


def judge(site: Site, tallies: list[dict[str, int]], fill: float, killed: int) -> None:
    """The books agree, replicas follow, and claims hardly ever fail while there is room."""
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally)
    bound = prove(site.store)
    print(
        f"\n{len(tallies)} schedulers, {killed} of them killed: {total['rounds']} units of work,"
        f" {total['claims']} claims, {total['short']} short; below 95 % fill {total['early']}"
        f" claims, {total['retries']} short; {site.looks} looks; filled to {fill:.0%}; at the end"
        f" {bound} of {len(SERVICES)} services bound; {total['failed']} units failed"
    )
    assert total["follows"] == len(tallies) - killed
    assert total["claims"] > RIVALS
    assert total["early"] > RIVALS
    assert total["retries"] <= 0.01 * total["early"]
    assert total["failed"] <= 0.01 * total["rounds"]
    assert fill > 0.9


def claims(tallies: list[dict[str, int]]) -> int:
    return sum(tally["claims"] for tally in tallies if tally)


def test_processes_that_are_killed(url: str, nursery: Nursery) -> None:
    chance = random.Random(7)
    with closing(open_sql_store(url)) as store:
        site = Site(store, 7)
        seeds = iter(range(1, 1000))
        for _ in range(RIVALS):
            nursery.start(next(seeds))
        until(lambda: sum(tally["rounds"] for tally in nursery.tallies() if tally) > RIVALS)
        began, killed, fullest = time.monotonic(), 0, 0.0
        while (passed := time.monotonic() - began) < SECONDS and (
            killed < KILLED or claims(nursery.tallies()) < CLAIMS
        ):
            fullest = max(fullest, site.look())
            site.interfere()
            if passed > killed + 1:
                nursery.kill(chance.choice(nursery.living))
                nursery.start(next(seeds))
                killed += 1
        nursery.stop()
        fullest = max(fullest, site.look())
        judge(site, nursery.tallies(), fullest, killed)
        assert killed >= KILLED


def test_a_process_that_is_paused_in_a_unit_of_work(url: str, nursery: Nursery) -> None:
    with closing(open_sql_store(url)) as store:
        Site(store, 7)
        others = [nursery.start(seed) for seed in range(1, 5)]
        until(lambda: all(nursery.tally(pid) for pid in others))
        paused = nursery.start(-9)
        until(lambda: _is_stopped(paused))

        def rounds() -> int:
            return sum(nursery.tally(pid)["rounds"] for pid in others)

        before = rounds()
        began = time.monotonic()
        until(lambda: rounds() > before + 20)
        print(f"\nothers went on after {time.monotonic() - began:.1f} s")
        os.kill(paused, signal.SIGCONT)
        until(lambda: nursery.tally(paused).get("rounds"))
        assert nursery.tally(paused)["woken"] == 1
        nursery.stop()
        with store.read() as work:
            assert work.services.get("paused-9") is None
            assert work.bindings.get("paused-9") is None
        assert nursery.tally(paused)["follows"] == 1
        prove(store)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


@contextmanager
def threads(url: str, number: int, folder: Path) -> Iterator[list[Rival]]:
    """Rivals in threads of this process, which stop at the end of the block."""
    stop = threading.Event()
    rivals = [Rival(url, seed, folder / f"{seed}.log") for seed in range(number)]
    running = [threading.Thread(target=rival.run, args=(stop.is_set,)) for rival in rivals]
    for thread in running:
        thread.start()
    try:
        yield rivals
    finally:
        stop.set()
        for thread in running:
            thread.join()
        for rival in rivals:
            rival.close()


def test_threads_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with closing(open_sql_store(url)) as store:
        site = Site(store, 7)
        fullest, began = 0.0, time.monotonic()
        with threads(url, RIVALS, tmp_path) as rivals:
            while time.monotonic() - began < SECONDS and claims_of(rivals) < CLAIMS:
                fullest = max(fullest, site.look())
                site.interfere()
        fullest = max(fullest, site.look())
        logs = tmp_path.glob("*.log")
        judge(site, [json.loads(log.read_text().splitlines()[-1]) for log in logs], fullest, 0)


def _reached(rivals: list[Rival], number: int) -> bool:
    return claims_of(rivals) >= number


def claims_of(rivals: list[Rival]) -> int:
    return sum(rival.claims for rival in rivals)


def test_books_are_mended_beside_schedulers_that_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with closing(open_sql_store(url)) as store:
        site = Site(store, 7)
        with threads(url, 4, tmp_path) as rivals:
            for turn in range(5):
                until(partial(_reached, rivals, 20 * turn))
                damage(tmp_path / "state.db")
                report = site.consistency.check()
                assert set(report.counts) == {Fault.COUNTER}
                assert len(site.consistency.repair(report)) == report.counts[Fault.COUNTER]
                site.look()
        prove(store)
        for log in tmp_path.glob("*.log"):
            assert json.loads(log.read_text().splitlines()[-1])["follows"] == 1


def damage(database: Path) -> None:
    """Count what nobody claimed on every device."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(
            "UPDATE pierhead_device_counters SET used = used + 1 WHERE resource = 'vips'"
        )
