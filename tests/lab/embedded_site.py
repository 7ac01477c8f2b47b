"""Pierhead inside the lab's Neutron, with conductors and agents as processes beside it."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.fernet import Fernet

from tests.lab.config import Choices, Sections
from tests.lab.process import LabProcess
from tests.lab.site import NeutronLab
from tests.split.site import toml

OWN, RPC_SERVER = "own", "rpc-server"
"""Where conductors run."""

PROJECT = "pierhead"
"""The name of the project of devices' ports, with Keystone."""

EXTENSIONS = Path("pierhead/neutron/extensions")
"""What api_extensions_path must name, below the packages of Neutron's environment."""


class EmbeddedSite:
    """Starts the lab with the service plugin and the mechanism driver, as the operator's guide
    says, and roles beside it; all of it ends when it is left.

    `settings` are given to all roles besides. With `keystone`, conductors log in as PROJECT's
    admin. `furnish` is called with the lab before Neutron starts. Agents share the directory of
    devices, as those of one host must.
    """

    def __init__(
        self,
        *,
        drivers: Sequence[str] = ("haproxy-namespace",),
        conductor: str = RPC_SERVER,
        workers: int = 1,
        keystone: bool = False,
        settings: Mapping[str, object] | None = None,
        extra: Sections | None = None,
        furnish: Callable[[NeutronLab], None] = lambda _: None,
    ) -> None:
        self.conductor_place = conductor
        self.roles: dict[str, LabProcess] = {}
        self._furnish = furnish
        self._running = ExitStack()
        self._given = {"drivers": list(drivers), **(settings or {})}
        self._workers = workers
        self._keystone = keystone
        self._extra = dict(extra or {})

    def start_agent(self, name: str = "agent", **settings: object) -> LabProcess:
        """Start an agent with this id, on the lab's host."""
        own = {
            "agent_id": name,
            "agent_host": self.lab.host,
            "state_dir": str(self.folder / f"state-{name}"),
            **settings,
        }
        return self._start("agent", name, own)

    def start_conductor(self, name: str = "conductor", **settings: object) -> LabProcess:
        """Start a conductor, which reaches Neutron by its API."""
        own = {
            "wiring": "neutron",
            **self._credentials(name),
            "neutron_conf": [str(path) for path in self.lab.config_files],
            **settings,
        }
        return self._start("conductor", name, own)

    def stop(self) -> None:
        """End the roles in good order."""
        for role in ("conductor", "agent"):
            found = [each for name, each in self.roles.items() if self._role(name) == role]
            for each in found:
                each.ask_to_stop()
            for each in found:
                each.wait_stopped()

    def kill(self) -> None:
        """End the roles at once."""
        for role in self.roles.values():
            role.kill()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="pierhead-embedded-", dir="/tmp"))
            stack.callback(shutil.rmtree, folder)
            self.folder = folder
            self.config_file = folder / "pierhead.toml"
            choices = Choices(
                service_plugins=["pierhead"],
                mechanism_drivers=["pierhead"],
                workers=self._workers,
                keystone=self._keystone,
                extra={
                    "pierhead": {
                        "config_file": str(self.config_file),
                        "conductor": self.conductor_place,
                    },
                    **self._extra,
                },
            )
            self.lab = stack.enter_context(NeutronLab(choices, before_start=self._prepare))
            stack.callback(self.kill)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def _prepare(self, lab: NeutronLab) -> None:
        key = self.folder / "secrets.key"
        key.touch(0o600)
        key.write_bytes(Fernet.generate_key())
        self.settings: dict[str, object] = {
            "amqp_url": lab.amqp_url,
            "amqp_prefix": f"lab-{secrets.token_hex(4)}",
            "secret_key_file": str(key),
            "devices_dir": str(self.folder / "devices"),
            **self._given,
        }
        if self._keystone:
            self.settings["neutron_project"] = lab.keystone.project(PROJECT)
        self._configure("pierhead", {})
        main = lab.config_files[0]
        path = lab.environment.plugin.packages / EXTENSIONS
        text = main.read_text().replace(
            "api_extensions_path = \n", f"api_extensions_path = {path}\n"
        )
        main.write_text(text)
        self._furnish(lab)
        files = [part for path in lab.config_files for part in ("--neutron-conf", str(path))]
        lab.run(str(lab.python), "-m", "pierhead", "db", "upgrade", *files)

    def _start(self, role: str, name: str, settings: Mapping[str, object]) -> LabProcess:
        config = self._configure(name, settings)
        command = [str(self.lab.python), "-m", "pierhead", role, "--config", str(config)]
        self.roles[name] = self.lab.start_process(f"{role}-{name}", command)
        return self.roles[name]

    def _credentials(self, conductor: str) -> Mapping[str, object]:
        if not self._keystone:
            return {"neutron_auth": "none", "neutron_url": self.lab.url}
        started_in = self.lab.folder / f"conductor-{conductor}"
        started_in.mkdir(exist_ok=True)
        user = self.lab.keystone.user(PROJECT, "admin")
        self.lab.keystone.write_cloud(started_in / "clouds.yaml", "pierhead", user)
        return {"neutron_cloud": "pierhead"}

    def _role(self, name: str) -> str:
        return self.roles[name].role.partition("-")[0]

    def _configure(self, name: str, settings: Mapping[str, object]) -> Path:
        path = self.folder / f"{name}.toml"
        lines = (f"{key} = {toml(value)}" for key, value in {**self.settings, **settings}.items())
        path.touch(0o600)
        path.write_text("\n".join(lines) + "\n")
        return path
