"""What the driver says of itself, and its say in placement."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.devices.haproxy.parameters import NAMESPACE_SCHEMA, SCHEMA
from core.domain.device import VIPS, Capabilities, DriverInfo
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.service import ServiceKind
from core.ports.placement_advisor import Opinion

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

NAMESPACE_INFO = replace(
    INFO,
    name="haproxy-namespace",
    description="One HAProxy process on the agent's host, in a network namespace for each network",
    schema=NAMESPACE_SCHEMA,
    limits={VIPS: MOST_VIPS, "vlans:data": None, "throughput": None, "connections": None},
    isolates_overlapping=True,
    data_interface="data",
)


class HaproxyAdvisor:
    """Implements PlacementAdvisor: the capabilities and limits say all there is to
    say, so it is never asked."""

    def __init__(self, info: DriverInfo = INFO) -> None:
        self.info = info

    def opinions(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> Sequence[Opinion]:
        """No veto, and the same score for all: one HAProxy process is like another."""
        return [Opinion()] * len(candidates)

    def choose(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> str | None:
        """The first that is offered: one HAProxy process is like another."""
        return candidates[0].device.id if candidates else None
