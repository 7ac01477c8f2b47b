"""Our agents in Neutron's list of agents."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from core.domain.agent import Agent

AGENT_TYPE = "Pierhead agent"
BINARY = "pierhead-agent"

State = dict[str, Any]

_TOPIC = "pierhead-agent"
"""Neutron wants one; nobody listens there."""
_REPORT_EVERY = 20.0
"""Seconds between two reports of one agent. Neutron takes it for dead after 75."""

_log = structlog.get_logger("pierhead.neutron")


class NeutronAgentNotices:
    """An AgentNotices that reports to Neutron's RPC server, from a thread of its own: the bus may
    hold up whoever calls it.

    `report` takes what Neutron's agents report of themselves.
    """

    def __init__(
        self, report: Callable[[State], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, State] = {}
        self._reported: dict[str, tuple[float, State]] = {}
        self._thread: threading.Thread | None = None

    def heard(self, agent: Agent) -> None:
        """Have the agent reported if it is time, or if it is another than it was."""
        state = _state(agent)
        with self._changed:
            then, told = self._reported.get(agent.id, (0.0, {}))
            now = self._clock()
            if told == state and now - then < _REPORT_EVERY:
                return
            self._reported[agent.id] = (now, state)
            self._waiting[agent.id] = state if told else {**state, "start_flag": True}
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="agent-notices", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                _, state = self._waiting.popitem()
            try:
                self._report(state)
            except Exception as error:  # noqa: BLE001 - the next report may get through
                _log.warning("agent not reported", agent=state["host"], reason=str(error))


def _state(agent: Agent) -> State:
    """What Neutron shows. It knows agents by type and host, and of ours there may be several on
    one host; their ids are the hosts' names unless the operator gave others."""
    return {
        "binary": BINARY,
        "agent_type": AGENT_TYPE,
        "host": agent.id,
        "topic": _TOPIC,
        "configurations": {
            "host": agent.host,
            "group": agent.group,
            "zones": list(agent.zones),
            "drivers": list(agent.drivers),
            "version": agent.version,
        },
    }
