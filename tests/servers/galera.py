"""An own MariaDB Galera cluster of three nodes, and HAProxy before it, which uses one of them."""

import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pymysql

from tests.servers.mariadb import answers, install
from tests.servers.process import folder_for, program, running

_USER = "mysql"
DATABASE = "pierhead"
_PROVIDER = "/usr/lib/galera"
_NODES = 3
_PROXY = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    option mysql-check user root

listen writer
    bind {address}:3306
    default-server inter 500ms fall 2 rise 2 on-marked-down shutdown-sessions
    server db1 {nodes[0]}:3306 check on-marked-up shutdown-backup-sessions
    server db2 {nodes[1]}:3306 check backup
    server db3 {nodes[2]}:3306 check backup
"""


class GaleraNode:
    """A node at an address of its own, which it keeps when it is started again. It joins those at
    `others`, or begins a cluster if there are none."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self._running = ExitStack()
        self._pid = 0
        install(folder)

    @property
    def url(self) -> str:
        """Of the database at this node."""
        return f"mariadb://root@{self.address}/{DATABASE}"

    def start(self, others: Sequence["GaleraNode"]) -> None:
        """Have it run, with the data that it has or is given; it takes writes when this
        returns."""
        server = self._running.enter_context(
            running(
                _USER,
                [
                    *(program("mariadbd", "/usr/sbin"), "--no-defaults"),
                    *(f"--{name}={value}" for name, value in self._settings(others).items()),
                ],
                self.folder,
                ready=self._is_ready,
                stop=signal.SIGTERM,
            )
        )
        self._pid = server.pid

    def stop(self) -> None:
        """End it in good order."""
        self._running.close()

    def kill(self) -> None:
        """End it at once, as a failure of the machine would."""
        os.kill(self._pid, signal.SIGKILL)
        self._running.close()

    def execute(self, statement: str) -> Sequence[Sequence[object]]:
        """The rows of a statement."""
        connection = pymysql.connect(user="root", unix_socket=str(self.folder / "socket"))
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def _is_ready(self) -> bool:
        if not answers(self.folder):
            return False
        return self.execute("SHOW STATUS LIKE 'wsrep_ready'")[0][1] == "ON"

    def _settings(self, others: Sequence["GaleraNode"]) -> dict[str, str]:
        return {
            "datadir": str(self.folder / "data"),
            "tmpdir": str(self.folder),
            "socket": str(self.folder / "socket"),
            "pid-file": str(self.folder / "pid"),
            "bind-address": self.address,
            "binlog-format": "ROW",
            "innodb-autoinc-lock-mode": "2",
            "innodb-buffer-pool-size": "64M",
            "innodb-log-file-size": "32M",
            "innodb-flush-log-at-trx-commit": "0",
            "innodb-use-native-aio": "0",
            "wsrep-on": "ON",
            "wsrep-provider": program("libgalera_smm.so", _PROVIDER),
            "wsrep-provider-options": (
                f"gmcast.listen_addr=tcp://{self.address}:4567;"
                f"ist.recv_addr={self.address}:4568;gcache.size=32M"
            ),
            "wsrep-cluster-address": f"gcomm://{','.join(each.address for each in others)}",
            "wsrep-node-address": self.address,
            "wsrep-node-name": self.address,
            # Whoever gives the data takes no writes meanwhile.
            "wsrep-sst-donor": "".join(f"{each.address}," for each in others[-1:]),
            "wsrep-sst-receive-address": f"{self.address}:4444",
            "wsrep-sst-method": "rsync",
        }


class Galera:
    """The nodes, the first of which is used while it runs, and the URL of the proxy."""

    def __init__(self, nodes: Sequence[GaleraNode], address: str) -> None:
        self.nodes = nodes
        self.url = f"mariadb://root@{address}/{DATABASE}"

    @property
    def writer(self) -> GaleraNode:
        """The node that the proxy prefers."""
        return self.nodes[0]

    def restart_writer(self) -> None:
        """Have it come back after it was killed."""
        self.writer.start(self.nodes[1:])

    def uses_writer(self) -> bool:
        """Whether there are connections by the proxy to the node that it prefers."""
        used = f"SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = '{DATABASE}'"
        return bool(self.writer.execute(used))


@contextmanager
def galera() -> Iterator[Galera]:
    """A cluster of one's own, with an empty database."""
    network = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"
    with ExitStack() as stack:
        nodes: list[GaleraNode] = []
        for number in range(1, _NODES + 1):
            folder = stack.enter_context(folder_for(_USER))
            node = GaleraNode(folder, f"{network}.{number}")
            node.start(nodes[:1])
            stack.callback(node.stop)
            nodes.append(node)
        nodes[0].execute("CREATE USER root@'%'")
        nodes[0].execute("GRANT ALL ON *.* TO root@'%'")
        nodes[0].execute(f"CREATE DATABASE {DATABASE}")
        found = Galera(nodes, f"{network}.{_NODES + 1}")
        with _proxy(found, f"{network}.{_NODES + 1}"):
            yield found


@contextmanager
def _proxy(cluster: Galera, address: str) -> Iterator[None]:
    with folder_for(_USER) as folder:
        config = folder / "haproxy.cfg"
        addresses = [node.address for node in cluster.nodes]
        config.write_text(_PROXY.format(address=address, nodes=addresses))
        command = [program("haproxy", "/usr/sbin"), "-db", "-f", str(config)]
        with running(_USER, command, folder, ready=lambda: _is_up(address), stop=signal.SIGTERM):
            yield


def _is_up(address: str) -> bool:
    try:
        pymysql.connect(user="root", host=address).close()
    except pymysql.OperationalError:
        return False
    return True
