"""What HAProxy's workers say of the load balancers, in the control plane's terms."""

from collections.abc import Iterable

import msgspec

from adapters.devices.haproxy.ledger import Ledger
from adapters.devices.haproxy.master import Master, Processes
from adapters.devices.haproxy.service import LoadBalancerService, backend_name
from adapters.devices.haproxy.statistics import (
    BACKENDS,
    BACKENDS_AND_SERVERS,
    Statistics,
    read_statistics,
)
from core.domain.loadbalancer.observation import LoadBalancerObservation, PoolStatistics

MOST_DRAINING = 16
"""Old workers that are still asked; more of them only carry idle connections."""

JsonObservation = dict[str, object]


def measure(
    master: Master, ledger: Ledger, services: Iterable[LoadBalancerService]
) -> dict[str, JsonObservation]:
    """Each service's LoadBalancerObservation in JSON terms. Raises MasterGone."""
    services = list(services)
    processes = master.processes()
    ledger.retain_workers(processes.workers)
    checked = any(pool.checked for each in services for pool in each.rendered.backends)
    current = _ask(master, ledger, processes.worker, servers=checked)
    asked = [current]
    asked += [
        _ask(master, ledger, pid, servers=False) for pid in processes.draining[:MOST_DRAINING]
    ]
    return {service.id: _observation(service, ledger, asked) for service in services}


def record_traffic(master: Master, ledger: Ledger, processes: Processes) -> Statistics:
    """Note the worker's counters before it is replaced. Raises MasterGone."""
    ledger.retain_workers(processes.workers)
    return _ask(master, ledger, processes.worker, servers=False)


def _ask(master: Master, ledger: Ledger, worker: int | None, *, servers: bool) -> Statistics:
    if worker is None:
        return Statistics()
    answer = master.ask_worker(worker, BACKENDS_AND_SERVERS if servers else BACKENDS)
    found = read_statistics(answer)
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
