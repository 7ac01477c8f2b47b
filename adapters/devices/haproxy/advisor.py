"""What the driver says of itself, and its say in placement."""

from adapters.devices.haproxy.parameters import SCHEMA
from core.domain.device import VIPS, Capabilities, DriverInfo
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.placement.reasons import Reason
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.service import ServiceKind

MOST_VIPS = 5000
"""Above this a reload takes longer than half a second on two cores."""

INFO = DriverInfo(
    name="haproxy",
    description="One HAProxy process on the agent's host for many load balancers",
    kinds=frozenset({ServiceKind.LOADBALANCER}),
    schema=SCHEMA,
    capabilities=Capabilities(
        protocols=frozenset(Protocol),
        methods=frozenset(Method),
        monitors=frozenset(MonitorType),
        persistences=frozenset(PersistenceType),
    ),
    limits={VIPS: MOST_VIPS, "vlans:lo": None, "throughput": None, "connections": None},
    versions=(),
    isolates_overlapping=False,
    data_interface="lo",
    physical=False,
)


class HaproxyAdvisor:
    """Implements PlacementAdvisor: the capabilities and limits say all there is to say."""

    info = INFO

    def veto(self, request: PlacementRequest, candidate: Candidate) -> Reason | None:  # noqa: ARG002 - the port's signature
        """Never: whatever the declared capabilities cover, HAProxy can do."""
        return None

    def score(self, request: PlacementRequest, candidate: Candidate) -> float:  # noqa: ARG002 - the port's signature
        """The same for every device: one HAProxy process is like another."""
        return 1.0
