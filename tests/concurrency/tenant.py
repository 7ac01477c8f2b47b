"""``python -m tests.concurrency.tenant ROLE URL FOLDER SEED POOL...``: one process among others.

A `tenant` adds and deletes members of the pools that all share, and VIPs of its own, by the use
cases. A `conductor` takes what is due, notes what it found of each service at which revision, and
later, when much may have changed, that the device runs it. Both go on until the file ``stop-ROLE``
is in the folder, and then say what they did in one line of JSON.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from adapters.network.loopback import LoopbackWirer
from adapters.persistence.sql import SqlStore, connect_sql_store
from adapters.system import SystemClock, UuidSource
from core.domain.loadbalancer.model import Method, Protocol
from core.domain.query import Query
from core.domain.service import Service
from core.ports.store import StoreConflict
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.loadbalancing.kind import LoadBalancerKind
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.types import CreateMember, CreatePool, CreateVip
from core.usecases.loadbalancing.vips import Vips

CALLER = Caller("demo", is_admin=False)
DEADLINE = 0.5
"""Seconds after which a conductor sends again."""


class SilentDoorbell:
    """Conductors here look by themselves."""

    def ring(self) -> None:
        """Wake nobody."""

    def wait(self, timeout: float) -> None:
        """Return at once."""


class UseCases:
    """What tenants can do on a store."""

    def __init__(self, store: SqlStore) -> None:
        clock, ids = SystemClock(), UuidSource()
        parts = {
            "store": store,
            "ipam": LoopbackWirer(store, clock, ids),
            "clock": clock,
            "ids": ids,
            "doorbell": SilentDoorbell(),
        }
        self.pools, self.vips, self.members = Pools(**parts), Vips(**parts), Members(**parts)

    def make_pool(self, subnet_id: str) -> str:
        item = CreatePool(subnet_id=subnet_id, protocol=Protocol.HTTP, lb_method=Method.ROUND_ROBIN)
        return self.pools.create(CALLER, [item])[0].id

    def make_vip(self, subnet_id: str, pool_id: str) -> str:
        item = CreateVip(
            subnet_id=subnet_id, protocol=Protocol.HTTP, protocol_port=80, pool_id=pool_id
        )
        return self.vips.create(CALLER, [item])[0].id


class Process:
    """What both sorts of processes count and do again."""

    def __init__(self, url: str, seed: int) -> None:
        self.store = connect_sql_store(url)
        self.random = random.Random(seed)
        self.tally: Counter[str] = Counter()

    def insist(self, step: Callable[[], object]) -> None:
        """Take a step, again for as long as it is undone because of others."""
        while True:
            try:
                step()
            except StoreConflict:
                self.tally["conflicts"] += 1
            else:
                self.tally["steps"] += 1
                return


class Tenant(Process):
    """Changes what all share, and what is its own."""

    def __init__(self, url: str, seed: int, shared: list[str]) -> None:
        super().__init__(url, seed)
        self._use = UseCases(self.store)
        self._seed, self._shared = seed, shared
        self._mine: list[tuple[str, str]] = []
        self._number = 0
        self.raised: Counter[str] = Counter()
        """By pool: how many changes were acknowledged."""

    def round(self) -> None:
        """Do one thing or another."""
        what = self.random.random()
        if what < 0.5 or not self._mine:
            self.insist(self._add)
        elif what < 0.9:
            self.insist(self._delete)
        else:
            self._own_vip()

    def _add(self) -> None:
        pools = self.random.sample(self._shared, self.random.randint(1, 2))
        self._number += 1
        items = [
            CreateMember(pool_id=pool, address=f"127.1.1.{self._seed}", protocol_port=self._number)
            for pool in pools
        ]
        views = self._use.members.create(CALLER, items)
        self._mine += [(view.id, view.pool_id) for view in views]
        self.raised.update(pools)

    def _delete(self) -> None:
        at = self.random.randrange(len(self._mine))
        identity, pool_id = self._mine[at]
        self._use.members.delete(CALLER, identity)
        del self._mine[at]
        self.raised[pool_id] += 1

    def _own_vip(self) -> None:
        with self.store.read() as work:
            (subnet,) = work.subnets.find(Query(limit=1))
        made: list[str] = []
        self.insist(lambda: made.append(self._use.make_pool(subnet.id)))
        pool_id = made[0]
        self.insist(lambda: made.append(self._use.make_vip(subnet.id, pool_id)))
        self.insist(lambda: self._use.vips.delete(CALLER, made[1]))
        self.insist(lambda: self._use.pools.delete(CALLER, pool_id))


class Conductor(Process):
    """Brings what is due to its end, as the real one does, without any device."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(url, seed)
        self._kind = LoadBalancerKind()
        clock = SystemClock()
        self._wirer = LoopbackWirer(self.store, clock, UuidSource())
        self._ordered: list[tuple[str, int]] = []
        self._gone: list[Service] = []

    def round(self) -> None:
        """Order what is due, then record what became of it."""
        self._ordered, self._gone = [], []
        self.insist(self._order)
        for service_id, revision in self._ordered:
            self.insist(lambda one=service_id, at=revision: self._record(one, at))
        for service in self._gone:
            self.insist(lambda one=service: self._forget(one))

    def _order(self) -> None:
        self._ordered, self._gone = [], []
        now = time.time()
        with self.store.write(fleet=self.random.random() < 0.5) as work:
            for service in work.due.services(now, 8):
                if service.deleting:
                    self._gone.append(service)
                else:
                    note = {"ordered": service.desired_revision, "of": found(work, service)}
                    work.observations.put({service.id: note})
                    self._ordered.append((service.id, service.desired_revision))
                work.services.save(service.due(now + DEADLINE))
            work.commit()

    def _record(self, service_id: str, revision: int) -> None:
        with self.store.write(fleet=False) as work:
            service = work.services.hold(service_id)
            if service is not None:
                work.services.save(service.deployed(revision, time.time()))
                work.commit()

    def _forget(self, service: Service) -> None:
        self._wirer.release_address(service.id)
        with self.store.write() as work:
            self._kind.forget(work, service)
            work.commit()


def found(work: UnitOfWork, service: Service) -> list[str]:
    """The members that a service's device would have now."""
    balancer = work.load_balancers.get(service.id)
    assert balancer is not None
    pools = tuple(one.default_pool_id for one in balancer.listeners if one.default_pool_id)
    return sorted(member.id for member in work.members.find(Query(filters={"pool_id": pools})))


def main(role: str, url: str, folder: Path, seed: int, shared: list[str]) -> None:
    """Live."""
    stop = folder / f"stop-{role}"
    process = Tenant(url, seed, shared) if role == "tenant" else Conductor(url, seed)
    while not stop.exists():
        process.round()
        if role == "conductor":
            time.sleep(0.01)
    raised = process.raised if isinstance(process, Tenant) else {}
    print(json.dumps({**process.tally, "raised": raised}), flush=True)
    process.store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
