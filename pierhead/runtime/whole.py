"""A conductor and its only agent in one process."""

from pierhead.runtime.agency import AgentRuntime
from pierhead.runtime.conducting import ConductorRuntime


class Runtime:
    """Both, started and stopped in the right order."""

    def __init__(self, conducting: ConductorRuntime, agency: AgentRuntime) -> None:
        self._conducting = conducting
        self._agency = agency

    def start(self) -> None:
        """Take over what runs, then work. Nothing is being created yet, so what is reserved
        for nobody can go."""
        self._conducting.release_orphans()
        # The agent of the last process must not be taken for dead before this one is known.
        self._conducting.start_greeting()
        self._agency.start()
        self._agency.await_lease()
        self._conducting.start_conducting()

    def stop(self, *, stop_devices: bool) -> None:
        """Finish the rounds under way and let go of the devices."""
        self._conducting.stop()
        self._agency.stop(stop_devices=stop_devices, leave=False)

    def stuck(self, seconds: float) -> list[str]:
        """The names of threads that have been at one thing for longer than `seconds`."""
        return [*self._conducting.stuck(seconds), *self._agency.stuck(seconds)]
