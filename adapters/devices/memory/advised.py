"""The memory driver with a say in placement, which its devices' parameters put in its mouth.

For trials and tests of service types whose policy lets drivers have a say.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.devices.memory.advisor import SCHEMA, MemoryAdvisor
from adapters.devices.memory.driver import MemoryDriver
from adapters.devices.memory.plugin import MemoryPlugin
from core.domain.placement.request import Candidate, PlacementRequest
from core.ports.placement_advisor import AdvisorFailure, Opinion

_SAY: dict[str, object] = {
    "veto": {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": 255,
        "default": None,
        "description": "Why the driver lets no service on this device; null: it does.",
    },
    "score": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 1.0,
        "description": "How well the driver finds that any service suits this device.",
    },
    "advisor_delay": {
        "type": "number",
        "minimum": 0,
        "maximum": 60,
        "default": 0.0,
        "description": "Seconds for which the driver thinks about this device, each time.",
    },
    "advisor_fails": {
        "type": "boolean",
        "default": False,
        "description": "Have the driver fail when it is asked about this device.",
    },
}

_properties: Any = SCHEMA["properties"]

INFO = replace(
    MemoryAdvisor.info,
    name="memory-advised",
    description="Devices in memory whose driver has a say in placement, for trials and tests",
    schema={**SCHEMA, "properties": {**_properties, **_SAY}},
    advises=True,
)


class AdvisedMemoryAdvisor(MemoryAdvisor):
    """Says what the devices' parameters have it say. Being slow is the one thing it does beyond
    its contract, on demand."""

    info = INFO

    def opinions(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> Sequence[Opinion]:
        """Each device's `veto` and `score`."""
        _think(candidates)
        return [_opinion(candidate) for candidate in candidates]

    def choose(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> str | None:
        """The device without a veto that has the highest score, of equals the first offered."""
        _think(candidates)
        rated = [(_opinion(candidate), candidate.device.id) for candidate in candidates]
        allowed = [(opinion.score, identity) for opinion, identity in rated if not opinion.veto]
        return max(allowed, key=lambda each: each[0])[1] if allowed else None


class AdvisedMemoryDriver(MemoryDriver):
    """Talks to the devices."""

    info = INFO


class AdvisedMemoryPlugin(MemoryPlugin):
    """The faces of the driver."""

    advisor = AdvisedMemoryAdvisor()

    def open(self, state_dir: Path) -> AdvisedMemoryDriver:
        """See MemoryPlugin.open."""
        return AdvisedMemoryDriver(state_dir)


ADVISED = AdvisedMemoryPlugin()


def _think(candidates: Sequence[Candidate]) -> None:
    """Be as slow, and fail, as the devices' parameters say."""
    for candidate in candidates:
        parameters: Any = candidate.device.parameters
        if delay := parameters.get("advisor_delay"):
            time.sleep(delay)
        if parameters.get("advisor_fails", False):
            raise AdvisorFailure(f"told to fail by device {candidate.device.name}")


def _opinion(candidate: Candidate) -> Opinion:
    parameters: Any = candidate.device.parameters
    return Opinion(veto=parameters.get("veto"), score=parameters.get("score", 1.0))
