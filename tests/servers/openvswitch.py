"""An own Open vSwitch, without the kernel's module."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import folder_for, prepare, program, running

_USER = "root"
_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_STOP_SECONDS = 20
_NETDEV = "datapath_type=netdev"


@dataclass(frozen=True)
class OpenVSwitch:
    """A running switch. Its files are in `folder`."""

    folder: Path
    pid: int

    @property
    def connection(self) -> str:
        """Where its database listens, as its clients name it."""
        return f"unix:{self.folder / 'db.sock'}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What its commands need in their environment to find it."""
        return environment(self.folder)

    def vsctl(self, *arguments: str) -> str:
        """Run ovs-vsctl; what it says."""
        return self._run("ovs-vsctl", f"--db={self.connection}", *arguments)

    def ofctl(self, *arguments: str) -> str:
        """Run ovs-ofctl; what it says."""
        return self._run("ovs-ofctl", *arguments)

    def appctl(self, *arguments: str) -> str:
        """Run ovs-appctl; what it says."""
        return self._run("ovs-appctl", *arguments)

    def add_bridge(self, name: str) -> None:
        """Make a bridge whose packets are forwarded in userspace."""
        self.vsctl("--may-exist", "add-br", name, "--", "set", "Bridge", name, _NETDEV)

    def _run(self, *command: str) -> str:
        return subprocess.run(
            command,
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def environment(folder: Path) -> Mapping[str, str]:
    """Have programs of Open vSwitch keep to a folder."""
    own = str(folder)
    return dict.fromkeys(("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"), own)


@contextmanager
def openvswitch() -> Iterator[OpenVSwitch]:
    """A switch of one's own in the current network namespace, without bridges."""
    with folder_for(_USER) as folder:
        own = {**os.environ, **environment(folder)}
        database = folder / "conf.db"
        prepare(_USER, [program("ovsdb-tool"), "create", str(database), _SCHEMA], folder, own)
        switch = folder / "switch"
        switch.mkdir()
        with (
            running(
                _USER,
                [
                    *(program("ovsdb-server"), str(database)),
                    *(f"--remote=punix:{folder / 'db.sock'}", "--no-chdir", "-vfile:off"),
                ],
                folder,
                ready=(folder / "db.sock").exists,
                stop=signal.SIGTERM,
                environment=own,
            ),
            running(
                _USER,
                [
                    *(program("ovs-vswitchd"), f"unix:{folder / 'db.sock'}"),
                    *("--no-chdir", "--pidfile", "-vfile:off"),
                ],
                switch,
                ready=lambda: _answers(folder, own),
                stop=signal.SIGTERM,
                environment=own,
            ) as server,
        ):
            try:
                yield OpenVSwitch(folder, server.pid)
            finally:
                # On a signal it would leave the interfaces of its bridges behind.
                subprocess.run(["ovs-appctl", "exit", "--cleanup"], env=own, check=False)
                server.wait(_STOP_SECONDS)


def _answers(folder: Path, own: Mapping[str, str]) -> bool:
    """Whether the switch takes up changes: ovs-vsctl waits for that."""
    done = subprocess.run(
        [
            *(program("ovs-vsctl"), f"--db=unix:{folder / 'db.sock'}", "--timeout=1", "--"),
            *("set", "Open_vSwitch", ".", "other_config:n-handler-threads=1"),
            "other_config:n-revalidator-threads=1",
        ],
        env=own,
        check=False,
        capture_output=True,
    )
    return done.returncode == 0
