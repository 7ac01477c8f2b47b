"""Use case: proves that claims, counters and networks agree, and mends them where they do not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.consistency import (
    STRAYS,
    ClaimTotals,
    Comparison,
    DeviceBooks,
    Fault,
    Finding,
    OverSubscription,
    compare,
)
from core.domain.device import Device, DriverInfo
from core.domain.query import Query
from core.ports.clock import Clock
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork

PAGE = 200
"""Devices that are looked at together."""
BATCH = 20
"""Devices that are mended in one transaction: others must not wait long."""
MOST = 1000
"""Findings of each sort that are listed."""
IN_THE_MAKING = 600.0
"""Seconds for which an address may be reserved for a service that is not stored yet."""

Progress = Callable[[int, int], None]
"""Told how many devices of how many are done."""


@dataclass(slots=True)
class Report:
    """What was found. `findings` and `over` list up to MOST of each sort, `counts` has them
    all; of what refers to something that is not there, MOST + 1 stands for any more."""

    devices: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: dict[Fault, int] = field(default_factory=dict)
    over: list[OverSubscription] = field(default_factory=list)
    over_count: int = 0
    broken: list[str] = field(default_factory=list)
    """Ids of the devices whose books can be mended."""

    def add(self, finding: Finding) -> None:
        """Take in a finding."""
        number = self.counts[finding.what] = self.counts.get(finding.what, 0) + 1
        if number <= MOST:
            self.findings.append(finding)
        if finding.repairable and self.broken[-1:] != [finding.subject]:
            self.broken.append(finding.subject)


@dataclass(frozen=True, slots=True)
class Consistency:
    """Checks a store that others may be using. `drivers` are those that are installed."""

    store: Store
    drivers: Mapping[str, DriverInfo]
    clock: Clock

    def check(self, progress: Progress = lambda _done, _of: None) -> Report:
        """Look at everything, as of one moment. Raises StoreFailure."""
        report = Report()
        with self.store.read() as work:
            total = work.devices.count({})
            for page in _pages(work):
                for comparison in self._compare(work, page):
                    for finding in comparison.findings:
                        report.add(finding)
                    report.over_count += len(comparison.over)
                    report.over += comparison.over[: max(MOST - len(report.over), 0)]
                report.devices += len(page)
                progress(report.devices, total)
            for fault in STRAYS:
                for finding in self._strays(work, fault):
                    report.add(finding)
        return report

    def repair(self, report: Report, progress: Progress = lambda _done, _of: None) -> list[Finding]:
        """Mend the books of the devices that a report names, as they are by now; returns what
        was mended, up to MOST of each sort. Services and bindings stay. Raises StoreFailure."""
        done = Report()
        broken = report.broken
        for start in range(0, len(broken), BATCH):
            with self.store.write() as work:
                for finding in self._mend(work, broken[start : start + BATCH]):
                    done.add(finding)
                work.commit()
            progress(min(start + BATCH, len(broken)), len(broken))
        return done.findings

    def _compare(self, work: UnitOfWork, devices: Sequence[Device]) -> Iterator[Comparison]:
        ids = [device.id for device in devices]
        books, totals = work.audit.books(ids), work.audit.totals(ids)
        for device in devices:
            yield compare(
                device,
                self.drivers.get(device.driver),
                books.get(device.id, DeviceBooks()),
                totals.get(device.id, ClaimTotals()),
            )

    def _mend(self, work: UnitOfWork, device_ids: Iterable[str]) -> Iterator[Finding]:
        wanted = tuple(device_ids)
        devices = work.devices.find(Query(filters={"id": wanted}))
        for device, comparison in zip(devices, self._compare(work, devices), strict=True):
            mended = [finding for finding in comparison.findings if finding.repairable]
            if mended:
                work.audit.rewrite(device.id, comparison.books)
                yield from mended
        gone = sorted(set(wanted).difference(device.id for device in devices))
        totals = work.audit.totals(gone)
        for device_id in work.audit.books(gone):
            if device_id not in totals:
                work.ledger.forget(device_id)
                yield _forgettable(device_id, repairable=True)

    def _strays(self, work: UnitOfWork, fault: Fault) -> Iterable[Finding]:
        ids = work.audit.strays(fault, MOST + 1)
        if fault is Fault.ADDRESS_WITHOUT_OWNER:
            return self._addresses(work, ids)
        if fault is Fault.DEVICE_WITHOUT_POOL:
            devices = work.devices.find(Query(filters={"id": tuple(ids)}))
            return [
                Finding(
                    what=fault,
                    subject=each.id,
                    name=each.name,
                    expected=each.device_pool or "a pool",
                )
                for each in devices
            ]
        if fault is Fault.ACCOUNT_WITHOUT_DEVICE:
            in_use = work.audit.totals(ids)
            return [_forgettable(each, repairable=each not in in_use) for each in ids]
        return [Finding(what=fault, subject=each) for each in ids]

    def _addresses(self, work: UnitOfWork, ids: Sequence[str]) -> Iterator[Finding]:
        """A service that is being created has its address before it is stored."""
        old = self.clock.now() - IN_THE_MAKING
        for each in work.reservations.find(Query(filters={"id": tuple(ids)})):
            if each.reserved_at < old:
                yield Finding(
                    what=Fault.ADDRESS_WITHOUT_OWNER,
                    subject=each.id,
                    item=each.address,
                    expected=each.owner,
                )


def _pages(work: UnitOfWork) -> Iterator[list[Device]]:
    marker = None
    while page := work.devices.find(Query(limit=PAGE, marker=marker)):
        yield page
        marker = page[-1].id


def _forgettable(device_id: str, *, repairable: bool) -> Finding:
    return Finding(what=Fault.ACCOUNT_WITHOUT_DEVICE, subject=device_id, repairable=repairable)
