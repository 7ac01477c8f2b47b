"""Several processes that claim on one database at once, some of which are killed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from adapters.persistence.sql import open_sql_store
from core.domain.query import Query
from tests import builders as a
from tests.servers.fixtures import SERVERS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
DEVICES = [a.uid(f"lb{number}") for number in range(3)]
LIMITS = {"vips": 60, "throughput": 150, "vlans:eth1": 5}
WORKER = """
import itertools, random, sys
from adapters.persistence.sql import open_sql_store
from tests import builders as a
from core.domain.binding import NetworkNeed

me, rnd = sys.argv[2], random.Random(sys.argv[2])
store = open_sql_store(sys.argv[1])
mine = []
print("ready", flush=True)
for turn in itertools.count():
    with store.write() as work:
        gone = [mine.pop(rnd.randrange(len(mine))) for _ in range(min(len(mine), rnd.randrange(4)))]
        work.bindings.release(gone)
        claims = []
        for at in range(rnd.randrange(1, 8)):
            name = f"{me}-{turn}-{at}"
            needs = (NetworkNeed(network_id=f"n{rnd.randrange(9)}", cidr="127.9.0.0/24"),)
            amounts = {"vips": 1, "throughput": rnd.randrange(1, 6)}
            device = f"lb{rnd.randrange(3)}"
            claims.append(a.a_claim(name, device, service_id=name, networks=needs, claims=amounts))
        answers = work.bindings.claim(claims)
        work.commit()
    won = [c.binding.service_id for c, answer in zip(claims, answers) if answer is None]
    mine += won
    print("+".join(won), "/".join(gone), flush=True)
"""


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return request.getfixturevalue(f"{request.param}_url")


def check(store) -> set[str]:
    """The accounts are what the bindings come to; the services that are bound."""
    with store.read() as work:
        bindings = work.bindings.find(Query())
        accounts, usage = work.ledger.accounts(), work.ledger.usage()
    for device in DEVICES:
        mine = [one for one in bindings if one.device_id == device]
        used: Counter[str] = Counter()
        for binding in mine:
            used.update(binding.claims)
        used["vlans:eth1"] = len(usage[device].networks)
        assert dict(used) == accounts[device].used
        assert all(amount <= LIMITS[resource] for resource, amount in used.items())
        users = Counter(need.network_id for one in mine for need in one.networks)
        assert users == Counter({row.network_id: row.users for row in usage[device].networks})
    return {one.service_id for one in bindings}


def test_counters_hold_whoever_claims_and_dies(url):
    store = open_sql_store(url)
    with store.write() as work:
        for number, device in enumerate(DEVICES):
            work.devices.add(a.a_device(f"lb{number}"))
            work.ledger.set_limits(device, LIMITS)
        work.commit()
    command = [sys.executable, "-c", WORKER, url]
    workers = [
        subprocess.Popen([*command, str(at)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for at in range(4)
    ]
    kept: set[str] = set()
    turns = 0
    for worker in workers:
        assert worker.stdout is not None
        lines = [worker.stdout.readline() for _ in range(25)]
        os.kill(worker.pid, signal.SIGKILL)
        lines += worker.stdout.readlines()
        worker.wait()
        worker.stdout.close()
        kept |= acknowledged(lines)
        turns += sum(bool(line.strip()) for line in lines[1:-1])
    bound = check(store)
    # Each may have committed once more without a chance to say so.
    assert len(kept - bound) <= 4 * 3
    assert len(bound - kept) <= 4 * 7
    with store.read() as work:
        assert work.feed.position().revision > turns
        assert work.feed.changed_since(0) == sorted(DEVICES)
    store.close()


def acknowledged(lines: list[str]) -> set[str]:
    """The services that are bound according to what a worker said in whole lines."""
    assert lines[0] == "ready\n"
    held: set[str] = set()
    for line in lines[1:]:
        if line.endswith("\n"):
            won, _, gone = line.rstrip("\n").partition(" ")
            held -= set(gone.split("/"))
            held |= set(filter(None, won.split("+")))
    return held
