"""Roles as processes, on a real database and a real bus."""

import itertools
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.split.site import RoleProcess, Site

pytestmark = pytest.mark.slow

SECONDS = 30.0
ROLES = ("api", "conductor", "agent")
Json = dict[str, Any]


class Client:
    """A tenant who is an operator as well."""

    def __init__(self, site: Site, api: RoleProcess) -> None:
        self._url = f"{api.url}/v2.0"
        self._session = site.session(project="alice")

    def get(self, path: str) -> Json:
        answer = self._session.get(f"{self._url}/{path}", timeout=SECONDS)
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found

    def create(self, path: str, **attributes: object) -> Json:
        name = path.rpartition("/")[2].removesuffix("s").replace("-", "_")
        answer = self._session.post(f"{self._url}/{path}", json={name: attributes}, timeout=SECONDS)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()[name]
        return made

    def device(self, name: str = "lb1") -> Json:
        return self.create("fleet/devices", name=name, driver="memory")

    def vip(self) -> Json:
        network = self.create("networks", name="n")["id"]
        subnet = self.create("subnets", network_id=network, cidr="127.77.0.0/24")["id"]
        pool = {"subnet_id": subnet, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        pool_id = self.create("lb/pools", **pool)["id"]
        wanted = {"subnet_id": subnet, "protocol": "HTTP", "protocol_port": 80}
        return self.create("lb/vips", **wanted, pool_id=pool_id)

    def status(self, vip: Json) -> str:
        return str(self.get(f"lb/vips/{vip['id']}")["vip"]["status"])


def wait(holds: Callable[[], bool], what: str, site: Site) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never {what}: {site.logs()}"
        time.sleep(0.05)


def served(site: Site, api: RoleProcess) -> None:
    """Wait until a VIP that is made now is ACTIVE."""
    client = Client(site, api)
    client.device()
    vip = client.vip()
    wait(lambda: client.status(vip) == "ACTIVE", "ACTIVE", site)


def test_a_vip_becomes_active_through_three_processes(site):
    api, conductor, agent = site.start_api(), site.start_conductor(), site.start_agent()
    served(site, api)
    [found] = Client(site, api).get("fleet/agents")["agents"]
    assert (found["id"], found["alive"], len(found["devices"])) == ("agent", True, 1)
    assert [each.stop() for each in (api, conductor, agent)] == [0, 0, 0]


def test_several_of_each_share_the_work(site):
    roles = [site.start_agent(f"agent-{n}") for n in (1, 2)]
    roles += [site.start_conductor(f"conductor-{n}") for n in (1, 2)]
    first, second = site.start_api("api-1"), site.start_api("api-2")
    served(site, first)
    client = Client(site, second)
    wait(lambda: len(client.get("fleet/agents")["agents"]) == 2, "both agents known", site)
    assert {vip["status"] for vip in client.get("lb/vips")["vips"]} == {"ACTIVE"}
    assert [each.stop() for each in (first, second, *roles)] == [0] * 6


def test_an_agent_has_no_database_in_it(site):
    agent = site.start_agent().wait_ready()
    assert agent.stop() == 0
    code = (
        "import atexit, sys; from pierhead.main import main;"
        "atexit.register(lambda: print('MODULES', *sys.modules)); main()"
    )
    agent.command = [sys.executable, "-c", code, *agent.command[3:]]
    agent.restart().wait_ready()
    assert agent.stop() == 0
    modules = set(agent.said.partition("MODULES")[2].split())
    assert {"pika", "core.usecases.agent.agent", "adapters.devices.memory.driver"} <= modules
    foreign = {"sqlalchemy", "alembic", "psycopg", "pymysql", "sqlite3", "falcon", "waitress"}
    foreign.add("cryptography")
    assert not {name for name in modules if name.partition(".")[0] in foreign}
    assert not {
        name for name in modules if name.startswith(("adapters.persistence", "adapters.http"))
    }


@pytest.mark.parametrize("role", ["api", "conductor"])
def test_the_database_may_come_later(
    role, postgresql_server, rabbitmq_url, rabbitmq_prefix, tmp_path
):
    name = f"later_{role}"
    url = postgresql_server.url(name)
    with Site(url, rabbitmq_url, tmp_path, amqp_prefix=rabbitmq_prefix) as site:
        process = start(site, role)
        process.wait_for(f'database "{name}" does not exist')
        assert f"waiting for the database at {url}: " in process.said
        postgresql_server.create(name)
        process.wait_for("run `pierhead db upgrade`")
        site.upgrade()
        process.wait_ready()
        assert process.said.count("waiting for the database") == 2
        assert process.stop() == 0
        postgresql_server.drop(name)


@pytest.mark.parametrize("role", ["conductor", "agent"])
def test_the_bus_may_come_later(role, postgresql_url, tmp_path):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"amqp://me:hush@127.0.0.1:{reserved.getsockname()[1]}/"
        with Site(postgresql_url, url, tmp_path) as site:
            process = start(site, role)
            shown = url.replace("hush", "***")
            process.wait_for(f"waiting for the bus at {shown}: no connection")
            assert process.running
            assert process.stop() == 0
            assert "hush" not in process.said


def test_a_role_that_waits_leaves_when_it_is_told(rabbitmq_url, tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        url = f"postgresql://me:hush@127.0.0.1:{port}/p"
        with Site(url, rabbitmq_url, tmp_path) as site:
            for role in ("api", "conductor"):
                process = start(site, role)
                process.wait_for("Connection refused")
                assert process.stop() == 0
                assert f"postgresql://me:***@127.0.0.1:{port}/p" in process.said
                assert "hush" not in process.said


@pytest.mark.parametrize("order", [*itertools.permutations(ROLES)], ids="-".join)
def test_roles_may_start_in_any_order(site, order):
    started = {}
    for role in order:
        started[role] = start(site, role).wait_ready()
    served(site, started["api"])


def test_an_api_takes_in_requests_while_nobody_else_is_there(
    postgresql_url, rabbitmq_server, tmp_path
):
    with Site(postgresql_url, "amqp://127.0.0.1:1/", tmp_path / "alone") as alone:
        client = Client(alone, alone.start_api())
        client.device()
        vip = client.vip()
        assert client.status(vip) == "PENDING_CREATE"
    with Site(postgresql_url, rabbitmq_server.url, tmp_path / "all") as site:
        site.start_conductor()
        site.start_agent()
        again = Client(site, site.start_api())
        wait(lambda: again.status(vip) == "ACTIVE", "ACTIVE", site)


def test_the_devices_of_an_agent_that_stops_move_at_once(site):
    # With this heartbeat a dead agent would keep its devices for 40 s.
    agents = {name: site.start_agent(name, heartbeat_seconds=10.0) for name in ("one", "two")}
    site.start_conductor()
    api = site.start_api()
    served(site, api)
    client = Client(site, api)

    def holders() -> set[str]:
        found = client.get("fleet/agents")["agents"]
        return {each["id"] for each in found if each["devices"]}

    wait(lambda: len(holders()) == 1, "held", site)
    (holder,) = holders()
    other = ({"one", "two"} - {holder}).pop()
    assert agents[holder].stop() == 0
    wait(lambda: holders() == {other}, "moved", site)


def test_a_second_sigterm_ends_a_role_at_once(site):
    api = site.start_api()
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as upload:
        # A request that never comes to its end holds up the first one.
        upload.sendall(
            b"POST /v2.0/networks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
        )
        assert requests.get(f"{api.url}/healthz", timeout=SECONDS).ok
        api.signal(signal.SIGTERM)
        api.wait_until(lambda: not accepts(host, int(port)), "stops accepting")
        assert api.running
        api.signal(signal.SIGTERM)
        assert api.process.wait(SECONDS) == -signal.SIGTERM


def accepts(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@pytest.mark.parametrize("role", ROLES)
def test_the_service_manager_is_told(site, tmp_path, role):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(SECONDS)
        process = start(site, role)
        process.kill()
        process.environment = {
            **process.environment,
            "NOTIFY_SOCKET": str(path),
            "WATCHDOG_USEC": "400000",
        }
        process.restart()
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"STATUS=working"
        assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        process.signal(signal.SIGTERM)
        while (message := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert message == b"STOPPING=1"
        assert process.process.wait(SECONDS) == 0


def test_a_role_that_cannot_start_says_why_in_one_line(site, tmp_path):
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    nonsense.chmod(0o600)
    cases = {
        "api": [
            ({"database_url": ""}, "database_url is not set"),
            ({"port": 70_000}, "port: expected int <= 65535"),
            ({"drivers": ["f5"]}, "drivers: 'f5' is not installed"),
            ({"secret_key_file": str(nonsense)}, "not a Fernet key"),
        ],
        "conductor": [({"amqp_url": "http://mq"}, "amqp_url: 'http' is none of amqp, amqps")],
        "agent": [
            ({"amqp_url": "amqp://mq/?x=1"}, "amqp_url: a broker's URL is amqp[s]://"),
            ({"bus_key_file": str(nonsense)}, "bus_key_file: "),
            ({"agent_group": "a b"}, "agent_group: expected str matching"),
            ({"state_dir": "/dev/null"}, "state directory /dev/null: File exists"),
            ({"log_level": "loud"}, "log_level 'loud' is none of"),
        ],
    }
    for role, settings in cases.items():
        for number, (changes, words) in enumerate(settings):
            process = start(site, role, f"{role}-{number}", **changes)
            assert process.process.wait(SECONDS) == 2, process.log
            [line] = process.log.splitlines()
            assert line.startswith("pierhead: ")
            assert words in line


def start(site: Site, role: str, name: str | None = None, **settings: object) -> RoleProcess:
    process: RoleProcess = getattr(site, f"start_{role}")(name or role, **settings)
    return process
