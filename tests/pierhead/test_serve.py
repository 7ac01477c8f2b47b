"""The daemon as a process: what it says when it cannot start, and that it stops."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from adapters.persistence.sql.migrations import HEAD

pytestmark = pytest.mark.slow


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pierhead", "serve", "--port", "0", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(*arguments: str, **environment: str) -> str:
    """Start a daemon that must not start; the one line that says why, whatever it logged before."""
    process = start(*arguments, **environment)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 2, error
    assert out == ""
    *logged, line = error.splitlines()
    assert not any(each.startswith("pierhead: ") for each in logged)
    return line


def listening(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("pierhead: listening on "), line
    return line.split()[3].rstrip(",")


def test_serves_and_stops_at_sigterm(tmp_path):
    process = start("--state-dir", str(tmp_path))
    url = listening(process)
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 200
    [service_type] = requests.get(f"{url}/v2.0/fleet/service-types", timeout=5).json()[
        "service_types"
    ]
    assert (service_type["name"], service_type["default"]) == ("default", True)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 0, error


def test_another_sites_name_for_this_machine_is_refused(tmp_path):
    process = start("--state-dir", str(tmp_path))
    try:
        url = listening(process)
        answers = [
            requests.get(f"{url}/v2.0/networks", headers={"Host": host}, timeout=5).status_code
            for host in ("evil.example", "localhost", "127.0.0.1")
        ]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert answers == [403, 200, 200]


def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("--state-dir", str(tmp_path), "--port", str(port))
    assert line == (
        f"pierhead: cannot listen on 127.0.0.1 port {port}: Address already in use; "
        "choose another with --port"
    )


def test_an_unusable_state_directory(tmp_path):
    (tmp_path / "file").write_text("")
    line = refused("--state-dir", str(tmp_path / "file"))
    assert line.endswith("File exists; choose another with --state-dir")


def test_a_state_directory_in_use(tmp_path):
    process = start("--state-dir", str(tmp_path))
    try:
        listening(process)
        assert "is in use by another pierhead" in refused("--state-dir", str(tmp_path))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_database_that_is_none(tmp_path):
    (tmp_path / "pierhead.db").write_bytes(b"this is not a database" * 100)
    assert "pierhead.db" in refused("--state-dir", str(tmp_path))


@pytest.fixture
def used(tmp_path) -> Iterator[sqlite3.Connection]:
    """The database of a daemon that has run and stopped."""
    process = start("--state-dir", str(tmp_path))
    listening(process)
    process.terminate()
    process.communicate(timeout=30)
    connection = sqlite3.connect(tmp_path / "pierhead.db", isolation_level=None)
    yield connection
    connection.close()


def test_a_database_of_a_newer_version(tmp_path, used):
    used.execute("UPDATE pierhead_alembic_version SET version_num = '9999'")
    line = refused("--state-dir", str(tmp_path))
    known = f"this Pierhead knows {HEAD}"
    assert line.endswith(f"pierhead.db is of a newer version (9999); {known}")


@pytest.mark.parametrize("table", ["service_types", "devices"])
def test_a_database_that_fails_while_the_daemon_takes_over(tmp_path, used, table):
    used.execute(f"DROP TABLE pierhead_{table}")
    assert "no such table" in refused("--state-dir", str(tmp_path))


def test_a_database_that_fails_later_is_503(tmp_path, used):
    process = start("--state-dir", str(tmp_path))
    try:
        url = listening(process)
        used.execute("DROP TABLE pierhead_health_monitors")
        answer = requests.get(f"{url}/v2.0/lb/health_monitors", timeout=5)
        assert requests.get(f"{url}/v2.0/networks", timeout=5).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_what_it_keeps_is_for_its_owner_only(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o755)
    process = start("--state-dir", str(state))
    try:
        listening(process)
        modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert state.stat().st_mode & 0o777 == 0o700
    assert {"pierhead.db", "pierhead.db-wal", "pierhead.db-shm", "secrets.key"} <= modes.keys()
    assert [name for name, mode in modes.items() if mode & 0o077] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_member_that_is_the_daemon_itself_is_refused(tmp_path, host):
    """A VIP would bring every tenant's requests to the API, from a trusted address."""
    process = start("--state-dir", str(tmp_path), "--host", host, PIERHEAD_DRIVERS="memory")
    try:
        url = listening(process).replace("0.0.0.0", "127.0.0.1")
        port = int(url.rpartition(":")[2])

        def make(path: str, **attributes: object) -> requests.Response:
            name = path.rpartition("/")[2].removesuffix("s")
            return requests.post(
                f"{url}/v2.0/{path}",
                json={name: attributes},
                headers={"X-Project-Id": "alice"},
                timeout=5,
            )

        network = make("networks").json()["network"]["id"]
        subnet = make("subnets", network_id=network, cidr="127.77.0.0/24").json()["subnet"]["id"]
        wanted = {"subnet_id": subnet, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        pool = make("lb/pools", **wanted).json()["pool"]["id"]
        answers = [
            make("lb/members", pool_id=pool, address="127.0.0.1", protocol_port=number)
            for number in (port, port ^ 1)
        ]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert [answer.status_code for answer in answers] == [400, 201]
    assert f"127.0.0.1 port {port} is Pierhead's own API" in answers[0].text


def test_a_key_file_that_is_none(tmp_path):
    (tmp_path / "secrets.key").write_text("nonsense\n")
    (tmp_path / "secrets.key").chmod(0o600)
    assert "secrets.key has a line that is not a Fernet key" in refused(
        "--state-dir", str(tmp_path)
    )


def test_a_host_that_is_none(tmp_path):
    assert "host" in refused("--state-dir", str(tmp_path), "--host", "no.such.host.invalid")


def test_a_driver_that_is_not_installed(tmp_path):
    line = refused("--state-dir", str(tmp_path), PIERHEAD_DRIVERS="f5")
    installed = "haproxy, haproxy-namespace, memory, memory-advised"
    assert line == f"pierhead: drivers: 'f5' is not installed; there are {installed}"


def test_a_wrong_log_level(tmp_path):
    assert "log_level" in refused("--state-dir", str(tmp_path), PIERHEAD_LOG_LEVEL="chatty")


def test_warns_when_others_than_this_host_can_reach_it(tmp_path):
    process = start("--state-dir", str(tmp_path), "--host", "0.0.0.0")
    try:
        listening(process)
        assert process.stderr is not None
        warning = "callers are not authenticated"
        assert any(warning in line for line in iter(process.stderr.readline, ""))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_killed_at_any_time_it_starts_again_at_once(tmp_path):
    for _ in range(3):
        process = start("--state-dir", str(tmp_path))
        url = listening(process)
        name = f"net-{time.monotonic_ns()}"
        made = requests.post(f"{url}/v2.0/networks", json={"network": {"name": name}}, timeout=5)
        assert made.status_code == 201
        process.kill()
        process.communicate(timeout=30)
    process = start("--state-dir", str(tmp_path))
    try:
        networks = requests.get(f"{listening(process)}/v2.0/networks", timeout=5).json()
        assert len(networks["networks"]) == 3
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert Path(tmp_path, "pierhead.db").exists()


def test_a_driver_that_does_not_go_with_the_wiring(tmp_path):
    line = refused("--state-dir", str(tmp_path), "--wiring", "linux")
    assert line.startswith("pierhead: drivers: haproxy serves on the host's own loopback")
