"""Statistics that never go backwards, though HAProxy counts anew in every worker."""

from collections.abc import Container, Iterable, Mapping

import msgspec


class Traffic(msgspec.Struct, frozen=True, array_like=True):
    """What passed through a pool."""

    bytes_in: int = 0
    bytes_out: int = 0
    connections: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.bytes_in + other.bytes_in,
            self.bytes_out + other.bytes_out,
            self.connections + other.connections,
        )


class Ledger(msgspec.Struct):
    """Counters of workers that are gone, and what each living worker last said.

    Keys of the inner mappings are backend names.
    """

    past: dict[str, Traffic] = msgspec.field(default_factory=dict)
    workers: dict[int, dict[str, Traffic]] = msgspec.field(default_factory=dict)

    def record(self, worker: int, counters: Mapping[str, Traffic]) -> None:
        """Note what a worker says now; less than before means that its pid was used again."""
        before = self.workers.get(worker, {})
        if any(counters[name].connections < before[name].connections
               for name in counters.keys() & before.keys()):  # fmt: skip
            self._close(worker)
        self.workers[worker] = dict(counters)

    def retain_workers(self, alive: Container[int]) -> None:
        """Add up the workers that are no longer alive."""
        for worker in [pid for pid in self.workers if pid not in alive]:
            self._close(worker)

    def forget(self, backends: Iterable[str]) -> None:
        """Drop the counters of backends that are gone for good."""
        for name in backends:
            self.past.pop(name, None)
            for counters in self.workers.values():
                counters.pop(name, None)

    def total(self, backend: str) -> Traffic:
        """All that ever passed through a backend."""
        total = self.past.get(backend, Traffic())
        for counters in self.workers.values():
            if backend in counters:
                total = total + counters[backend]
        return total

    def _close(self, worker: int) -> None:
        for name, traffic in self.workers.pop(worker).items():
            self.past[name] = self.past.get(name, Traffic()) + traffic
