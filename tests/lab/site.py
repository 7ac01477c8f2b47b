"""The lab: Neutron with its agent, switch, database and broker."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import requests

from tests.lab import config
from tests.lab.config import Choices, Services
from tests.lab.environment import NeutronEnvironment, neutron_layer, with_plugin
from tests.lab.identity import Keystone
from tests.lab.identity_server import keystone
from tests.lab.parallel import Together
from tests.lab.process import LabProcess, lab_process
from tests.servers.openvswitch import OpenVSwitch, openvswitch
from tests.servers.postgres import Postgres, postgres
from tests.servers.rabbitmq import RabbitMq, rabbitmq

_DATABASE = "neutron"
_THREADS = 8
_READY_SECONDS = 180.0
_IMPLIED = {"admin": "admin,manager,member,reader", "member": "member,reader"}
"""What Keystone adds to a role."""


class NeutronLab:
    """A Neutron that works, from when the context is entered until it is left.

    It lives in the current network namespace, which should be a fresh one
    (``python -m tests.lab.run``).
    """

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        before_start: Callable[["NeutronLab"], None] | None = None,
    ) -> None:
        """`before_start` is called when the database and the configuration are there."""
        self.choices = choices or Choices()
        self._before_start = before_start
        self._running = ExitStack()
        self.folder: Path
        """Configuration, logs and state of this lab."""
        self.environment: NeutronEnvironment
        self.postgres: Postgres
        self.rabbitmq: RabbitMq
        self.keystone: Keystone
        """There when it was chosen."""
        self.switch: OpenVSwitch
        self.services: Services
        self.config_files: list[Path]
        self.api: LabProcess
        self.rpc_server: LabProcess
        self.agent: LabProcess

    @property
    def url(self) -> str:
        """Where the API answers: ``{url}/v2.0/networks``."""
        return f"http://127.0.0.1:{self.services.api_port}"

    def database(self) -> "psycopg.Connection[psycopg.rows.TupleRow]":
        """A connection to Neutron's database, beside Neutron."""
        return psycopg.connect(host=str(self.postgres.folder), user="postgres", dbname=_DATABASE)

    @property
    def host(self) -> str:
        """The name of the host whose ports the agent wires (``binding:host_id``)."""
        return self.choices.host

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of Neutron's database, by psycopg 3."""
        return self.services.database_url

    @property
    def amqp_url(self) -> str:
        return self.services.amqp_url

    @property
    def python(self) -> Path:
        """The interpreter that has Neutron and Pierhead's wheel."""
        return self.environment.python

    @property
    def processes(self) -> list[LabProcess]:
        """Neutron's processes, and Keystone's."""
        identity = [self.keystone.process] if self.choices.keystone else []
        return [self.api, self.rpc_server, self.agent, *identity]

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables of Neutron's processes, fit for others beside them."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIERHEAD_", "PYTHON", "VIRTUAL_ENV"))
        }
        return {
            **own,
            **self.switch.environment,
            "PATH": self.environment.path,
            "PYTHONUNBUFFERED": "1",
            "OS_NEUTRON_CONFIG_DIR": str(self.config_files[0].parent),
            "OS_NEUTRON_CONFIG_FILES": ";".join(path.name for path in self.config_files),
            # Entry points are cached there, for each lab anew.
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }

    def session(self, project: str | None = None, roles: str = "admin") -> requests.Session:
        """A client of somebody with roles on a project, or of the operator: with identity
        headers, or with Keystone a token; a project's name is its id only without Keystone."""
        session = requests.Session()
        known_by = self.keystone.headers if self.choices.keystone else identity
        session.headers.update(known_by(project or "operator", roles))
        return session

    def logs(self) -> str:
        """What these processes have said."""
        return "\n".join(f"=== {each.name}\n{each.log}" for each in self.processes)

    def wait_ready(self) -> None:
        """Wait until the API answers and the agent wires ports."""
        self.api.wait_until(self._answers, "answers", _READY_SECONDS)
        self.rpc_server.wait_until(self._agent_reports, "hears of the agent", _READY_SECONDS)
        self.agent.wait_until(self._agent_wires, "works", _READY_SECONDS)

    def run(self, *command: str) -> str:
        """Run a command with the variables of Neutron's processes; what it says."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
        return done.stdout

    def start_process(self, name: str, command: list[str]) -> LabProcess:
        """Start a process beside Neutron's, with their variables; it ends with the lab."""
        process = lab_process(name, command, self.variables, self.folder / name)
        process.start()
        self._running.callback(process.kill)
        return process

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def _start(self) -> None:
        if Path(f"/sys/class/net/{config.INTEGRATION_BRIDGE}").exists():
            raise RuntimeError("Another lab runs in this network namespace")
        self.folder = self._running.enter_context(_folder())
        together = self._running.enter_context(Together())
        database = together.enter(postgres(jit="off"))
        broker = together.enter(rabbitmq())
        switch = together.enter(openvswitch())
        if self.choices.keystone:
            begun = together.enter(keystone(neutron_layer(), database.result(), _free_port()))
        self.environment = with_plugin(self.folder / "environment")
        self.switch, self.postgres = switch.result(), database.result()
        self._make_bridges()
        url = self._make_tables()
        self.rabbitmq = broker.result()
        if self.choices.keystone:
            self.keystone = begun.result()
        self.services = Services(
            database_url=url,
            amqp_url=self.rabbitmq.url,
            switch=self.switch.connection,
            api_port=_free_port(),
            openflow_port=_free_port(),
            identity=self._introduced(),
        )
        if self.choices.keystone:
            self.keystone.publish("network", self.url)
        self.config_files = config.write_configuration(
            self.folder / "etc", self.environment, self.services, self.choices
        )
        if self._before_start is not None:
            self._before_start(self)
        self._start_processes()
        self.wait_ready()

    def _introduced(self) -> Mapping[str, object]:
        """How Neutron asks Keystone, which knows it from now on."""
        if not self.choices.keystone:
            return {}
        return {
            "auth_type": "password",
            "auth_url": self.keystone.url,
            "www_authenticate_uri": self.keystone.url,
            **self.keystone.user("service", "service").auth,
            # A token that was revoked is refused at once.
            "token_cache_time": -1,
        }

    def _make_bridges(self) -> None:
        for name in (config.INTEGRATION_BRIDGE, config.PHYSICAL_BRIDGE):
            self.switch.add_bridge(name)

    def _make_tables(self) -> str:
        url = self.postgres.create(_DATABASE)
        with self.database() as connection:
            connection.execute(self.environment.tables.encode())
        return url

    def _start_processes(self) -> None:
        files = [part for path in self.config_files for part in ("--config-file", str(path))]
        script = self.environment.script
        self.api = self.start_process("neutron-api", [*script("pyuwsgi"), *self._uwsgi()])
        self.rpc_server = self.start_process(
            "neutron-rpc-server", [*script("neutron-rpc-server"), *files]
        )
        self.agent = self.start_process(
            "neutron-openvswitch-agent", [*script("neutron-openvswitch-agent"), *files]
        )

    def _uwsgi(self) -> list[str]:
        workers = self.choices.workers
        several = ["--master", "--no-orphans", f"--processes={workers}"] if workers > 1 else []
        return [
            *("--module=neutron.wsgi.api:application", "--enable-threads", "--lazy-apps"),
            *(f"--http-socket=127.0.0.1:{self.services.api_port}", f"--threads={_THREADS}"),
            # It closes each connection; clients must not take it for one to use again.
            *("--add-header=Connection: close", "--die-on-term", "--need-app"),
            *("--disable-logging", *several),
        ]

    def _answers(self) -> bool:
        try:
            return self._get("networks").ok
        except requests.ConnectionError:
            return False

    def _agent_reports(self) -> bool:
        agents = self._get("agents").json()["agents"]
        return any(
            each["host"] == self.host
            and _utc(each["heartbeat_timestamp"]) > self.rpc_server.started
            for each in agents
        )

    def _agent_wires(self) -> bool:
        return "rpc_loop - iteration:0 completed" in self.agent.said

    def _get(self, path: str) -> requests.Response:
        with self.session() as session:
            return session.get(f"{self.url}/v2.0/{path}", timeout=60)


def identity(project: str, roles: str) -> dict[str, str]:
    """The headers of a request, which the lab's Neutron believes."""
    return {
        "X-User-Id": f"user-of-{project}",
        "X-Project-Id": project,
        "X-Roles": _IMPLIED.get(roles, roles),
    }


def _utc(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pierhead-lab-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
