"""The files that are kept beside a HAProxy, so that a new process can take it over.

haproxy.cfg       what runs, or last ran; candidate.cfg is being checked
services/<id>.json  each load balancer's last good order
state.json        statistics so far, and restarts
changing          exists while what runs may differ from what the files say
servers.state     members that were down before a reload
ping-check, icmp_check.py  the PING monitor
haproxy.log, haproxy.pid, *.sock  HAProxy's own
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from adapters.devices.haproxy.ledger import Ledger
from adapters.devices.haproxy.monitors import PING_HELPER


class StoredService(msgspec.Struct, frozen=True):
    """An order that was carried out."""

    id: str
    revision: int
    spec: Mapping[str, object]


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

    def prepare(self) -> None:
        """Make the directory, readable by nobody else, with what HAProxy expects in it."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._services.mkdir(mode=0o700, exist_ok=True)
        if not self._server_state.exists():
            self.write_server_state("")
        helper = self.directory / "icmp_check.py"
        _replace(helper, files(__package__).joinpath("icmp_check.py").read_bytes())
        command = shlex.join([sys.executable, "-I", "-S", str(helper)])
        script = f'#!/bin/sh\nexec {command} "$3"\n'
        _replace(self.directory / PING_HELPER, script.encode(), mode=0o700)

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

    def read_state(self) -> State:
        """The state; a new one when there is none that can be read."""
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return State()

    def write_state(self, state: State) -> None:
        """Keep the state."""
        _replace(self._state, msgspec.json.encode(state))


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
