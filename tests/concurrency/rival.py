"""A scheduler among others: places, changes, releases and deletes services of one shared set."""

import json
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from adapters.persistence.sql import open_sql_store
from adapters.system import SystemClock, UuidSource
from core.domain.binding import Account, Claim, NetworkNeed, Shortage
from core.domain.device import DriverInfo
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.query import Query
from core.domain.service_type import Policy, Strategy
from core.ports.bindings import BindingRepository
from core.ports.store import StoreFailure
from core.ports.unit_of_work import UnitOfWork
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from tests import builders as a
from tests.core.domain.placement.fleet import DRIVER, request

DRIVERS: dict[str, DriverInfo] = {"haproxy": replace(DRIVER, limits={})}
SERVICES = [f"service-{number}" for number in range(320)]
NETWORKS = [f"net-{number}" for number in range(24)]
POLICIES = [
    Policy(demand={"throughput": 2}),
    Policy(demand={"throughput": 3}, strategy=Strategy.PACK),
]
NEARLY_FULL = 0.95
"""Below this fill a claim that is short counts as a retry."""


class CountingBindings:
    """Bindings that count the claims that go through them."""

    def __init__(self, inner: BindingRepository, note: Callable[[int, int], None]) -> None:
        self._inner = inner
        self._note = note
        self.get, self.find, self.release = inner.get, inner.find, inner.release

    def claim(self, claims: Sequence[Claim]) -> list[Shortage | None]:
        answers = self._inner.claim(claims)
        self._note(len(claims), sum(answer is not None for answer in answers))
        return answers


class Rival:
    """One scheduler with its own replica of the fleet."""

    def __init__(self, url: str, seed: int, log: Path) -> None:
        self.store = open_sql_store(url)
        self.view = FleetView(DRIVERS, Lock())
        self._scheduler = FleetScheduler(
            view=self.view, advisors={}, clock=SystemClock(), ids=UuidSource()
        )
        self._until_done: Callable[[], None] = lambda: None
        self._random = random.Random(seed)
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._tally = {"rounds": 0, "claims": 0, "short": 0, "early": 0, "retries": 0, "failed": 0}

    def run(self, stopped: Callable[[], bool]) -> None:
        """Work until told to stop, then say whether the replica is what the database holds."""
        while not stopped():
            self.round()
        self._settle()
        with self.store.read() as work, self.view.at(work) as fleet:
            self._tally["follows"] = int(told(fleet) == told(freshly_filled(work)))
        self._say()

    def round(self) -> None:
        """One unit of work about a few services, which is waited for after the next one."""
        try:
            with self.store.write() as work:
                self._do(work)
                before, self._until_done = self._until_done, work.begin_commit()
            before()
        except StoreFailure:
            self._tally["failed"] += 1
        self._tally["rounds"] += 1
        self._say()

    def _settle(self) -> None:
        try:
            self._until_done()
        except StoreFailure:
            self._tally["failed"] += 1

    @property
    def claims(self) -> int:
        """How many it has made so far."""
        return self._tally["claims"]

    def close(self) -> None:
        """Let go of the database and the log."""
        self.store.close()
        os.close(self._log)

    def pause_inside(self, name: str) -> None:
        """Stop this process in the middle of a unit of work that places a service."""
        try:
            with self.store.write() as work:
                work.services.add(a.a_service(name, id=name))
                self._place(work, [self._request(name)])
                os.kill(os.getpid(), signal.SIGSTOP)
                work.commit()
        except StoreFailure:
            self._tally["woken"] = 1
        self._say()

    def _do(self, work: UnitOfWork) -> None:
        names = self._random.sample(SERVICES, self._random.randint(1, 4))
        stored = {one.id: one for one in work.services.find(Query(filters={"id": tuple(names)}))}
        wanted: list[PlacementRequest] = []
        for name in names:
            service, bound = stored.get(name), work.bindings.get(name)
            if service is None:
                work.services.add(a.a_service(name, id=name))
            elif bound is not None and self._random.random() < 0.3:
                work.bindings.release([name])
                work.services.save(replace(service, attempts=service.attempts + 1))
                if self._random.random() < 0.2:
                    work.services.remove(name)
                continue
            if bound is None or self._random.random() < 0.5:
                wanted.append(replace(self._request(name), bound=bound))
        self._place(work, wanted)

    def _request(self, name: str) -> PlacementRequest:
        networks = self._random.sample(NETWORKS, self._random.randint(1, 2))
        policy = self._random.choice(POLICIES)
        return request(
            service_id=name,
            project_id=f"project-{len(name)}",
            service_type_id=policy.strategy,
            policy=policy,
            requirements=Requirements(
                vip_address="10.1.0.5",
                networks=tuple(
                    NetworkNeed(network_id=each, cidr=f"10.{NETWORKS.index(each)}.0.0/24")
                    for each in networks
                ),
            ),
        )

    def _place(self, work: UnitOfWork, wanted: Sequence[PlacementRequest]) -> None:
        with self.view.at(work) as fleet:
            early = fill(fleet) < NEARLY_FULL

        def note(claims: int, short: int) -> None:
            self._tally["claims"] += claims
            self._tally["short"] += short
            if early:
                self._tally["early"] += claims
                self._tally["retries"] += short

        work.bindings = CountingBindings(work.bindings, note)
        placements = self._scheduler.place(work, wanted)
        for asked, placement in zip(wanted, placements, strict=True):
            if asked.bound is None and placement.binding is not None:
                service = work.services.get(asked.service_id)
                assert service is not None
                work.services.save(replace(service, attempts=service.attempts + 1))

    def _say(self) -> None:
        """One write for each line: whoever is killed leaves whole lines."""
        os.write(self._log, (json.dumps(self._tally) + "\n").encode())


def fill(fleet: Fleet) -> float:
    """How much of all limits on services is used."""
    limits = sum(host.limits.get("vips") or 0 for host in fleet)
    return sum(host.used.get("vips", 0) for host in fleet) / limits if limits else 1.0


def freshly_filled(work: UnitOfWork) -> Fleet:
    """The fleet as a replica that starts now sees it."""
    fleet = Fleet(DRIVERS)
    fleet.fill(work.devices.find(Query(filters={"removing": (False,)})), work.ledger.accounts())
    return fleet


def told(fleet: Fleet) -> dict[str, tuple[object, ...]]:
    """All that a replica knows of each device."""
    return {
        host.device.id: (
            host.device,
            dict(host.limits),
            Account(
                used={name: amount for name, amount in host.used.items() if amount},
                networks=dict(host.networks),
                projects=dict(host.projects),
            ),
        )
        for host in fleet
    }
