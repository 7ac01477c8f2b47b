"""An agent at work."""

from core.ports.agent_bus import AgentBus
from core.usecases.agent.agent import Agent
from pierhead.runtime.loops import Loop, Loops

_OBSERVERS = 2
"""Threads that look at devices: one that hangs must not blind the other."""
_STOP_SECONDS = 20.0
_BEATS_TO_WAIT = 3
_WITHOUT_AN_ANSWER = 0.5
"""The part of a heartbeat after which a hello is said again that nobody answered."""


class AgentRuntime:
    """The threads of an agent. `heartbeat`: seconds between two hellos; `threads`: devices that
    are worked on at the same time."""

    def __init__(self, *, agent: Agent, bus: AgentBus, heartbeat: float, threads: int) -> None:
        self._agent = agent
        self._bus = bus
        self._heartbeat = heartbeat
        self._hellos = Loops([Loop("hello", self._say_hello)])
        self._loops = Loops(
            [
                *(Loop(f"agent-{n}", self._serve, patient=True) for n in range(threads)),
                *(Loop(f"observer-{n}", self._observe, patient=True) for n in range(_OBSERVERS)),
            ]
        )

    def start(self) -> None:
        """Begin."""
        self._hellos.start()
        self._loops.start()

    def await_lease(self) -> None:
        """Wait until the server knows this agent, for a few heartbeats at most."""
        self._agent.await_lease(self._heartbeat * _BEATS_TO_WAIT)

    def stop(self, *, stop_devices: bool, leave: bool = True) -> None:
        """Finish what is in hand, tell the server unless it ends as well (`leave`), and let go
        of the devices."""
        self._loops.ask_to_stop()
        finished = self._loops.join(_STOP_SECONDS)
        self._hellos.ask_to_stop()
        self._hellos.join(_STOP_SECONDS)
        if leave and finished:
            self._agent.leave()
        self._agent.close(stop_devices=stop_devices)
        self._bus.close()

    def stuck(self, seconds: float) -> list[str]:
        """See Loops.stuck."""
        return [*self._hellos.stuck(seconds), *self._loops.stuck(seconds)]

    def _say_hello(self) -> None:
        answered = self._agent.hello()
        self._hellos.rest(self._heartbeat * (1.0 if answered else _WITHOUT_AN_ANSWER))

    def _serve(self) -> None:
        self._agent.serve_one(timeout=1.0)

    def _observe(self) -> None:
        self._loops.rest(max(self._agent.observe_next(), 0.01))
