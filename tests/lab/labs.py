"""One lab at a time, kept as long as tests want the same."""

from collections.abc import Callable
from contextlib import ExitStack

from tests.lab.config import Choices
from tests.lab.site import NeutronLab


class Labs:
    """Starts labs. They share the network namespace, so there is never more than one."""

    def __init__(self) -> None:
        self._lab: NeutronLab | None = None
        self._running = ExitStack()
        self._before_start: Callable[[NeutronLab], None] | None = None

    def get(
        self,
        choices: Choices | None = None,
        before_start: Callable[[NeutronLab], None] | None = None,
    ) -> NeutronLab:
        """The lab that was asked for last if it is the same; else it ends and another starts."""
        choices = choices or Choices()
        lab = self._lab
        if lab is not None and (lab.choices, self._before_start) == (choices, before_start):
            return lab
        self.close()
        with ExitStack() as stack:
            self._lab = stack.enter_context(NeutronLab(choices, before_start=before_start))
            self._running = stack.pop_all()
        self._before_start = before_start
        return self._lab

    def close(self) -> None:
        """End the lab, if there is one."""
        self._lab = None
        self._running.close()
