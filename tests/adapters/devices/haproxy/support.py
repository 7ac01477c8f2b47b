"""Real members, real clients and real HAProxy processes on loopback addresses."""

import itertools
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.devices.haproxy import PLUGIN, HaproxyPlugin
from adapters.devices.haproxy.driver import HaproxyDriver
from adapters.devices.haproxy.master import connect
from core.domain.binding import Attachment
from core.domain.loadbalancer.model import (
    Method,
    MonitorType,
    PersistenceType,
    Protocol,
    SessionPersistence,
)
from core.domain.loadbalancer.spec import (
    ListenerSpec,
    LoadBalancerSpec,
    MemberSpec,
    MonitorSpec,
    PoolSpec,
    VipSpec,
)
from core.domain.messages import DeviceHandle, ServiceOrder
from core.domain.service import ServiceKind

MAINTENANCE = 0x01 | 0x02 | 0x20
DRAINING = 0x08 | 0x10
"""HAProxy's flags of a server's administrative state."""

_counter = itertools.count(1)


def loopback() -> str:
    """An address of this host that no other test process uses."""
    number = (os.getpid() * 1009 + next(_counter)) % (200 * 250 * 250)
    return f"127.{20 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def eventually(condition: Callable[[], Any], timeout: float = 10.0) -> Any:
    """Wait until the condition holds; return what it returned."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.01)
    return value


def cookies(response: HTTPResponse) -> str:
    """What a browser would send back."""
    return "; ".join(
        value.partition(";")[0] for value in response.headers.get_all("Set-Cookie") or ()
    )


class Member(ThreadingHTTPServer):
    """A web server that answers with its name."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name: str, address: tuple[str, int]) -> None:
        self.name = name
        self.status = 200
        self.set_cookie = ""
        self.broken_path = ""
        self.gate: threading.Event | None = None
        self.entered = threading.Semaphore(0)
        self.seen: list[tuple[str, str]] = []
        self.headers: list[Message] = []
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Member

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path))
        self.server.headers.append(self.headers)
        if self.server.gate is not None and self.path == "/wait":
            self.server.entered.release()
            self.server.gate.wait(20)
        body = self.server.name.encode()
        broken = self.path == self.server.broken_path
        self.send_response(500 if broken else self.server.status)
        if self.server.set_cookie:
            self.send_header("Set-Cookie", self.server.set_cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


class Members:
    """Starts members, and stops them all at the end."""

    def __init__(self) -> None:
        self._running: list[Member] = []

    def start(
        self, name: str, address: tuple[str, int] | None = None, kind: type[Member] = Member
    ) -> Member:
        member = kind(name, address or (loopback(), 0))
        threading.Thread(target=member.serve_forever, args=(0.01,), daemon=True).start()
        self._running.append(member)
        return member

    def stop(self, member: Member) -> None:
        member.shutdown()
        member.server_close()
        self._running.remove(member)

    def named(self, name: str) -> Member:
        return next(member for member in self._running if member.name == name)

    def stop_all(self) -> None:
        for member in list(self._running):
            self.stop(member)


class Balancer:
    """Builds a load balancer's specification, one change at a time."""

    def __init__(self, **pool: Any) -> None:
        self.address = loopback()
        self.port = free_port(self.address)
        self.name = "n"
        self.revision = 0
        self.enabled = True
        self.listener: dict[str, Any] = {}
        self.vip_network = "n"
        self.attachments: tuple[Attachment, ...] = ()
        self.id = str(uuid.uuid4())
        self.pool = PoolSpec(
            **{
                "id": str(uuid.uuid4()),
                "protocol": Protocol.HTTP,
                "method": Method.ROUND_ROBIN,
                "enabled": True,
                "session_persistence": None,
                "network_id": "n",
                "members": (),
                "monitors": (),
                **pool,
            }
        )
        self._listener_id = str(uuid.uuid4())

    def spec(self) -> LoadBalancerSpec:
        listener: dict[str, Any] = {
            "id": self._listener_id,
            "protocol": self.pool.protocol,
            "port": self.port,
            "connection_limit": None,
            "enabled": True,
            "default_pool": self.pool,
            **self.listener,
        }
        return LoadBalancerSpec(
            id=self.id,
            project_id="p",
            name=self.name,
            enabled=self.enabled,
            vip=VipSpec(
                address=self.address, network_id=self.vip_network, subnet_id="s", port_id="o"
            ),
            listeners=(ListenerSpec(**listener),),
        )

    def order(self, **pool: Any) -> ServiceOrder:
        """The next revision's order, with these fields of the pool changed."""
        self.revision += 1
        self.pool = replace(self.pool, **pool)
        document: Mapping[str, object] = msgspec.to_builtins(self.spec())
        return ServiceOrder(
            service_id=self.id,
            kind=ServiceKind.LOADBALANCER,
            revision=self.revision,
            spec=msgspec.json.decode(msgspec.json.encode(document)),
            attachments=self.attachments,
        )

    def removal(self) -> ServiceOrder:
        self.revision += 1
        return ServiceOrder(
            service_id=self.id, kind=ServiceKind.LOADBALANCER, revision=self.revision, spec=None
        )

    def get(self, path: str = "/", source: str = "", **headers: str) -> tuple[HTTPResponse, str]:
        """One request over a connection of its own."""
        connection = HTTPConnection(
            self.address, self.port, timeout=10, source_address=(source, 0) if source else None
        )
        with closing(connection):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response, response.read().decode()

    def ask(self, path: str = "/", source: str = "", **headers: str) -> str:
        """Who answers one request; the status if it is not 200."""
        response, body = self.get(path, source, **headers)
        return body if response.status == 200 else str(response.status)

    def open(self) -> bool:
        """Whether the port takes connections."""
        with socket.socket() as client:
            return client.connect_ex((self.address, self.port)) == 0


def as_servers(*specs: MemberSpec) -> dict[str, tuple[str, int, str]]:
    """What `Device.servers` must say of these members."""
    return {
        each.id: (f"{each.address}:{each.port}", each.weight, "ready" if each.enabled else "maint")
        for each in specs
    }


def _state(flags: int) -> str:
    if flags & MAINTENANCE:
        return "maint"
    return "drain" if flags & DRAINING else "ready"


def free_port(address: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def member_spec(server: Member, **fields: Any) -> MemberSpec:
    address, port = server.server_address[:2]
    known = {"id": str(uuid.uuid4()), "address": address, "port": port}
    return MemberSpec(**{**known, "weight": 1, "enabled": True, **fields})


def monitor_spec(kind: MonitorType, **fields: Any) -> MonitorSpec:
    known = {
        "id": str(uuid.uuid4()),
        "type": kind,
        "delay": 1,
        "timeout": 1,
        "max_retries": 1,
        "http_method": "GET",
        "url_path": "/",
        "expected_codes": (200,),
    }
    return MonitorSpec(**{**known, **fields})


def self_signed(path: Path) -> Path:
    """Write a certificate that nobody should trust, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    return path


def persistence(kind: PersistenceType, cookie_name: str | None = None) -> SessionPersistence:
    return SessionPersistence(kind, cookie_name)


class Device:
    """A device, its driver, and what a test wants to know of its processes."""

    def __init__(self, state_dir: Path, plugin: HaproxyPlugin = PLUGIN) -> None:
        self.state_dir = state_dir
        self.plugin = plugin
        self.id = str(uuid.uuid4())
        self.parameters: dict[str, object] = {}
        self.epoch = 0
        self.driver = self.open()

    @property
    def handle(self) -> DeviceHandle:
        return DeviceHandle(
            id=self.id,
            name="d",
            driver=self.driver.info.name,
            version=None,
            parameters=self.parameters,
            epoch=self.epoch,
        )

    @property
    def directory(self) -> Path:
        return self.state_dir / self.id

    def open(self) -> HaproxyDriver:
        """A new driver object on the same state, as after a restart of the agent."""
        driver = self.plugin.open(self.state_dir)
        assert isinstance(driver, HaproxyDriver)
        self.driver = driver
        return driver

    def apply(self, *orders: ServiceOrder, complete: bool = False) -> list[str | None]:
        """Apply, and return each order's failure."""
        outcomes = self.driver.apply(self.handle, orders, complete=complete)
        assert [outcome.service_id for outcome in outcomes] == [each.service_id for each in orders]
        return [outcome.failure for outcome in outcomes]

    def run(self, *orders: ServiceOrder) -> None:
        """Apply what must succeed."""
        assert self.apply(*orders) == [None] * len(orders)

    def processes(self) -> Any:
        from adapters.devices.haproxy.master import Master

        return Master(self.directory).processes()

    def tell(self, command: str) -> str:
        """HAProxy's answer to a command of somebody who has access to its stats socket."""
        with connect(self.directory, "stats.sock", 10) as link:
            link.sendall(f"{command}\n".encode())
            answer = b"".join(iter(lambda: link.recv(65536), b""))
        return answer.decode().strip("\n")

    def servers(self, balancer: "Balancer") -> dict[str, tuple[str, int, str]]:
        """HAProxy's servers by name: address and port, weight, administrative state."""
        name = f"{balancer.id}.{balancer.pool.id}"
        rows = [row.split(" ") for row in self.tell(f"show servers state {name}").splitlines()]
        return {
            row[3]: (f"{row[4]}:{row[18]}", int(row[7]), _state(int(row[6])))
            for row in rows
            if row[1:2] == [name]
        }

    @property
    def worker(self) -> int:
        worker: int = self.processes().worker
        return worker
