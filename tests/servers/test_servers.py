"""The servers that tests start: as they should be, and gone afterwards."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pika
import psycopg
import pymysql
import pytest

from tests.servers import __main__ as installer
from tests.servers.mariadb import mariadb
from tests.servers.postgres import postgres
from tests.servers.process import NotInstalled, program
from tests.servers.rabbitmq import rabbitmq

ROOT = Path(__file__).parents[2]


def postgres_setting(server, name: str) -> str:
    with psycopg.connect(host=str(server.folder), user="postgres") as connection:
        return connection.execute(f"SHOW {name}").fetchone()[0]


def mariadb_setting(server, name: str) -> str:
    socket = str(server.folder / "socket")
    with (
        pymysql.connect(user="root", unix_socket=socket) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT @@{name}")
        return cursor.fetchone()[0]


CASES = [
    (postgres, postgres_setting, "fsync", ("off", "on")),
    (mariadb, mariadb_setting, "innodb_flush_log_at_trx_commit", (0, 1)),
]


@pytest.mark.slow
@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(("start", "setting", "name", "values"), CASES)
def test_a_server_comes_and_leaves_nothing(start, setting, name, values, durable):
    with start(durable=durable) as server:
        assert setting(server, name) == values[durable]
        assert (server.folder / "data").is_dir()
        if os.geteuid() == 0:
            assert server.folder.stat().st_uid != 0
        server.create("one")
        server.create("two")
        server.drop("one")
        folder, pid = server.folder, server.pid
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_a_server_ends_with_whoever_started_it():
    code = (
        "import os\n"
        "from tests.servers.postgres import postgres\n"
        "with postgres() as server:\n"
        "    print(server.pid, server.folder, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    pid, _, folder = done.stdout.strip().partition(" ")
    assert pid
    subprocess.run(["rm", "-r", folder], check=True)
    # The kernel kills it, and somebody else collects it.
    status = Path(f"/proc/{pid}/status")
    deadline = time.monotonic() + 30
    while status.exists() and "State:\tZ" not in status.read_text():
        assert time.monotonic() < deadline


def running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def erlang() -> set[str]:
    """The port mappers and servers of Erlang that run on this machine."""
    names = {
        path.parent.name: path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm")
    }
    return {pid for pid, name in names.items() if name in {"epmd", "beam.smp"}}


@pytest.mark.slow
def test_a_broker_comes_restarts_and_leaves_nothing():
    before = erlang()
    with rabbitmq() as server, rabbitmq() as beside:
        assert {server.host, server.folder}.isdisjoint({beside.host, beside.folder})
        for each in (server, beside):
            pika.BlockingConnection(pika.URLParameters(each.url)).close()
        first = server.pid
        server.kill()
        assert not running(first)
        server.start()
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            connection.channel().queue_declare("kept", durable=True)
        server.stop()
        server.start()
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            connection.channel().queue_declare("kept", passive=True)
        if os.geteuid() == 0:
            assert server.folder.stat().st_uid != 0
    assert not server.folder.exists()
    assert not running(server.pid)
    assert {pid for pid in erlang() - before if str(server.folder) in command(pid)} == set()


def command(pid: str) -> str:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text() if path.exists() else ""


@pytest.mark.slow
def test_settings_of_the_caller_hold():
    with postgres(shared_buffers="1MB") as server:
        assert postgres_setting(server, "shared_buffers") == "1MB"


def test_a_program_that_is_not_there():
    with pytest.raises(NotInstalled, match="no-such-program is not installed"):
        program("no-such-program", "/usr/lib/postgresql/*/bin")


def test_nothing_is_installed_when_all_is_there(capsys):
    assert installer.main(["--install"]) == 0
    assert capsys.readouterr() == ("", "")


def test_every_server_that_tests_start_is_asked_for():
    wanted = {"postgresql", "mariadb-server", "galera-4", "rsync", "rabbitmq-server"}
    assert wanted <= set(installer._NEEDED)


ALONG = {
    "postgres": "postgresql",
    "mariadb-install-db": "mariadb-server",
    "rabbitmqctl": "rabbitmq-server",
    "epmd": "rabbitmq-server",
    "ovsdb-tool": "openvswitch-switch",
    "ovsdb-server": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
}
"""Programs that come with others, or with what these need."""


def test_every_program_that_tests_start_is_installed():
    asked = set()
    for path in (ROOT / "tests").rglob("*.py"):
        asked |= set(re.findall(r'\bprogram\(\s*"([^"]+)"', path.read_text()))
    asked.discard("no-such-program")
    assert asked >= {"initdb", "haproxy", *ALONG}
    installed = {name for name, _ in installer._NEEDED.values()}
    alone = {name for name in asked if ALONG.get(name) not in installer._NEEDED}
    assert alone <= installed


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_what_is_missing_is_said_in_one_line(monkeypatch, capsys, arguments):
    monkeypatch.setattr(installer, "_NEEDED", {"some-server": ("no-such-program", "/nowhere")})
    assert installer.main(arguments) == 2
    said = capsys.readouterr().err
    assert "apt-get install some-server" in said
    assert said.count("\n") == 1
