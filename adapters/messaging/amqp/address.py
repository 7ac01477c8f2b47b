"""Where the broker is and how to sign in."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import pika

_PORTS = {"amqp": 5672, "amqps": 5671}
_ANSWER_SECONDS = 5.0
"""How long a broker may take over each step of a connection's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusAddress:
    """A broker, or the nodes of a cluster of which any will do.

    `urls` are such as ``amqp://user@host:5672/virtual-host``, or amqps for TLS; a `password`
    counts for those that name none. `prefix` begins the names of all exchanges and queues.
    `heartbeat` is in seconds: who is silent for two or three of them is taken for dead.
    `ca_file` are the authorities that the broker's certificate is checked against, else the
    system's; `cert_file` and `key_file` are the certificate to sign in with. Raises ValueError
    for URLs that make no sense.
    """

    urls: tuple[str, ...] = field(repr=False)
    password: str | None = field(default=None, repr=False)
    prefix: str = "pierhead"
    heartbeat: int = 5
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("no URL of a broker")
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
                raise ValueError("a broker's URL is amqp[s]://[user@]host[:port][/virtual-host]")
            _ = parts.port  # Raises ValueError.

    def node(self, number: int) -> str:
        """Host and port that `parameters` of the same number lead to."""
        parts = urlsplit(self.urls[number % len(self.urls)])
        return f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"

    def parameters(self, number: int, name: str) -> pika.ConnectionParameters:
        """How to connect for the `number`th time; the broker lists the connection by `name`."""
        parts = urlsplit(self.urls[number % len(self.urls)])
        host = parts.hostname or ""
        own_password = None if parts.password is None else unquote(parts.password)
        password = own_password or self.password or "guest"
        properties: Mapping[str, object] = {"connection_name": name, "product": "Pierhead"}
        return pika.ConnectionParameters(
            host=host,
            port=parts.port or _PORTS[parts.scheme],
            virtual_host=unquote(parts.path[1:]) or "/",
            credentials=pika.PlainCredentials(unquote(parts.username or "guest"), password),
            heartbeat=self.heartbeat,
            connection_attempts=1,
            socket_timeout=_ANSWER_SECONDS,
            stack_timeout=2 * _ANSWER_SECONDS,
            client_properties=dict(properties),
            ssl_options=self._tls(host) if parts.scheme == "amqps" else None,
        )

    def _tls(self, host: str) -> pika.SSLOptions:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return pika.SSLOptions(context, host)
