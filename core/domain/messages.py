"""What server and agent say to each other.

Every command carries all that the agent needs to carry it out, the device's secrets
included (R7): an agent has no database. Every message survives a trip through JSON.

Reports carry the epoch of the device in which they were made; one of an earlier epoch than
the device's tells of an agent that has it no more, and is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.binding import Attachment
from core.domain.device import DeviceFacts
from core.domain.service import ServiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHandle:
    """A device as its driver gets it. `parameters` includes secrets and is not printed.

    `generation` is the device's; a report tells to which one it belongs. `epoch` rises
    each time that the device is given to an agent: of two epochs, the higher one counts.
    """

    id: str
    name: str
    driver: str
    version: str | None
    parameters: Mapping[str, object] = field(repr=False)
    generation: int = 0
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOrder:
    """What a device must do for one service: run `spec`, or nothing at all (None).

    `spec` is the kind's own document (for a load balancer a LoadBalancerSpec in JSON terms).
    `attachments` are the device's to the networks of the service; they may change while the
    revision stays. `traceparent` (W3C Trace Context) is that of the request that changed the
    service last.
    """

    service_id: str
    kind: ServiceKind
    revision: int
    spec: Mapping[str, object] | None
    traceparent: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyServices:
    """Bring the ordered services to their state; leave others on the device alone.

    `complete` says that the orders are all that the device should run: what the device has
    beyond them is reported, not destroyed.
    """

    device: DeviceHandle
    orders: tuple[ServiceOrder, ...]
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeDevice:
    """Find out whether the device answers, its version and what it can do. Then carry out the
    `orders`, if any, which are all that it should run if they are `complete`."""

    device: DeviceHandle
    orders: tuple[ServiceOrder, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireDevice:
    """The device leaves the registry: stop what was started for it."""

    device: DeviceHandle


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDevice:
    """The device goes to another agent: let go of it, and leave it as it runs."""

    device: DeviceHandle


Command = ApplyServices | ProbeDevice | RetireDevice | ReleaseDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """A service reached `revision` on the device, or did not, and why (`failure`)."""

    device_id: str
    service_id: str
    revision: int
    failure: str | None = None
    epoch: int = 0
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """A device answered with `facts`, or did not, and why (`failure`).

    `note` is for the operator about a device that answers, such as "restarted 2 times".
    """

    device_id: str
    generation: int
    facts: DeviceFacts | None = None
    failure: str | None = None
    note: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRetired:
    """Nothing is left running for the device."""

    device_id: str
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReleased:
    """The agent will do nothing more for the device in this epoch or an earlier one."""

    device_id: str
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationReport:
    """What a device measured: service -> its kind's own observation in JSON terms."""

    device_id: str
    services: Mapping[str, Mapping[str, object]]
    epoch: int = 0


Report = ServiceReport | DeviceReport | DeviceRetired | DeviceReleased | ObservationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHello:
    """An agent is alive: said at start, regularly, and a last time when it is `leaving`.

    `incarnation` is another one each time that the agent begins anew, holding no devices.
    `zones` are those whose devices it can reach; none: all. `backlog` is the number of commands
    that wait, `heartbeat` the time between two hellos in seconds.
    """

    agent_id: str
    incarnation: str
    group: str = "default"
    zones: tuple[str, ...] = ()
    host: str
    version: str
    drivers: tuple[str, ...]
    backlog: int
    started_at: float
    heartbeat: float
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLease:
    """The server's answer to a hello: for so many seconds since it was sent, no other agent is
    given the devices of this one. 0: they were given away, and the agent must begin anew.

    Commands of the epoch `floor` or an earlier one were meant for an incarnation before.
    """

    agent_id: str
    incarnation: str
    seconds: float
    floor: int = 0
