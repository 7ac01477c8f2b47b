"""The files that are kept beside a HAProxy, so that a new process can take it over.

haproxy.cfg       what runs, or last ran; candidate.cfg is being checked
services/<id>.json  each load balancer's last good order
state.json        statistics so far, and restarts
changing          exists while what runs may differ from what the files say
servers.state     members that were down before a reload
wires/<namespace>.json  each wire that has an end on this host
stale-namespaces  network namespaces that were made anew beneath a HAProxy that runs
ping-check, icmp_check.py  the PING monitor; ping-check.<namespace> from a network namespace
haproxy.log, haproxy.pid, *.sock  HAProxy's own
"""

import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from adapters.devices.haproxy.handover import SOCKETS
from adapters.devices.haproxy.ledger import Ledger
from adapters.devices.haproxy.monitors import helper_in
from core.domain.binding import Attachment


class StoredService(msgspec.Struct, frozen=True):
    """An order that was carried out."""

    id: str
    revision: int
    spec: Mapping[str, object]
    attachments: tuple[Attachment, ...] = ()


class State(msgspec.Struct):
    """What must outlive the driver's process, besides the services."""

    started: bool = False
    restarts: int = 0
    last_restart: str = ""
    ledger: Ledger = msgspec.field(default_factory=Ledger)


class Store:
    """A device's directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "haproxy.cfg"
        self._candidate = directory / "candidate.cfg"
        self._server_state = directory / "servers.state"
        self._services = directory / "services"
        self._state = directory / "state.json"
        self._changing = directory / "changing"
        self._wires = directory / "wires"
        self._stale = directory / "stale-namespaces"

    def prepare(self) -> None:
        """Make the directory, readable by nobody else, with what HAProxy expects in it."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._services.mkdir(mode=0o700, exist_ok=True)
        self._wires.mkdir(mode=0o700, exist_ok=True)
        if not self._server_state.exists():
            self.write_server_state("")
        helper = self.directory / "icmp_check.py"
        _replace(helper, files(__package__).joinpath("icmp_check.py").read_bytes())
        self._put_ping_helper(None)

    def remove(self) -> None:
        """Remove the directory; nothing if there is none. Raises OSError if some of it is left."""
        try:
            shutil.rmtree(self.directory)
        except OSError:
            if os.path.lexists(self.directory):
                raise

    @property
    def changing(self) -> bool:
        """Whether a change began and was not finished."""
        return self._changing.exists()

    def begin_change(self) -> None:
        """From here until `end_change` HAProxy may not run what the files say."""
        self._changing.touch(mode=0o600)

    def end_change(self) -> None:
        """HAProxy runs what the files say."""
        self._changing.unlink(missing_ok=True)

    def read_config(self) -> str | None:
        """The configuration in place, None when there is none that can be read."""
        try:
            return self.config.read_text()
        except (OSError, ValueError):
            return None

    def write_config(self, text: str) -> None:
        """Put a configuration in place for the next start or reload."""
        _replace(self.config, text.encode())

    def write_candidate(self, text: str) -> Path:
        """Write a configuration that is to be checked; return where."""
        _replace(self._candidate, text.encode())
        return self._candidate

    def write_server_state(self, rows: str) -> None:
        """Set which members the next worker must take for down, in HAProxy's format."""
        _replace(self._server_state, f"1\n# {_STATE_COLUMNS}\n{rows}".encode())

    def services(self) -> Iterator[StoredService]:
        """The last good orders; what cannot be read is left out."""
        for path in sorted(self._services.glob("*.json")):
            try:
                yield msgspec.json.decode(path.read_bytes(), type=StoredService)
            except (OSError, msgspec.MsgspecError):
                continue

    def put_service(self, service: StoredService) -> None:
        """Keep an order."""
        _replace(self._services / f"{service.id}.json", msgspec.json.encode(service))

    def put_missing(self, services: Iterable[StoredService]) -> None:
        """Keep those of the orders whose files are gone."""
        for service in services:
            if not (self._services / f"{service.id}.json").exists():
                self.put_service(service)

    def remove_service(self, identity: str) -> None:
        """Forget an order."""
        (self._services / f"{identity}.json").unlink(missing_ok=True)

    def wires(self) -> dict[str, Attachment]:
        """The wires that have, or may have, an end on this host, by network namespace."""
        found = {}
        for path in self._wires.glob("*.json"):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                found[path.stem] = msgspec.json.decode(path.read_bytes(), type=Attachment)
        return found

    def wire_names(self) -> set[str]:
        """The network namespaces of these wires, also where the file cannot be read."""
        return {path.stem for path in self._wires.glob("*.json")}

    def put_wire(self, namespace: str, attachment: Attachment) -> None:
        """Keep that a wire is about to get an end on this host."""
        path = self._wires / f"{namespace}.json"
        content = msgspec.json.encode(attachment)
        helper = self.directory / helper_in(namespace)
        if helper.exists() and path.exists() and path.read_bytes() == content:
            return
        self._wires.mkdir(mode=0o700, exist_ok=True)
        _replace(path, content)
        self._put_ping_helper(namespace)

    def remove_wire(self, namespace: str) -> None:
        """Forget a wire that has no end here any more."""
        (self.directory / helper_in(namespace)).unlink(missing_ok=True)
        (self._wires / f"{namespace}.json").unlink(missing_ok=True)

    @property
    def stale_namespaces(self) -> frozenset[str]:
        """Namespaces in which HAProxy may still have the sockets of one that is gone."""
        try:
            return frozenset(self._stale.read_text().split())
        except (OSError, ValueError):
            return frozenset()

    def add_stale_namespace(self, namespace: str) -> None:
        """Note that a namespace is about to be made, which HAProxy may know as another."""
        names = sorted({*self.stale_namespaces, namespace})
        _replace(self._stale, " ".join(names).encode())

    def clear_stale_namespaces(self) -> None:
        """HAProxy has no sockets but those of the namespaces that there are."""
        self._stale.unlink(missing_ok=True)

    def read_state(self) -> State:
        """The state; a new one when there is none that can be read."""
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return State()

    def write_state(self, state: State) -> None:
        """Keep the state."""
        _replace(self._state, msgspec.json.encode(state))

    def keep_handovers(self, names: Container[str]) -> None:
        """Remove the other sockets for workers that are replaced, which HAProxy leaves behind."""
        for path in self.directory.glob(SOCKETS):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def _put_ping_helper(self, namespace: str | None) -> None:
        command = [sys.executable, "-I", "-S", str(self.directory / "icmp_check.py")]
        network = "" if namespace is None else f" {shlex.quote(namespace)}"
        script = f'#!/bin/sh\nexec {shlex.join(command)} "$3"{network}\n'
        _replace(self.directory / helper_in(namespace), script.encode(), mode=0o700)


_STATE_COLUMNS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord "
    "srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port"
)


def _replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with open(new, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(content)
    new.replace(path)
