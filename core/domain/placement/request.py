"""What the scheduler is asked, and what it knows of each device."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.addresses import Ranges
from core.domain.binding import Account, Binding, NetworkNeed
from core.domain.device import VIPS, Capabilities, Device, DriverInfo, effective_limits
from core.domain.service import ServiceKind
from core.domain.service_type import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a service needs of a device, as its kind's own module worked it out.

    `networks` starts with network A, the VIP's; each members' network B follows once,
    unless it is A.
    """

    vip_address: str
    networks: tuple[NetworkNeed, ...]
    features: Capabilities = field(default_factory=Capabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """One service looking for a device."""

    service_id: str
    project_id: str
    kind: ServiceKind
    service_type_id: str
    drivers: tuple[str, ...]
    """In order of preference."""
    requirements: Requirements
    policy: Policy = field(default_factory=Policy)
    bound: Binding | None = None
    """The binding that the service has already: only its device is considered then."""
    avoid_device_id: str | None = None
    """The device of its standby (or primary), when it has one."""
    subset: frozenset[str] | None = None
    """The devices that were drawn for the tenant, where tenants are kept apart; None: any."""
    demand: Mapping[str, int] = field(init=False, compare=False, repr=False)
    """Resource -> amount, ``vips`` included, sorted; networks are counted apart."""
    network_ids: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Worked out once: every device is held against these.
        demand = {VIPS: 1, **self.policy.demand}
        object.__setattr__(self, "demand", {name: demand[name] for name in sorted(demand)})
        networks = frozenset(need.network_id for need in self.requirements.networks)
        object.__setattr__(self, "network_ids", networks)


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A device as the rules, scores and advisors see it.

    `driver` None: it is not installed here. `used` (zeros may be left out), `networks`
    (network -> the subnets in use there) and `projects` (project -> number of services) are
    as in Account.
    """

    device: Device
    driver: DriverInfo | None
    limits: Mapping[str, int | None]
    capabilities: Capabilities
    used: Mapping[str, int] = field(default_factory=dict)
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    projects: Mapping[str, int] = field(default_factory=dict)
    _ranges: Ranges | None = field(default=None, repr=False, compare=False)

    @property
    def ranges(self) -> Ranges:
        """The addresses in use on the device, each with its network."""
        if self._ranges is None:
            self._ranges = Ranges(
                (cidr, network) for network, cidrs in self.networks.items() for cidr in cidrs
            )
        return self._ranges

    @property
    def account(self) -> Account:
        """What is on the device."""
        return Account(used=self.used, networks=self.networks, projects=self.projects)

    def copy(self) -> "Candidate":
        """A copy that can be changed, or handed out, without anybody noticing."""
        return Candidate(
            device=self.device,
            driver=self.driver,
            limits=self.limits,
            capabilities=self.capabilities,
            used=dict(self.used),
            networks=dict(self.networks),
            projects=dict(self.projects),
        )

    @property
    def isolates_overlapping(self) -> bool:
        """Whether the device keeps networks with overlapping addresses apart."""
        own = self.device.isolates_overlapping
        if own is not None:
            return own
        return self.driver is not None and self.driver.isolates_overlapping


def candidate(device: Device, driver: DriverInfo | None, account: Account) -> Candidate:
    """The device with what its driver says of it and what is claimed on it."""
    limits = effective_limits(device, driver) if driver is not None else device.limits
    supported = driver.capabilities if driver is not None else Capabilities()
    return Candidate(
        device=device,
        driver=driver,
        limits=limits,
        capabilities=device.capabilities or supported,
        used=account.used,
        networks=account.networks,
        projects=account.projects,
    )
