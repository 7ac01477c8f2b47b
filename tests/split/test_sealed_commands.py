"""A device's secrets on their way through a real broker."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pika
import pytest
from cryptography.fernet import Fernet

from tests.split.site import RoleProcess, Site

pytestmark = pytest.mark.slow

PASSWORD = "tr0ub4dor&3"
SECONDS = 40.0
Json = dict[str, Any]


class Operator:
    """Works with one API."""

    def __init__(self, site: Site, api: RoleProcess) -> None:
        self._site = site
        self._url = f"{api.url}/v2.0"
        self._session = site.session(project="alice")

    def get(self, path: str) -> Any:
        answer = self._session.get(f"{self._url}/{path}", timeout=SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def create(self, path: str, **attributes: object) -> Json:
        name = path.rpartition("/")[2].removesuffix("s").replace("-", "_")
        answer = self._session.post(f"{self._url}/{path}", json={name: attributes}, timeout=SECONDS)
        assert answer.ok, answer.text
        made: Json = answer.json()[name]
        return made

    def device(self) -> Json:
        parameters = {"username": "root", "password": PASSWORD, "file": "edge"}
        device = {"name": "lb1", "driver": "memory", "parameters": parameters}
        return self.create("fleet/devices", **device)

    def vip(self, port: int, subnet_id: str) -> Json:
        wanted = {"subnet_id": subnet_id, "protocol": "HTTP"}
        pool = self.create("lb/pools", **wanted, lb_method="ROUND_ROBIN")["id"]
        return self.create("lb/vips", **wanted, protocol_port=port, pool_id=pool)

    def subnet(self) -> str:
        network = self.create("networks", name="n")["id"]
        made = self.create("subnets", network_id=network, cidr="127.77.0.0/24")
        return str(made["id"])

    def wait_active(self, vip: Json) -> None:
        self.wait(lambda: self.get(f"lb/vips/{vip['id']}")["vip"]["status"] == "ACTIVE")

    def wait_device(self, device: Json, status: str, reason: str = "") -> None:
        def holds() -> bool:
            seen = self.get(f"fleet/devices/{device['id']}")["device"]
            return seen["status"] == status and reason in seen["status_reason"]

        self.wait(holds)

    def wait(self, holds: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + SECONDS
        while not (value := holds()):
            assert time.monotonic() < deadline, self._site.logs()
            time.sleep(0.05)
        return value


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """The key files of the conductor and of the agent, with the same key."""
    files = {role: tmp_path / f"{role}.bus.key" for role in ("conductor", "agent")}
    key = Fernet.generate_key()
    for file in files.values():
        file.touch(0o600)
        file.write_bytes(key)
    return files


class Broker:
    """What lies with the broker, as whoever can read its disk sees it."""

    def __init__(self, site: Site) -> None:
        url, self._prefix = site.settings["amqp_url"], site.settings["amqp_prefix"]
        self._connection = pika.BlockingConnection(pika.URLParameters(str(url)))
        self._channel = self._connection.channel()

    def waiting(self, queue: str) -> list[tuple[int, bytes]]:
        """Tag and text of the messages of a queue, taken out until `give_back`."""
        found = []
        while (got := self._channel.basic_get(f"{self._prefix}.{queue}"))[0] is not None:
            found.append((got[0].delivery_tag, got[2]))
        return found

    def put_aside(self, tag: int) -> None:
        """Have a message die."""
        self._channel.basic_nack(tag, requeue=False)

    def close(self) -> None:
        """All that was not put aside waits again."""
        self._connection.close()


def test_a_device_with_a_secret_is_driven_and_the_broker_never_has_it(site, keys) -> None:
    api = site.start_api()
    conductor = site.start_conductor(bus_key_file=str(keys["conductor"]))
    # Orders are sent to an agent that died until it was silent for four heartbeats.
    agent = site.start_agent(bus_key_file=str(keys["agent"]), heartbeat_seconds=2.0)
    operator = Operator(site, api)
    device, subnet = operator.device(), operator.subnet()
    operator.wait_active(operator.vip(80, subnet))
    # The parameters came: without them there would be no file.
    assert (site.folder / "devices" / "memory" / "edge").exists()

    agent.kill()
    second = operator.vip(81, subnet)
    with closing(Broker(site)) as broker:
        [(tag, text)] = operator.wait(lambda: broker.waiting("agent.agent"))
        assert b"SealedCommand" in text
        assert PASSWORD.encode() not in text
        broker.put_aside(tag)
        [(_, dead)] = operator.wait(lambda: broker.waiting("dead"))
        assert dead == text
    [letter] = operator.wait(lambda: operator.get("fleet/dead-letters")["dead_letters"])
    assert (letter["kind"], letter["device_id"]) == ("ApplyServices", device["id"])

    right = keys["agent"].read_bytes()
    keys["agent"].write_bytes(Fernet.generate_key())
    agent.restart()
    operator.wait_device(device, "OFFLINE", "no key in the bus_key_file of this agent")
    assert agent.stop() == 0
    keys["agent"].write_bytes(right)
    agent.restart()
    operator.wait_active(second)
    operator.wait_device(device, "ONLINE")

    new = Fernet.generate_key()
    assert agent.stop() == 0
    keys["agent"].write_bytes(right + b"\n" + new)
    agent.restart().wait_ready()
    assert conductor.stop() == 0
    keys["conductor"].write_bytes(new + b"\n" + right)
    conductor.restart()
    operator.wait_active(operator.vip(82, subnet))
    assert PASSWORD not in site.logs()
