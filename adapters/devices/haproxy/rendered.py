"""A load balancer in HAProxy's terms, kept so that two versions of it can be compared."""

from dataclasses import dataclass
from functools import cached_property

from adapters.devices.haproxy.syntax import line


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """An address and port to listen on; `namespace` None: the host's own."""

    address: str
    port: int
    namespace: str | None = None

    def __str__(self) -> str:
        return f"{host(self.address)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """A member as a server line. `options` are the words that never change while it runs."""

    name: str
    address: str
    port: int
    weight: int
    enabled: bool
    options: tuple[str, ...]
    namespace: str | None = None
    """The network namespace to reach it from; None: the host's own."""

    @property
    def target(self) -> str:
        return f"{family(self.address)}@{host(self.address)}:{self.port}"

    def directive(self) -> str:
        """The line of the configuration file."""
        state = () if self.enabled else ("disabled",)
        where = () if self.namespace is None else ("namespace", self.namespace)
        words = ("weight", self.weight, *where, *self.options, *state)
        return line("server", self.name, self.target, *words)


@dataclass(frozen=True, slots=True)
class Backend:
    """A pool. `head` is all of its section above the server lines."""

    name: str
    pool_id: str
    head: str
    checked: bool
    servers: tuple[Server, ...]

    def text(self) -> str:
        lines = [f"    {server.directive()}\n" for server in self.servers]
        return "".join([self.head, *lines, "\n"])


@dataclass(frozen=True, slots=True)
class Frontend:
    """A listener whose port is open."""

    endpoint: Endpoint
    text: str
    handover: str | None = None
    """The name of the socket by which it takes over from the worker before."""


@dataclass(frozen=True)
class Rendered:
    """All sections of one load balancer."""

    service_id: str
    frontends: tuple[Frontend, ...]
    backends: tuple[Backend, ...]
    pings: bool
    """Whether it needs a helper process for its health checks."""
    remembers: bool
    """Whether it has tables of which client belongs to which member."""

    @cached_property
    def text(self) -> str:
        parts = [frontend.text for frontend in self.frontends]
        return "".join(parts + [backend.text() for backend in self.backends])

    @cached_property
    def files(self) -> int:
        """How many open files its listeners and health checks take."""
        checks = sum(len(each.servers) for each in self.backends if each.checked)
        return len(self.frontends) + len(self.handovers) + checks

    @property
    def handovers(self) -> frozenset[str]:
        """The names of its sockets for workers that are replaced."""
        return frozenset(each.handover for each in self.frontends if each.handover is not None)

    @property
    def endpoints(self) -> frozenset[Endpoint]:
        return frozenset(frontend.endpoint for frontend in self.frontends)


def family(address: str) -> str:
    """HAProxy's prefix for an address of this family."""
    return "ipv6" if ":" in address else "ipv4"


def host(address: str) -> str:
    """The address as it stands before a port."""
    return f"[{address}]" if ":" in address else address
