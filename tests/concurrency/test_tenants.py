"""Tenants' requests beside conductors, each a process: no change is lost on its way to a device."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.persistence.sql import SqlStore, open_sql_store
from core.domain.lifecycle import Status
from core.domain.network import AllocationPool
from core.domain.query import Query
from tests import builders as a
from tests.concurrency.tenant import UseCases, found

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TENANTS, CONDUCTORS, POOLS = 4, 3, 4
CHANGES, KILLED = 400, 2
LONG = 120.0


class Crowd:
    """Processes of both sorts."""

    def __init__(self, url: str, folder: Path, pools: list[str]) -> None:
        self._command = [sys.executable, "-m", "tests.concurrency.tenant"]
        self._tail = [url, str(folder)]
        self._folder = folder
        self._pools = pools
        self._seed = 0
        self.living: dict[str, list[subprocess.Popen[str]]] = {"tenant": [], "conductor": []}

    def start(self, role: str) -> None:
        self._seed += 1
        command = [*self._command, role, *self._tail, str(self._seed), *self._pools]
        self.living[role].append(
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )

    def kill_a_conductor(self) -> None:
        """Wherever it is just now."""
        victim = self.living["conductor"].pop(0)
        victim.kill()
        victim.communicate()

    def stop(self, role: str) -> list[dict]:
        """What those of a role did."""
        (self._folder / f"stop-{role}").touch()
        said = [process.communicate(timeout=LONG)[0] for process in self.living[role]]
        assert [process.returncode for process in self.living[role]] == [0] * len(said)
        self.living[role] = []
        return [json.loads(line) for line in said]

    def close(self) -> None:
        for process in (*self.living["tenant"], *self.living["conductor"]):
            process.kill()
            process.communicate()


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    with closing(open_sql_store(url)) as store:
        yield store


@pytest.fixture
def users(store: SqlStore) -> dict[str, str]:
    """The pools that all share, each with the service that uses it."""
    with store.write() as work:
        work.service_types.add(a.a_service_type(default=True))
        work.networks.add(a.a_network(project_id="demo"))
        subnet = a.a_subnet(
            project_id="demo",
            cidr="127.9.0.0/16",
            allocation_pools=(AllocationPool("127.9.0.2", "127.9.255.254"),),
        )
        work.subnets.add(subnet)
        work.commit()
    use = UseCases(store)
    pools = [use.make_pool(subnet.id) for _ in range(POOLS)]
    return {pool: use.make_vip(subnet.id, pool) for pool in pools}


@pytest.fixture
def crowd(url: str, tmp_path: Path, users: dict[str, str]) -> Iterator[Crowd]:
    crowd = Crowd(url, tmp_path, list(users))
    try:
        yield crowd
    finally:
        crowd.close()


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def changes(store: SqlStore) -> int:
    """How often services were changed so far."""
    with store.read() as work:
        return sum(service.desired_revision for service in work.services.find(Query()))


def is_settled(store: SqlStore) -> bool:
    with store.read() as work:
        counts = work.due.counts(time.time())
        return counts.pending + counts.failed == 0


def test_no_change_is_lost(store: SqlStore, crowd: Crowd, users: dict[str, str]) -> None:
    for role, number in (("tenant", TENANTS), ("conductor", CONDUCTORS)):
        for _ in range(number):
            crowd.start(role)
    for part in range(1, KILLED + 1):
        until(lambda at=part: changes(store) > CHANGES * at / KILLED)
        crowd.kill_a_conductor()
        crowd.start("conductor")
    tenants = crowd.stop("tenant")
    until(lambda: is_settled(store))
    conductors = crowd.stop("conductor")
    raised: Counter[str] = Counter()
    for tally in tenants:
        raised.update(tally["raised"])
    print(f"\n{sum(raised.values())} changes of {POOLS} services")
    for role, tallies in (("tenants", tenants), ("conductors", conductors)):
        steps, again = (sum(one.get(name, 0) for one in tallies) for name in ("steps", "conflicts"))
        print(f"{role}: {steps} steps, {again} done again")
    assert sum(raised.values()) > CHANGES / 2
    with store.read() as work:
        services = {one.id: one for one in work.services.find(Query())}
        seen = work.observations.of(list(services))
        assert services.keys() == set(users.values())
        for pool, service_id in users.items():
            service = services[service_id]
            assert service.status is Status.ACTIVE
            # Each acknowledged change counts once, whoever changed the service meanwhile.
            assert service.desired_revision == 1 + raised[pool]
            # What the device has is what is stored.
            assert seen[service_id] == {
                "ordered": service.desired_revision,
                "of": found(work, service),
            }
        members = work.members.find(Query())
        assert members
        for member in members:
            assert member.stamp is not None
            assert member.stamp.revision <= services[member.stamp.service_id].deployed_revision
        assert work.reservations.count({}) == POOLS
        assert work.pools.count({}) == POOLS
