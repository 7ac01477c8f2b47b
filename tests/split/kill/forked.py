"""A site whose roles are forks of a zygote, and can be given a point at which to die."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.split.kill.faults import Armed, Plan, Point
from tests.split.kill.zygote import Zygote
from tests.split.site import RoleProcess, Site


@dataclass
class ForkedRole(RoleProcess):
    """One role's process. With a `plan` it tells of its steps, and dies at `point`, if any."""

    zygote: Zygote = field(kw_only=True)
    config: Path = field(kw_only=True)
    plan: Plan | None = field(kw_only=True, default=None)
    point: Point | None = field(kw_only=True, default=None)

    def start(self) -> None:
        self.log_file.touch(0o600)
        self._seen = self.log_file.stat().st_size
        plan = self.plan
        if plan is not None and self.point is not None:
            plan = plan.dying_at(self.point)
        forked: Any = self.zygote.fork(self.role, self.config, self.log_file, plan)
        self.process = forked


class ForkedSite(Site):
    """Starts roles by a zygote. `armed` says whether steps count."""

    def __init__(self, zygote: Zygote, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._zygote = zygote
        self._next: tuple[Plan | None, Point | None] = None, None
        self.armed = Armed(self.folder / "armed")

    def trace_of(self, name: str) -> Path:
        """Where a role tells of its steps, a line each."""
        return self.folder / f"{name}.trace"

    def start_mortal(
        self, role: str, name: str, point: Point | None, **settings: Any
    ) -> ForkedRole:
        """Start a role that tells of its steps, and dies at a point, if one is given."""
        self._next = Plan(str(self.folder / "armed"), str(self.trace_of(name))), point
        try:
            found: ForkedRole = getattr(self, f"start_{role}")(name, **settings)
        finally:
            self._next = None, None
        return found

    def _start(self, role: str, name: str, settings: Any) -> ForkedRole:
        assert name not in self.roles, f"{name} was started already: restart() it"
        plan, point = self._next
        found = ForkedRole(
            name,
            role,
            (),
            {},
            self.folder / f"{name}.log",
            zygote=self._zygote,
            config=self._configure(name, settings),
            plan=plan,
            point=point,
        )
        self.roles[name] = found
        found.start()
        return found
