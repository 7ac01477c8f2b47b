"""Takes in what agents report: services deployed or failed, devices seen, measurements."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.binding import Claim, insertion_mode
from core.domain.device import Device, DeviceStatus
from core.domain.messages import (
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    Report,
    ServiceReport,
)
from core.domain.service import Cause, Service, ServiceKind
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.devices import released, retired
from core.usecases.conductor.failing import fail, failed
from core.usecases.conductor.isolation import deal_with, internal_error
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.spawning import probed
from core.usecases.conductor.timing import PROBE_AGAIN
from core.usecases.conductor.wiring import Wiring
from core.usecases.lookup import hold_all, hold_all_along, related


class ReportIntake:
    """Applies reports to what is stored. A report that comes late or twice does no harm."""

    def __init__(
        self,
        *,
        store: Store,
        kinds: dict[ServiceKind, ServiceKindModel],
        advisors: dict[str, PlacementAdvisor],
        removal: ServiceRemoval,
        wiring: Wiring,
        clock: Clock,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._advisors = advisors
        self._removal = removal
        self._wiring = wiring
        self._clock = clock
        self._doorbell = doorbell

    def take_in(self, reports: Sequence[Report]) -> list[tuple[Report, str]]:
        """Record all reports, then finish what they let go of. Returns those that cannot be
        recorded however often they come, with the reason."""
        refused: list[tuple[Report, str]] = []

        def defective(report: Report, defect: Exception) -> None:
            self._defective(report, defect)
            refused.append((report, internal_error(defect)))

        for_services = [report for report in reports if isinstance(report, _OF_SERVICES)]
        for_devices = [report for report in reports if not isinstance(report, _OF_SERVICES)]
        if for_devices:
            deal_with(for_devices, self._record_devices, defective)
        if for_services:
            deal_with(for_services, self._record_services, defective)
        return refused

    def _record_devices(self, reports: Sequence[Report]) -> None:
        with self._store.write() as work:
            for report in reports:
                device = work.devices.get(report.device_id)
                if device is None or report.epoch < device.epoch:
                    continue
                if isinstance(report, DeviceReport):
                    self._device(work, device, report)
                elif isinstance(report, DeviceReleased):
                    released(work, device, self._clock.now())
                elif isinstance(report, DeviceRetired) and device.removing:
                    retired(work, device, self._clock.now())
            work.commit()
        self._doorbell.ring()

    def _record_services(self, reports: Sequence[Report]) -> None:
        """Beside all others: reports of services change nothing about the fleet."""
        gone: list[Service] = []
        with self._store.write(fleet=False) as work:
            current, before = _held(work, reports)
            outcomes = [report for report in current if isinstance(report, ServiceReport)]
            after = dict(before)
            for report in outcomes:
                service = after.get(report.service_id)
                if service is None:
                    continue
                if _has_let_go(service, report):
                    gone.append(service)
                else:
                    after[service.id] = self._service(service, report)
            for seen in current:
                if isinstance(seen, ObservationReport):
                    self._observed(work, seen)
            changed = [each for each in after.values() if each is not before[each.id]]
            with work.together():
                work.services.save(*changed)
            work.commit()
        self._removal.finish(gone)
        self._trim_all([each.id for each in changed if each.settled and each.desired_revision > 1])
        if gone or not all(each.settled for each in changed):
            self._doorbell.ring()

    def _defective(self, report: Report, defect: Exception) -> None:
        """A service whose report cannot be recorded fails; other reports will come again."""
        if not isinstance(report, ServiceReport):
            return
        with self._store.write(fleet=False) as work:
            now = self._clock.now()
            fail(work, report.service_id, Cause.DEFECT, internal_error(defect), now)
            work.commit()

    def _service(self, service: Service, report: ServiceReport) -> Service:
        """The service as it is after one outcome."""
        now = self._clock.now()
        if report.failure is None:
            return service.deployed(report.revision, now)
        if report.revision < service.desired_revision:
            return service
        return failed(service, Cause.DEVICE, report.failure, now)

    def _trim_all(self, service_ids: Sequence[str]) -> None:
        if not service_ids:
            return
        with self._store.read() as work:
            wide = [each for each in service_ids if self._narrower(work, each) is not None]
        if not wide:
            return
        with self._store.write() as work:
            for service_id in wide:
                work.services.hold(service_id)
                claim = self._narrower(work, service_id)
                if claim is not None:
                    work.bindings.claim([claim])
            work.commit()
        self._wiring.detach_idle()

    def _narrower(self, work: UnitOfWork, service_id: str) -> Claim | None:
        """The claim of a settled service that gives up the networks which it used before its
        last change, if any."""
        service = work.services.get(service_id)
        if service is None or not service.settled or service.desired_revision == 1:
            return None
        binding = work.bindings.get(service_id)
        advisor = self._advisors.get(binding.driver) if binding is not None else None
        if binding is None or advisor is None or len(binding.networks) == 1:
            return None
        wanted = self._kinds[service.kind].wanted(work, [service])[service.id]
        needed = wanted.requirements.networks
        if set(needed) == set(binding.networks):
            return None
        narrower = replace(binding, networks=needed, mode=insertion_mode(needed))
        return Claim(binding=narrower, interface=advisor.info.data_interface)

    def _device(self, work: UnitOfWork, device: Device, report: DeviceReport) -> None:
        if report.generation != device.generation or device.agent_id is None:
            return
        now = self._clock.now()
        if device.status is DeviceStatus.DESTROYING:
            return
        if device.removing:
            reason = f"cannot be removed: {report.failure}" if report.failure else ""
            work.devices.save(replace(device, status_reason=reason, due_at=now + PROBE_AGAIN))
            return
        if device.status is DeviceStatus.SPAWNING:
            advisor = self._advisors.get(device.driver)
            probed(work, device, report, advisor.info if advisor is not None else None, now)
            return
        seen = _seen(device, report, now)
        if seen == device:
            return
        work.devices.save(seen)
        if seen.status is DeviceStatus.ONLINE and _suits_others_than(device, seen):
            work.due.wake(Cause.PLACEMENT, now)
        if seen.status is DeviceStatus.ONLINE and device.status is not DeviceStatus.ONLINE:
            work.due.wake(Cause.DEVICE, now)

    def _observed(self, work: UnitOfWork, report: ObservationReport) -> None:
        known = {service.id for service in related(work.services, "id", report.services)}
        work.observations.put(
            {key: value for key, value in report.services.items() if key in known}
        )


_OF_SERVICES = (ServiceReport, ObservationReport)


def _has_let_go(service: Service, report: ServiceReport) -> bool:
    """Whether a device runs nothing of a service any more that was to go."""
    gone = service.deleting and report.revision >= service.desired_revision
    return gone and report.failure is None


def _held(work: UnitOfWork, reports: Sequence[Report]) -> tuple[list[Report], dict[str, Service]]:
    """The reports that are not of an earlier epoch than their device's, which nobody is given
    to another agent until the unit of work ends; and the services that are reported of, held."""
    of_devices = hold_all_along(work.devices, [each.device_id for each in reports], shared=True)
    of_services = [each.service_id for each in reports if isinstance(each, ServiceReport)]
    services = hold_all(work.services, of_services)
    epochs = {identity: device.epoch for identity, device in of_devices().items()}
    current = [each for each in reports if each.epoch >= epochs.get(each.device_id, each.epoch + 1)]
    return current, services


def _suits_others_than(before: Device, after: Device) -> bool:
    """Whether services that did not fit before may fit now."""
    return (before.status, before.version, before.capabilities) != (
        after.status,
        after.version,
        after.capabilities,
    )


def _seen(device: Device, report: DeviceReport, now: float) -> Device:
    if report.failure is not None:
        return replace(
            device,
            status=DeviceStatus.OFFLINE,
            status_reason=report.failure,
            due_at=now + PROBE_AGAIN,
        )
    online = replace(device, status=DeviceStatus.ONLINE, status_reason=report.note)
    facts = report.facts
    if facts is not None:
        return replace(
            online,
            version=facts.version,
            capabilities=facts.capabilities,
            probed_epoch=device.epoch,
            due_at=device.due_at if device.releasing else None,
        )
    # A look tells less than a probe: one that is due stays due.
    return online if device.version is not None else replace(online, due_at=now)
