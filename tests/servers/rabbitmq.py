"""An own RabbitMQ."""

import os
import secrets
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers.process import folder_for, prepare, program, running

_USER = "rabbitmq"
_BINARIES = "/usr/lib/rabbitmq/bin"
_PORT = 5672
_COOKIE = ".erlang.cookie"
_PATIENCE_SECONDS = 30


class RabbitMq:
    """A server with an address of its own, which it keeps when it is started again. It is told to
    Erlang's others at `mapper_port`, by whom, is the caller's care. With a node to `join`, it
    becomes one of its cluster when it is started first."""

    def __init__(
        self, folder: Path, memory: str, mapper_port: int, *, join: "RabbitMq | None" = None
    ) -> None:
        self.folder = folder
        self.host = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}.1"
        self.pid = 0
        self.name = f"pierhead-{folder.name}@localhost"
        self._running = ExitStack()
        self._mapper_port, self._distribution_port = mapper_port, _free_port()
        self._prepare(memory, join)

    @property
    def url(self) -> str:
        """The AMQP URL; anybody may sign in as guest."""
        return f"amqp://guest:guest@{self.host}:{_PORT}/"

    def start(self) -> None:
        """Have it run, with the data that it has."""
        server = self._running.enter_context(
            running(
                _USER,
                [program("rabbitmq-server", _BINARIES)],
                self.folder,
                ready=lambda: _answers(self.host, _PORT),
                stop=signal.SIGTERM,
                environment=self._environment(),
            )
        )
        self.pid = server.pid

    def stop(self) -> None:
        """End it in good order."""
        self._running.close()

    def kill(self) -> None:
        """End it at once, as a failure of the machine would, and collect it."""
        os.kill(self.pid, signal.SIGKILL)
        self._running.close()

    def lose_data(self) -> None:
        """While it is stopped: remove all that it has stored."""
        shutil.rmtree(self.folder / "data")

    def pause(self) -> None:
        """Stop it in its tracks."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def control(self, *command: str) -> str:
        """Run rabbitmqctl; what it says."""
        return prepare(
            _USER, [program("rabbitmqctl", _BINARIES), *command], self.folder, self._environment()
        )

    def _prepare(self, memory: str, join: "RabbitMq | None") -> None:
        (self.folder / "enabled_plugins").write_text("[].\n")
        peers = "" if join is None else self._peers(join)
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {self.host}:{_PORT}\n"
            "loopback_users = none\n"
            f"vm_memory_high_watermark.absolute = {memory}\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console = true\n"
            "log.console.level = warning\n"
            f"{peers}"
        )

    def _peers(self, join: "RabbitMq") -> str:
        """What makes it find a node; both must have the same cookie."""
        cookie = self.folder / _COOKIE
        shutil.copy(join.folder / _COOKIE, cookie)
        owner = self.folder.stat()
        os.chown(cookie, owner.st_uid, owner.st_gid)
        return f"cluster_formation.classic_config.nodes.1 = {join.name}\n"

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            # The Erlang cookie is there.
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            # The scripts become the server instead of waiting for it: it ends with us.
            "RUNNING_UNDER_SYSTEMD": "true",
            # For whatever Erlang it starts: the port mapper is ours.
            "ERL_FLAGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self._mapper_port),
            # Idle schedulers do not keep the processors busy.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }


@contextmanager
def rabbitmq(*, memory: str = "512MB") -> Iterator[RabbitMq]:
    """A server of one's own, which takes no messages while it needs more than `memory`."""
    with port_mapper() as port, folder_for(_USER) as folder:
        server = RabbitMq(folder, memory, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def port_mapper() -> Iterator[int]:
    """Erlang's port mapper on a port of its own."""
    port = _free_port()
    with (
        folder_for(_USER) as folder,
        running(
            _USER,
            [program("epmd", "/usr/bin"), "-port", str(port)],
            folder,
            ready=lambda: _answers("127.0.0.1", port),
            stop=signal.SIGTERM,
        ),
    ):
        yield port


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_PATIENCE_SECONDS)
        return probe.connect_ex((host, port)) == 0


def _free_port() -> int:
    """A port on which nobody listens, for what cannot have an address of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
