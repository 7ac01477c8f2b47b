"""Roles and tenants who work while servers fail over, and what must hold of it."""

import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.client import Client
from tests.chaos.questions import (
    DEVICES,
    delete_all,
    not_settled,
    prepare,
    wait_until_none,
    what_is_wrong,
)
from tests.split.kill.forked import ForkedSite
from tests.split.kill.truth import Truth
from tests.split.kill.zygote import Zygote
from tests.split.site import ROOT

CLIENTS = 4
SECONDS = 60.0


@dataclass(frozen=True)
class Trial:
    """Two APIs, two conductors and two agents, and tenants who create, change and delete."""

    site: ForkedSite
    truth: Truth
    clients: Sequence[Client]

    def start(self) -> None:
        """Have tenants work from now on."""
        subnets = prepare(self.clients[0])
        for client in self.clients:
            client.start(subnets)

    @property
    def acknowledged(self) -> int:
        """How many operations."""
        return sum(client.counts.total() for client in self.clients)

    @property
    def answers(self) -> Counter[str]:
        """How requests ended."""
        return sum((client.answers for client in self.clients), Counter[str]())

    @property
    def carried_out(self) -> int:
        """How many changes of services on devices."""
        return sum(len(self.truth.log(f"device-{number}")) for number in range(DEVICES))

    def work(self, operations: int) -> None:
        """Wait until so many more were acknowledged, and then as many carried out."""
        wanted = self.acknowledged + operations
        self.until(lambda: self.acknowledged >= wanted, f"{wanted} operations")
        done = self.carried_out + operations
        self.until(lambda: self.carried_out >= done, f"{done} changes of services")

    def be_refused(self, requests: int) -> None:
        """Wait until so many more were told to come again later."""
        wanted = self.answers["503"] + requests
        self.until(lambda: self.answers["503"] >= wanted, f"{wanted} refusals")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for anything while tenants work."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            for client in self.clients:
                if client.failure is not None:
                    raise client.failure
            assert time.monotonic() < deadline, f"never {what}: {self.answers}"
            time.sleep(0.02)

    def end(self) -> None:
        """Have tenants end, and see that all that they were told is so, that all is settled
        and agrees, and that nothing is left when they have deleted everything."""
        for client in self.clients:
            client.stop()
        assert wait_until_none(lambda: not_settled(self.truth), SECONDS) == []
        assert wait_until_none(lambda: what_is_wrong(self.truth, self.clients), 10.0) == []
        assert self.truth.wrongs() == []
        self._check()
        delete_all(self.clients)
        assert wait_until_none(self.truth.leftovers, SECONDS) == []
        unexplained = {
            answer
            for answer in self.answers
            if answer.startswith("no ") or (answer.startswith("5") and answer != "503")
        }
        assert not unexplained, self.answers

    def _check(self) -> None:
        """``pierhead check`` finds nothing."""
        config = self.site.folder / "api-0.toml"
        command = [sys.executable, "-m", "pierhead", "check", "--config", str(config)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def trial(
    zygote: Zygote, database_url: str, amqp_urls: Sequence[str], folder: Path
) -> Iterator[Trial]:
    """All roles on a database, which has no tables yet, and a broker's nodes."""
    with ExitStack() as stack:
        site = stack.enter_context(ForkedSite(zygote, database_url, amqp_urls, folder))
        site.upgrade()
        truth = stack.enter_context(Truth(database_url, folder / "devices"))
        for number in range(2):
            site.start_api(f"api-{number}")
            site.start_conductor(f"conductor-{number}")
            site.start_agent(f"agent-{number}")
        urls = [site.roles[f"api-{number}"].url for number in range(2)]
        seed = secrets.randbelow(1_000_000)
        yield Trial(site, truth, [Client(number, urls, seed + number) for number in range(CLIENTS)])
