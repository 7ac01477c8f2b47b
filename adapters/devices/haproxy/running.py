"""The HAProxy of one device, as a configuration that is replaced as a whole.

`Running` keeps the services that HAProxy runs and brings changes to them about, in the least
disturbing way that will do.
"""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import structlog

from adapters.devices.haproxy.binary import Binary
from adapters.devices.haproxy.changes import Command, runtime_commands
from adapters.devices.haproxy.drift import find_drift
from adapters.devices.haproxy.endpoints import bind_refusal, wait_until_closed
from adapters.devices.haproxy.isolation import isolate
from adapters.devices.haproxy.master import Master, MasterGone, ReloadRefused
from adapters.devices.haproxy.measuring import record_traffic
from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.peers import await_taught, prepare_to_teach
from adapters.devices.haproxy.preamble import preamble
from adapters.devices.haproxy.rendered import Endpoint, Server
from adapters.devices.haproxy.service import LoadBalancerService, backend_name
from adapters.devices.haproxy.statistics import SERVER_STATES, Statistics, down_rows
from adapters.devices.haproxy.store import State, Store
from adapters.devices.haproxy.wording import refusal_of, used_by_another

Changes = Mapping[str, LoadBalancerService | None]
"""Service id -> what it shall be, None: gone."""
Services = dict[str, LoadBalancerService]

MOST_COMMANDS = 100
"""Runtime commands beyond which a reload is quicker."""
MOST_CHECKS = 500
MOST_RELOADS = 30
"""Attempts at finding the service at fault before the rest is left for another time."""
MOST_SUSPECTS = 20
"""Pools with a member down beyond which it is quicker to ask about all pools."""
CHECK_TIMEOUT = 60.0

_log = structlog.get_logger()


class Running:
    """What runs in one HAProxy process, and how it becomes something else."""

    def __init__(self, store: Store, master: Master, device_id: str) -> None:
        self.services: Services = {}
        self.state = State()
        self.unrecorded: frozenset[str] = frozenset()
        """Services that HAProxy was found to run and nothing is kept of: a reload ends them."""
        self._store = store
        self._master = master
        self._endpoints: dict[Endpoint, str] = {}
        self._log = _log.bind(device=device_id)

    def load_state(self) -> None:
        """Go on from the statistics and restarts that are on disk."""
        if not self.state.started:
            self.state = self._store.read_state()

    def renew(self, services: Iterable[LoadBalancerService]) -> None:
        """Note newer revisions of services whose configuration stays as it is."""
        for service in services:
            self.services[service.id] = service
            self._store.put_service(service.stored())

    def adopt(self, services: Services) -> None:
        """Take these for what runs."""
        self.unrecorded = frozenset()
        self.services = services
        self._endpoints = {
            endpoint: identity
            for identity, service in services.items()
            for endpoint in service.rendered.endpoints
        }

    def note_unrecorded(self, seen: Statistics) -> None:
        """Note what else than the services kept here HAProxy runs."""
        names = [name for name in (*seen.frontends, *seen.traffic) if "." in name]
        self.unrecorded = frozenset(name.partition(".")[0] for name in names) - self.services.keys()
        if self.unrecorded:
            self._log.warning("services_unrecorded", services=sorted(self.unrecorded))

    def undo_drift(self, seen: Statistics, parameters: Parameters) -> int:
        """Put right the servers that somebody else changed; return how many."""
        if self.unrecorded:
            return 0
        drift = find_drift((each.rendered for each in self.services.values()), seen)
        if not drift.servers and not drift.reload:
            return 0
        self._log.warning("changed_by_hand", servers=drift.servers, reload=drift.reload)
        quick = not drift.reload and len(drift.commands) <= MOST_COMMANDS
        if quick and self._run(drift.commands, {}, parameters):
            return len(drift.servers)
        return 0 if self.reload(parameters) else len(drift.servers)

    def text(self, parameters: Parameters) -> str:
        """The whole configuration."""
        return _text(self.services, parameters)

    def change(self, changes: Changes, parameters: Parameters, binary: Binary) -> dict[str, str]:
        """Make the changes that can be made; return why the others cannot."""
        failures = self._port_failures(changes)
        wanted = _without(changes, failures)
        refused = isolate(
            {identity: service for identity, service in wanted.items() if service is not None},
            lambda part: self._check(part, parameters, binary),
            MOST_CHECKS,
        )
        failures |= self._for_tenants(refused, wanted)
        wanted = _without(wanted, failures)
        # A change that fails leaves its old ports taken, which another may have counted on.
        while clashes := self._port_failures(wanted):
            failures |= clashes
            wanted = _without(wanted, clashes)
        if wanted:
            failures |= self._deploy(wanted, parameters)
        return failures

    def reload(self, parameters: Parameters) -> str | None:
        """Make HAProxy run what is kept here, whatever it ran; None, or why it cannot."""
        return self._reload({}, parameters)

    def _port_failures(self, changes: Changes) -> dict[str, str]:
        failures: dict[str, str] = {}
        claimed: dict[Endpoint, str] = {}
        for identity, service in changes.items():
            for endpoint in sorted(service.rendered.endpoints) if service else ():
                owner = claimed.get(endpoint) or self._owner_after(endpoint, changes)
                if owner not in (None, identity):
                    failures[identity] = used_by_another(endpoint)
                    self._log.warning("port_clash", service=identity, owner=owner)
                elif refusal := self._refusal(endpoint, identity):
                    failures[identity] = refusal
                else:
                    claimed[endpoint] = identity
        return failures

    def _refusal(self, endpoint: Endpoint, identity: str) -> str | None:
        if endpoint in self._endpoints:
            return None
        if identity in self.unrecorded:
            return bind_refusal(endpoint, shared=True)
        return bind_refusal(endpoint)

    def _owner_after(self, endpoint: Endpoint, changes: Changes) -> str | None:
        """The service that has the endpoint now and does not give it up."""
        owner = self._endpoints.get(endpoint)
        if owner is None or owner not in changes:
            return owner
        after = changes[owner]
        return owner if after and endpoint in after.rendered.endpoints else None

    def _check(self, changes: Changes, parameters: Parameters, binary: Binary) -> str | None:
        """Let HAProxy read the sections that change: none depends on another service's."""
        parts = {identity: service for identity, service in changes.items() if service}
        path = self._store.write_candidate(_text(parts, parameters))
        return check_config(binary, path)

    def _deploy(self, changes: Changes, parameters: Parameters) -> dict[str, str]:
        commands = self._commands(changes)
        if commands is not None and self._run(commands, changes, parameters):
            return {}
        refused = isolate(changes, lambda part: self._reload(part, parameters), MOST_RELOADS)
        if self._store.changing:
            self._reload({}, parameters)
        return self._for_tenants(refused, changes)

    def _for_tenants(self, refused: Mapping[str, str], changes: Changes) -> dict[str, str]:
        """Each refusal in a tenant's words; HAProxy's own go to the log."""
        for identity, words in refused.items():
            self._log.warning("service_refused", service=identity, reason=words)
        return {name: refusal_of(changes[name], words) for name, words in refused.items()}

    def _commands(self, changes: Changes) -> list[Command] | None:
        if self._store.stale_namespaces:
            return None
        commands: list[Command] = []
        for identity, service in changes.items():
            before = self.services.get(identity)
            if before is None or service is None:
                return None
            some = runtime_commands(before.rendered, service.rendered)
            if some is None or len(commands) + len(some) > MOST_COMMANDS:
                return None
            commands += some
        return commands

    def _run(self, commands: list[Command], changes: Changes, parameters: Parameters) -> bool:
        if commands:
            self._store.begin_change()
            self._store.write_config(_text(_after(self.services, changes), parameters))
        try:
            worker = self._master.processes().worker
            for command in commands:
                if worker is None or not self._obeys(worker, command):
                    return False
        except MasterGone as error:
            self._log.warning("runtime_change_failed", reason=str(error))
            return False
        self._commit(changes)
        return True

    def _obeys(self, worker: int, command: Command) -> bool:
        answer = self._master.ask_worker(worker, command.text)
        if answer in command.answers:
            return True
        self._log.warning("runtime_change_refused", command=command.text, answer=answer)
        return False

    def _reload(self, changes: Changes, parameters: Parameters) -> str | None:
        """Make all the changes by a reload, or none; then the text says why."""
        services = _after(self.services, changes)
        stale = self._store.stale_namespaces
        unfinished = self._store.changing or bool(stale)
        self._store.begin_change()
        try:
            if stale:
                self._close_listeners(stale, parameters)
            processes = self._master.processes()
            statistics = record_traffic(self._master, self.state.ledger, processes)
            self._keep_down(processes.worker, statistics, services)
            teaches = any(service.rendered.remembers for service in self.services.values())
            if teaches:
                prepare_to_teach(self._master, self._store.directory)
            self._store.write_state(self.state)
            self._store.write_config(_text(services, parameters))
            self._master.reload()
            if teaches:
                await_taught(self._master)
        except (ReloadRefused, MasterGone, OSError) as error:
            self._store.write_config(self.text(parameters))
            if isinstance(error, ReloadRefused) and not unfinished:
                self._store.end_change()
            self._log.warning("reload_rolled_back", services=len(changes), reason=str(error))
            return str(error)
        self.unrecorded = frozenset()
        self._store.clear_stale_namespaces()
        self._log.info("reloaded", changed=len(changes), services=len(services))
        self._commit(changes)
        rendered = (service.rendered for service in self.services.values())
        self._store.keep_handovers({name for each in rendered for name in each.handovers})
        return None

    def _close_listeners(self, namespaces: frozenset[str], parameters: Parameters) -> None:
        """Have HAProxy let go of sockets that the next worker would take over by the name of
        their namespace, though they are in one that is gone. Raises as `_reload` expects."""
        others = {
            identity: service
            for identity, service in self.services.items()
            if not any(each.namespace in namespaces for each in service.rendered.endpoints)
        }
        if len(others) < len(self.services):
            self._store.write_config(_text(others, parameters))
            self._master.reload()

    def _keep_down(self, worker: int | None, seen: Statistics, services: Services) -> None:
        """Have the next worker start with the members down that fail their check now."""

        def find(backend_name: str, server_name: str) -> Server | None:
            service = services.get(backend_name.partition(".")[0])
            for backend in service.rendered.backends if service else ():
                if backend.name == backend_name and backend.checked:
                    return next(
                        (each for each in backend.servers if each.name == server_name), None
                    )
            return None

        suspects = [
            backend.name
            for service in self.services.values()
            for backend in service.rendered.backends
            if backend.checked and seen.usable.get(backend.name, 0) < len(backend.servers)
        ]
        commands = [f"{SERVER_STATES} {name}" for name in suspects]
        if len(suspects) > MOST_SUSPECTS:
            commands = [SERVER_STATES]
        answers = [self._master.ask_worker(worker, each) for each in commands] if worker else []
        rows = (row for answer in answers for row in down_rows(answer, find))
        self._store.write_server_state("".join(rows))

    def _commit(self, changes: Changes) -> None:
        closed: set[Endpoint] = set()
        for identity, service in changes.items():
            before = self.services.pop(identity, None)
            if before is not None:
                closed |= before.rendered.endpoints
                self._forget_pools(before, service)
        for endpoint in closed:
            del self._endpoints[endpoint]
        for identity, service in changes.items():
            if service is None:
                self._store.remove_service(identity)
                continue
            self.services[identity] = service
            self._endpoints |= dict.fromkeys(service.rendered.endpoints, identity)
            self._store.put_service(service.stored())
        self._store.end_change()
        wait_until_closed(closed - self._endpoints.keys())

    def _forget_pools(self, before: LoadBalancerService, after: LoadBalancerService | None) -> None:
        gone = before.pool_ids - (after.pool_ids if after else frozenset())
        self.state.ledger.forget(backend_name(before.id, pool) for pool in gone)


def check_config(binary: Binary, path: Path) -> str | None:
    """Have HAProxy read a configuration; None, or what is wrong with it."""
    try:
        done = subprocess.run(  # noqa: S603 - the administrator names the program
            [binary.path, "-c", "-q", "-f", path],
            cwd=path.parent, capture_output=True, text=True, errors="replace",
            timeout=CHECK_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return f"{binary.path} cannot check a configuration: {error}"
    return None if done.returncode == 0 else done.stderr


def _text(services: Mapping[str, LoadBalancerService], parameters: Parameters) -> str:
    pings = any(service.rendered.pings for service in services.values())
    sections = [services[identity].rendered.text for identity in sorted(services)]
    files = sum(service.rendered.files for service in services.values())
    return "".join([preamble(parameters, pings=pings, files=files), *sections])


def _after(services: Services, changes: Changes) -> Services:
    merged = {**services, **changes}
    return {identity: service for identity, service in merged.items() if service is not None}


def _without(changes: Changes, failures: Mapping[str, str]) -> Changes:
    return {identity: each for identity, each in changes.items() if identity not in failures}
