"""Sets up the installation, lets the storm rage, and finds out what came of it."""

import itertools
import secrets
import sys
import tempfile
import time
from asyncio import open_connection, open_unix_connection
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.persistence.sql import open_sql_store
from tests.chaos.client import Client
from tests.chaos.database import database
from tests.chaos.faults import (
    Storm,
    faults_of_broker,
    faults_of_database,
    faults_of_role,
)
from tests.chaos.proxy import Proxy
from tests.chaos.questions import delete_all, not_settled, prepare, wait_until_none, what_is_wrong
from tests.chaos.report import Report
from tests.chaos.watcher import Watcher
from tests.servers.rabbitmq import rabbitmq
from tests.split.kill.forked import ForkedSite
from tests.split.kill.truth import Truth
from tests.split.kill.zygote import Zygote

APIS, CONDUCTORS, AGENTS, CLIENTS = 2, 2, 3, 4
_SHOWN = 3000
"""Characters of a role's log."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Installation:
    """All of it."""

    site: ForkedSite
    truth: Truth
    storm: Storm
    clients: list[Client]


def run(
    seconds: float,
    seed: int,
    *,
    heartbeat: float = 0.5,
    constants: Mapping[str, float] | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """A storm of so many seconds. `constants`: see zygote.SHORT_PAUSES."""
    progress("starting")
    with _installed(seed, heartbeat, constants) as all_of_it:
        try:
            return _through(all_of_it, seconds, seed, progress)
        except BaseException:
            for name, role in all_of_it.site.roles.items():
                sys.stderr.write(f"=== {name}\n{role.log[-_SHOWN:]}\n")
            raise


def _through(all_of_it: Installation, seconds: float, seed: int, progress: Progress) -> Report:
    storm, truth, clients = all_of_it.storm, all_of_it.truth, all_of_it.clients
    subnets = prepare(clients[0])
    watcher = Watcher(truth, storm)
    watcher.start()
    for client in clients:
        client.start(subnets)
    storm.start()
    began = time.monotonic()
    while (left := began + seconds - time.monotonic()) > 0:
        done = sum((client.counts for client in clients), Counter[str]()).total()
        wrong = ", ".join(storm.now) or "calm"
        progress(f"{left:4.0f} s left, {done} done, {watcher.unsettled} unsettled; {wrong}")
        time.sleep(min(0.5, left))
    progress("mending")
    storm.stop()
    for client in clients:
        client.stop()
    progress("settling")
    calm_since = time.monotonic()
    wrongs = wait_until_none(lambda: not_settled(truth))
    settled_after = time.monotonic() - calm_since
    if not wrongs:
        wrongs = wait_until_none(lambda: what_is_wrong(truth, clients), 10.0)
    stale = [wrong for each in truth.fleet().devices for wrong in truth.stale(each.name)]
    watcher.stop()
    progress("clearing up")
    delete_all(clients)
    left_over = wait_until_none(truth.leftovers)
    return Report(
        seconds=seconds,
        seed=seed,
        done=sum((client.counts for client in clients), Counter[str]()),
        answers=sum((client.answers for client in clients), Counter[str]()),
        faults=storm.counts,
        moves=_moves(truth),
        wrongs=wrongs,
        stale=stale,
        over_commits=sorted(watcher.over_commits),
        left_over=left_over,
        longest=watcher.longest,
        longest_calm=watcher.longest_calm,
        settled_after=settled_after,
        looks=watcher.looks,
    )


@contextmanager
def _installed(
    seed: int, heartbeat: float, constants: Mapping[str, float] | None
) -> Iterator[Installation]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pierhead-chaos-")))
        starter = stack.enter_context(ThreadPoolExecutor(1))
        server = stack.enter_context(database())
        broker = stack.enter_context(rabbitmq())
        open_sql_store(server.url).close()
        to_database = stack.enter_context(Proxy(lambda: open_unix_connection(server.socket), seed))
        to_broker = stack.enter_context(Proxy(lambda: open_connection(broker.host, 5672), seed))
        zygote = stack.enter_context(Zygote(constants))
        site = stack.enter_context(
            ForkedSite(
                zygote,
                server.url_by(to_database.host, to_database.port),
                f"amqp://guest:guest@{to_broker.host}:{to_broker.port}/",
                folder,
                heartbeat=heartbeat,
                settings={"port": 9797},
            )
        )
        truth = stack.enter_context(Truth(server.url, folder / "devices"))
        host = f"127.{secrets.randbelow(50) + 200}.{secrets.randbelow(254) + 1}"
        for number in range(APIS):
            site.start_api(f"api-{number}", host=f"{host}.{number + 1}")
        for number in range(CONDUCTORS):
            site.start_conductor(f"conductor-{number}")
        for number in range(AGENTS):
            site.start_agent(f"agent-{number}")
        roles = list(site.roles.values())
        urls = [role.wait_ready().url for role in roles if role.role == "api"]
        faults = [fault for role in roles for fault in faults_of_role(role)]
        faults += faults_of_database(server, to_database, starter)
        faults += faults_of_broker(broker, to_broker, starter)
        clients = [Client(number, urls, seed + number) for number in range(CLIENTS)]
        yield Installation(site, truth, Storm(faults, seed), clients)


def _moves(truth: Truth) -> int:
    """How often a device was seen with another agent's process than before."""
    moves = 0
    for device in truth.fleet().devices:
        workers = [each.pid for each in truth.log(device.name) if each.refused is None]
        moves += sum(a != b for a, b in itertools.pairwise(workers))
    return moves
