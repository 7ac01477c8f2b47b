"""What server and agent say to each other.

Every command carries all that the agent needs to carry it out, the device's secrets
included (R7): an agent has no database. Every message survives a trip through JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.device import DeviceFacts
from core.domain.service import ServiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHandle:
    """A device as its driver gets it. `parameters` includes secrets and is not printed.

    `generation` is the device's; a report tells to which one it belongs.
    """

    id: str
    name: str
    driver: str
    version: str | None
    parameters: Mapping[str, object] = field(repr=False)
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOrder:
    """What a device must do for one service: run `spec`, or nothing at all (None).

    `spec` is the kind's own document (for a load balancer a LoadBalancerSpec in JSON terms).
    """

    service_id: str
    kind: ServiceKind
    revision: int
    spec: Mapping[str, object] | None


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
    """Find out whether the device answers, its version and what it can do."""

    device: DeviceHandle


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireDevice:
    """The device leaves the registry: stop what was started for it."""

    device: DeviceHandle


Command = ApplyServices | ProbeDevice | RetireDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """A service reached `revision` on the device, or did not, and why (`failure`)."""

    device_id: str
    service_id: str
    revision: int
    failure: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRetired:
    """Nothing is left running for the device."""

    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationReport:
    """What a device measured: service -> its kind's own observation in JSON terms."""

    device_id: str
    services: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHello:
    """An agent is alive: sent at start and then regularly."""

    agent_id: str
    host: str
    version: str
    drivers: tuple[str, ...]
    devices: tuple[str, ...]
    backlog: int
    started_at: float


Report = ServiceReport | DeviceReport | DeviceRetired | ObservationReport | AgentHello
