"""One site on which roles are killed and come back, point after point."""

import contextlib
import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

from tests.split.kill.faults import Point
from tests.split.kill.forked import ForkedRole, ForkedSite
from tests.split.kill.tenant import Tenant
from tests.split.kill.truth import Fleet, Truth
from tests.split.site import Ended, RoleProcess

SECONDS = 20.0
"""Within which everything must be settled after a death. Pauses are those of SHORT_PAUSES."""

DEVICES = ("d1", "d2")

BACKGROUND = (
    "SqlUnitOfWork.commit of agents._record",
    "AmqpServerBus.answer",
    "AmqpAgentBus.greet",
    "AmqpAgentBus.report ObservationReport",
    "MemoryDriver.observe",
)
"""What is repeated all the time: only the first of these is a point of its own."""


class Scene:
    """An API, a conductor and agents, under labels that stay while processes come and go.

    A role that was killed is followed by one of the same name, or when it `replaces`, by one
    of another name.
    """

    def __init__(self, site: ForkedSite, truth: Truth) -> None:
        self.site = site
        self.truth = truth
        self.replaces = False
        self.disarms = True
        """Whether steps count no more once somebody died."""
        self.deaths = 0
        self.plans: dict[str, list[Point]] = {}
        """By label: the points at which the next processes die, one each."""
        self._names: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._projects = itertools.count(1)
        self._subnets: dict[str, tuple[str, str]] = {}

    def start(self, *labels: str) -> None:
        """Start roles; what a label begins with is the role."""
        for label in labels:
            self._start(label, f"{label}-{next(self._numbers)}")
        for label in labels:
            self._wait_ready(self.role(label))

    def role(self, label: str) -> ForkedRole:
        """The process that has a label now."""
        found = self.site.roles[self._names[label]]
        assert isinstance(found, ForkedRole)
        return found

    def has(self, label: str) -> bool:
        """Whether a role with this label is wanted."""
        return label in self._names

    def forget(self, label: str) -> None:
        """A role dies, and is not wanted any more. The point that it did not come to is left to
        the next."""
        role = self.role(label)
        if label in self.plans and role.running and role.point is not None:
            self.plans[label].insert(0, role.point)
        role.kill()
        del self.site.roles[self._names.pop(label)]

    def stop(self, label: str) -> None:
        """Ask a role to end, which is not wanted any more. It may die over it."""
        role = self.role(label)
        del self.site.roles[self._names.pop(label)]
        ended = role.stop()
        assert ended in (0, -signal.SIGKILL), role.said
        self.deaths += ended != 0

    def agent_id(self, label: str) -> str:
        """The id of the agent with a label."""
        return self._names[label]

    def revive(self) -> None:
        """Have every role that died come back, which none may have done by itself."""
        for label in list(self._names):
            role = self.role(label)
            if role.running:
                continue
            assert role.process.returncode == -signal.SIGKILL, role.said
            self.deaths += 1
            if self.disarms:
                self.site.armed.set(armed=False)
            if self.replaces:
                del self.site.roles[self._names.pop(label)]
                self.start(label)
            else:
                if label in self.plans:
                    role.point = self._next_point(label)
                self._wait_ready(role.restart())

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Steps count."""
        self.site.armed.set(armed=True)
        try:
            yield
        finally:
            self.site.armed.set(armed=False)

    def steps(self, label: str) -> list[Point]:
        """The points that the last process with a label, which has plans, has come to, in this
        order. Forgets them."""
        trace = self.site.trace_of(self._last[label])
        found, counts = [], Counter[str]()
        for step in trace.read_text().splitlines() if trace.exists() else ():
            counts[step] += 1
            if counts[step] == 1 or step not in BACKGROUND:
                found += [Point(step, counts[step], after) for after in (False, True)]
        trace.unlink(missing_ok=True)
        return found

    def tenant(self) -> Tenant:
        """A new one."""
        return Tenant(f"tenant-{next(self._projects)}", lambda: self.role("api").url, self.revive)

    def subnet(self, name: str) -> str:
        """A subnet on a network of its own, which all tenants use; made when first asked for."""
        if name not in self._subnets:
            owner = self.tenant()
            number = len(self._subnets) + 80
            network = owner.create("networks", name=name, shared=True)["id"]
            subnet = owner.create("subnets", network_id=network, cidr=f"127.{number}.0.0/16")
            self._subnets[name] = (network, subnet["id"])
        return self._subnets[name][1]

    def network(self, name: str) -> str:
        """The network of a subnet."""
        self.subnet(name)
        return self._subnets[name][0]

    def add_devices(self, *names: str) -> None:
        """Register devices."""
        operator = self.tenant()
        for name in names:
            operator.create("fleet/devices", name=name, driver="memory", parameters={"file": name})

    def settled(self, also: Callable[[Fleet], bool] = lambda _: True) -> Fleet:
        """Wait until all is settled, and something else holds, whoever dies meanwhile."""
        found: list[Fleet] = []

        def holds() -> bool:
            found[:] = [self.truth.fleet()]
            return found[0].is_settled and also(found[0])

        self.until(holds, lambda: f"not settled: {found}")
        return found[0]

    def well(self, also: Callable[[], list[str]]) -> None:
        """Wait until nothing is wrong, nor anything `also` tells; what is left to do may take
        a moment."""
        wrongs: list[str] = []

        def holds() -> bool:
            wrongs[:] = [*also(), *self.truth.wrongs()]
            return not wrongs

        self.until(holds, lambda: "\n".join(wrongs))

    def clean(self) -> None:
        """Wait until nothing is left of what was deleted."""
        self.until(lambda: not self.truth.leftovers(), lambda: "\n".join(self.truth.leftovers()))

    def until(self, holds: Callable[[], bool], why: Callable[[], str]) -> None:
        """Wait for anything, while roles that die are revived."""
        deadline = time.monotonic() + SECONDS
        while True:
            self.revive()
            if holds():
                return
            assert time.monotonic() < deadline, f"{why()}\n{self.site.logs()}"
            time.sleep(0.01)

    def _wait_ready(self, role: RoleProcess) -> None:
        try:
            role.wait_ready()
        except Ended:
            # It may die before, if it is to die; `revive` finds out.
            if not self.site.armed:
                raise

    def _start(self, label: str, name: str) -> None:
        role = label.partition("-")[0]
        settings = {"observe_seconds": 0.2} if role == "agent" else {}
        self._names[label] = self._last[label] = name
        if label in self.plans:
            self.site.start_mortal(role, name, self._next_point(label), **settings)
        else:
            getattr(self.site, f"start_{role}")(name, **settings)

    def _next_point(self, label: str) -> Point | None:
        waiting = self.plans[label]
        return waiting.pop(0) if waiting else None
