"""Each role a process of its own, on PostgreSQL or MariaDB and RabbitMQ, with real traffic."""

import secrets
from contextlib import ExitStack

import pika
import requests

from adapters.messaging.amqp import letters
from adapters.messaging.amqp.topology import Topology
from adapters.messaging.codec import encode_report
from core.domain.device import Capabilities, DeviceFacts
from core.domain.messages import DeviceReport
from features.deployments.databases import Database, open_database
from features.deployments.processes import (
    DRIVERS,
    OBSERVE_SECONDS,
    ProcessDeployment,
    traces_below,
)
from tests.servers.rabbitmq import RabbitMq, rabbitmq
from tests.split.site import RoleProcess, Site

HEARTBEAT = 1.0

AGENTS = ("agent-1", "agent-2")
"""They are of the group that devices are of by default."""

_MUCH_LATER = 2**40
"""An epoch that no device gets to."""


class SplitDeployment(ProcessDeployment):
    """Implements Deployment with one api, one conductor and two agents of one host. Scenarios
    with the tag @split use what it has besides: roles that end one by one, and servers that
    are away."""

    lacks = frozenset({"limited"})

    def __init__(self, database: str) -> None:
        super().__init__()
        self._kind = database
        self._running = ExitStack()
        self._database: Database
        self._broker: RabbitMq
        self._broker_is_away = False
        self._site: Site

    def start(self) -> None:
        """See Deployment.start."""
        self.begin()
        with ExitStack() as running:
            self._database = running.enter_context(open_database(self._kind))
            self._broker = running.enter_context(rabbitmq())
            self._site = running.enter_context(self._new_site())
            self._site.upgrade()
            self._site.start_api(port=self._port)
            self._site.start_conductor()
            for name in AGENTS:
                self._site.start_agent(name)
            self._wait_ready()
            self._running = running.pop_all()

    def stop(self) -> None:
        """See Deployment.stop."""
        try:
            self._site.stop()
        finally:
            self._running.close()
            self.end()

    def kill(self) -> None:
        """See Deployment.kill. The servers go on."""
        self._site.kill()

    def restart(self) -> None:
        """See Deployment.restart."""
        self.kill()
        for role in self._site.roles.values():
            role.restart()
        self._wait_ready()

    def mend(self) -> None:
        """See Deployment.mend."""
        self.restore_database()
        self.restore_broker()
        ended = [role for role in self._site.roles.values() if not role.running]
        for role in self._site.roles.values():
            role.resume()
        for role in ended:
            role.restart()
        if ended:
            self._wait_ready()

    def traces_of(self, text: str) -> list[str]:
        """See Deployment.traces_of. What the broker keeps goes with the messages."""
        return [*super().traces_of(text), *traces_below(self._database.folder, text)]

    def agents(self) -> list[RoleProcess]:
        """All agents that this deployment has now."""
        return [role for role in self._site.roles.values() if role.role == "agent"]

    def agent(self, identity: str) -> RoleProcess:
        """The process of an agent."""
        return self._site.roles[identity]

    def add_agent(self, name: str, group: str, heartbeat: float) -> None:
        """Have one more, until `remove`."""
        self._site.start_agent(name, group=group, heartbeat_seconds=heartbeat)

    def conductor(self) -> RoleProcess:
        """The conductor that is always there."""
        return self._site.roles["conductor"]

    def add_conductor(self, name: str) -> None:
        """Have one more, until `remove`."""
        self._site.start_conductor(name).wait_ready()

    def remove(self, name: str) -> None:
        """Have a role no more that was added."""
        self._site.roles.pop(name).stop()

    def lose_broker(self) -> None:
        """The broker dies, and all that it knew is lost."""
        self._broker.kill()
        self._broker.lose_data()
        self._broker_is_away = True

    def restore_broker(self) -> None:
        """The broker runs again."""
        if self._broker_is_away:
            self._broker.start()
            self._broker_is_away = False

    def cut_off_database(self) -> None:
        """Nobody reaches the database."""
        self._database.cut_off()

    def restore_database(self) -> None:
        """The database can be reached again."""
        self._database.restore()

    def report_rubbish(self) -> None:
        """Something that nobody can read comes where the server takes reports."""
        self._publish("", self._topology.reports, b"rubbish", pika.BasicProperties())

    def put_aside(self, device_id: str, version: str) -> None:
        """A report that a device has this version was given up."""
        facts = DeviceFacts(version=version, capabilities=Capabilities())
        report = DeviceReport(device_id=device_id, generation=1, facts=facts, epoch=_MUCH_LATER)
        properties = letters.dead(
            letters.durable(report, secrets.token_hex(8)),
            message_id=secrets.token_hex(8),
            queue=self._topology.reports,
            reason="nobody took it",
        )
        self._publish(self._topology.dead, "", encode_report(report), properties)

    def _publish(
        self, exchange: str, routing_key: str, body: bytes, properties: pika.BasicProperties
    ) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._broker.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(exchange, routing_key, body, properties)

    @property
    def _topology(self) -> Topology:
        return Topology(str(self._site.settings["amqp_prefix"]))

    def _new_site(self) -> Site:
        return Site(
            self._database.url,
            self._broker.url,
            self._directory,
            drivers=DRIVERS,
            heartbeat=HEARTBEAT,
            settings={"observe_seconds": OBSERVE_SECONDS},
            environment={"PYTHONPATH": self.python_path},
        )

    def _wait_ready(self) -> None:
        for role in self._site.roles.values():
            role.wait_ready()
        answer = requests.get(f"{self.url}/v2.0/fleet/drivers", timeout=30)
        assert answer.status_code == 200, answer.text
