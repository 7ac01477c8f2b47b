"""Facts about the machine and about processes, from /proc."""

import os
import platform
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from core.domain.placement import engine

_TICK = os.sysconf("SC_CLK_TCK")


class CpuTime(NamedTuple):
    """Seconds of CPU since a process began: its own, and its ended children's."""

    own: float
    children: float

    @classmethod
    def of(cls, pid: int) -> "CpuTime":
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user, system, child_user, child_system = (int(each) / _TICK for each in fields[11:15])
        return cls(user + system, child_user + child_system)

    def since(self, earlier: "CpuTime") -> "CpuTime":
        return CpuTime(self.own - earlier.own, self.children - earlier.children)


class Memory(NamedTuple):
    """Megabytes (10^6 bytes): resident, and the same with shared pages divided by their users."""

    rss: float
    pss: float

    @classmethod
    def of(cls, pids: frozenset[int]) -> "Memory":
        """The sum over processes."""
        each = [_memory_of(pid) for pid in pids]
        return cls(sum(one.rss for one in each), sum(one.pss for one in each))


def descendants(pid: int) -> list[int]:
    """The processes that a process and its children started and that live."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(each) for each in children]
    return found + [deeper for each in found for deeper in descendants(each)]


def facts() -> dict[str, str]:
    """What a reader must know to compare figures."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "cpu": _cpu_model(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "placement": "compiled" if is_compiled(engine) else "interpreted",
        "load before": " ".join(f"{value:.2f}" for value in os.getloadavg()),
    }


def is_compiled(module: ModuleType) -> bool:
    """Whether a module is loaded from what mypyc made of its source."""
    return not str(module.__file__).endswith(".py")


def _memory_of(pid: int) -> Memory:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6
        for line in text.splitlines()
        if line.endswith("kB")
    }
    return Memory(sizes["Rss"], sizes["Pss"])


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
