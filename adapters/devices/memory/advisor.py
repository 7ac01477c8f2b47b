"""The face of the memory driver beside the scheduler."""

from collections.abc import Sequence

from core.domain.device import Capabilities, DriverInfo
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.service import ServiceKind
from core.ports.placement_advisor import Opinion

FILE_NAME = "^[A-Za-z0-9_-]{1,64}$"
"""Without a dot or a slash: it leads nowhere else, and to no other device's log."""

SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "username": {"type": "string", "maxLength": 255, "description": "Who logs in."},
        "password": {
            "type": "string",
            "maxLength": 255,
            "writeOnly": True,
            "description": "How; kept sealed and never shown.",
        },
        "unreachable": {
            "type": "boolean",
            "default": False,
            "description": "Behave as a device that does not answer.",
        },
        "refuse": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": "Ports of listeners that the device refuses, as text.",
        },
        "file": {
            "x-admin-only": True,
            "type": ["string", "null"],
            "pattern": FILE_NAME,
            "default": None,
            "description": (
                "Name of a file in the driver's state directory in which the device keeps its "
                "state, so that it outlives the agent and every agent of the host can reach it. "
                "What is done to it is logged in `<file>.log`; while `<file>.down` exists it "
                "does not answer. Null: the device ends with its agent."
            ),
        },
        "delay": {
            "x-admin-only": True,
            "type": "number",
            "minimum": 0,
            "maximum": 600,
            "default": 0.0,
            "description": "Seconds that the device takes for each call.",
        },
    },
}

CAPABILITIES = Capabilities(
    protocols=frozenset(map(str, Protocol)),
    methods=frozenset(map(str, Method)),
    monitors=frozenset({str(MonitorType.TCP), str(MonitorType.HTTP)}),
    persistences=frozenset({str(PersistenceType.SOURCE_IP)}),
)


class MemoryAdvisor:
    """No opinion of its own: every device in memory is as good as another. Never asked."""

    info = DriverInfo(
        name="memory",
        description="Devices in memory, for trials and tests; they carry no traffic",
        kinds=frozenset({ServiceKind.LOADBALANCER}),
        schema=SCHEMA,
        capabilities=CAPABILITIES,
        limits={"vips": 1000, "vlans:eth1": 64},
        versions=("1.",),
        isolates_overlapping=False,
        data_interface="eth1",
        physical=False,
    )

    def opinions(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> Sequence[Opinion]:
        return [Opinion()] * len(candidates)

    def choose(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> str | None:
        return candidates[0].device.id if candidates else None
