"""Fault points in a role: where it dies by its own SIGKILL, before or after a step took effect.

Roles know nothing of this: their adapters are wrapped from outside, in the test's own process.
A step counts once the plan is armed, so that what a role does before a test begins does not.
"""

import functools
import mmap
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS_TO_TAKE_EFFECT = 2.0

Effect = Callable[[Any], None]
"""Waits until what was begun with an adapter is done."""


@dataclass(frozen=True, order=True)
class Point:
    """The `number`-th time (from 1) that a role comes to a step, before or after it."""

    step: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.step} #{self.number}"


@dataclass(frozen=True)
class Plan:
    """`armed` is a file whose only byte says whether steps count; `trace` a file to which
    each step that counts is added, a line each. `step` None: the role does not die."""

    armed: str
    trace: str
    step: str | None = None
    number: int = 0
    after: bool = False

    def dying_at(self, point: Point) -> "Plan":
        """The same, but for the end."""
        return Plan(self.armed, self.trace, point.step, point.number, point.after)


class Armed:
    """The switch of a plan. Shared by all processes that open the same file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(b"\0")
        with path.open("r+b") as file:
            self._byte = mmap.mmap(file.fileno(), 1)

    def __bool__(self) -> bool:
        return self._byte[0] != 0

    def set(self, *, armed: bool) -> None:
        """Have steps count, or not."""
        self._byte[0] = int(armed)


class _Fault:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._armed = Armed(Path(plan.armed))
        self._guard = threading.Lock()
        self._counts: Counter[str] = Counter()

    def pass_through(self, step: str, call: Callable[[], Any], effect: Callable[[], None]) -> Any:
        if not self._armed:
            return call()
        with self._guard:
            self._counts[step] += 1
            number = self._counts[step]
            with Path(self._plan.trace).open("a") as trace:
                trace.write(f"{step}\n")
        here = (step, number) == (self._plan.step, self._plan.number)
        if here and not self._plan.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call()
        if here:
            effect()
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def install(plan: Plan) -> None:
    """Wrap the adapters of this process."""
    from adapters.devices.memory.driver import MemoryDriver
    from adapters.messaging.amqp import AmqpAgentBus, AmqpDoorbell, AmqpServerBus
    from adapters.network.loopback import LoopbackWirer
    from adapters.persistence.sql.unit_of_work import SqlUnitOfWork

    fault = _Fault(plan)
    _wrap(fault, SqlUnitOfWork, "commit", _at_once, _use_case)
    for name in ("attach", "detach", "reserve_address", "release_address"):
        _wrap(fault, LoopbackWirer, name, _at_once)
    _wrap(fault, AmqpServerBus, "send", _confirmed, lambda arguments: type(arguments[1]).__name__)
    _wrap(fault, AmqpServerBus, "done", _confirmed)
    _wrap(fault, AmqpServerBus, "answer", _posted)
    _wrap(fault, AmqpDoorbell, "ring", _posted)
    _wrap(fault, AmqpAgentBus, "report", _confirmed, lambda arguments: type(arguments[0]).__name__)
    _wrap(fault, AmqpAgentBus, "done", _confirmed)
    _wrap(fault, AmqpAgentBus, "greet", _at_once)
    for name in ("probe", "apply", "observe", "release", "retire", "close"):
        _wrap(fault, MemoryDriver, name, _at_once)


def _wrap(
    fault: _Fault,
    owner: type,
    name: str,
    effect: Effect,
    detail: Callable[[tuple[Any, ...]], str] = lambda _: "",
) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def passing(self: Any, *arguments: Any, **options: Any) -> Any:
        step = f"{owner.__name__}.{name} {detail(arguments)}".rstrip()
        return fault.pass_through(
            step, lambda: real(self, *arguments, **options), lambda: effect(self)
        )

    setattr(owner, name, passing)


def _use_case(_: tuple[Any, ...]) -> str:
    """Who commits: the nearest caller outside the adapters of persistence and this module."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        module = frame.f_globals["__name__"]
        if module != __name__ and not module.startswith("adapters.persistence"):
            break
        frame = frame.f_back
    return f"of {frame.f_globals['__name__'].rpartition('.')[2]}.{frame.f_code.co_name}"


def _at_once(_: Any) -> None:
    """It is done when the call returns."""


def _posted(adapter: Any) -> None:
    """What was posted to the link's thread before was handed to the kernel."""
    done = threading.Event()
    adapter._link.post(done.set)
    done.wait(_SECONDS_TO_TAKE_EFFECT)


def _confirmed(bus: Any) -> None:
    """The broker has confirmed all that was sent before, and got the acknowledgements."""
    done = threading.Event()
    bus._link.post(lambda: bus._outbox.when_confirmed(lambda: bus._link.post(done.set)))
    done.wait(_SECONDS_TO_TAKE_EFFECT)
