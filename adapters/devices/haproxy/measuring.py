"""What HAProxy's workers say of the load balancers, in the control plane's terms."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from adapters.devices.haproxy.ledger import Ledger
from adapters.devices.haproxy.master import Master, Processes
from adapters.devices.haproxy.service import LoadBalancerService, backend_name
from adapters.devices.haproxy.statistics import (
    BACKENDS,
    BACKENDS_AND_SERVERS,
    EVERYTHING,
    Statistics,
    read_statistics,
)
from core.domain.loadbalancer.observation import LoadBalancerObservation, PoolStatistics

MOST_DRAINING = 16
"""Old workers that are still asked; more of them only carry idle connections."""

JsonObservation = dict[str, object]


@dataclass(frozen=True, slots=True)
class Measurement:
    """`services` has each service's LoadBalancerObservation in JSON terms; `current` what the
    worker that takes connections says."""

    services: dict[str, JsonObservation]
    current: Statistics


def measure(master: Master, ledger: Ledger, services: Iterable[LoadBalancerService]) -> Measurement:
    """Ask all workers. Raises MasterGone."""
    processes = master.processes()
    ledger.retain_workers(processes.workers)
    current = _ask(master, ledger, processes.worker, BACKENDS_AND_SERVERS)
    asked = [current]
    asked += [_ask(master, ledger, pid, BACKENDS) for pid in processes.draining[:MOST_DRAINING]]
    seen = {service.id: _observation(service, ledger, asked) for service in services}
    return Measurement(seen, current)


def look(master: Master) -> Statistics:
    """All frontends, backends and servers of the worker that takes connections.

    Raises MasterGone.
    """
    worker = master.processes().worker
    return read_statistics(master.ask_worker(worker, EVERYTHING)) if worker else Statistics()


def record_traffic(master: Master, ledger: Ledger, processes: Processes) -> Statistics:
    """Note the worker's counters before it is replaced. Raises MasterGone."""
    ledger.retain_workers(processes.workers)
    return _ask(master, ledger, processes.worker, BACKENDS)


def _ask(master: Master, ledger: Ledger, worker: int | None, question: str) -> Statistics:
    if worker is None:
        return Statistics()
    found = read_statistics(master.ask_worker(worker, question))
    if found.traffic:
        ledger.record(worker, found.traffic)
    return found


def _observation(
    service: LoadBalancerService, ledger: Ledger, asked: list[Statistics]
) -> JsonObservation:
    pools = {}
    for pool_id in service.pool_ids:
        name = backend_name(service.id, pool_id)
        total = ledger.total(name)
        pools[pool_id] = PoolStatistics(
            bytes_in=total.bytes_in,
            bytes_out=total.bytes_out,
            active_connections=sum(each.connections.get(name, 0) for each in asked),
            total_connections=total.connections,
        )
    members = {
        server.name: asked[0].members[backend.name, server.name]
        for backend in service.rendered.backends
        for server in backend.servers
        if backend.checked and (backend.name, server.name) in asked[0].members
    }
    observation: JsonObservation = msgspec.to_builtins(
        LoadBalancerObservation(members=members, pools=pools)
    )
    return observation
