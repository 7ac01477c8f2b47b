"""Takes in what agents report: services deployed or failed, devices seen, measurements."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.agent import Agent
from core.domain.binding import Claim, insertion_mode
from core.domain.device import Device, DeviceStatus
from core.domain.messages import (
    AgentHello,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    Report,
    ServiceReport,
)
from core.domain.service import Cause, Service, ServiceKind
from core.ports.clock import Clock
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.failing import fail
from core.usecases.conductor.isolation import deal_with, internal_error
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.spawning import probed
from core.usecases.conductor.timing import PROBE_AGAIN
from core.usecases.lookup import related


class ReportIntake:
    """Applies reports to what is stored. A report that comes late or twice does no harm."""

    def __init__(
        self,
        *,
        store: Store,
        kinds: dict[ServiceKind, ServiceKindModel],
        advisors: dict[str, PlacementAdvisor],
        removal: ServiceRemoval,
        clock: Clock,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._advisors = advisors
        self._removal = removal
        self._clock = clock

    def take_in(self, reports: Sequence[Report]) -> None:
        """Record all reports in one transaction, then finish what they let go of."""
        if reports:
            deal_with(reports, self._record, self._defective)

    def _record(self, reports: Sequence[Report]) -> None:
        gone: list[Service] = []
        trimmed = False
        with self._store.write() as work:
            for report in reports:
                if isinstance(report, ServiceReport):
                    gone += self._service(work, report)
                    trimmed = self._trim(work, report.service_id) or trimmed
                elif isinstance(report, DeviceReport):
                    self._device(work, report)
                elif isinstance(report, DeviceRetired):
                    self._retired(work, report)
                elif isinstance(report, ObservationReport):
                    self._observed(work, report)
                else:
                    self._hello(work, report)
            work.commit()
        self._removal.finish(gone)
        if trimmed:
            self._removal.detach_idle()

    def _defective(self, report: Report, defect: Exception) -> None:
        """A service whose report cannot be recorded fails; other reports will come again."""
        if not isinstance(report, ServiceReport):
            return
        with self._store.write() as work:
            service = work.services.get(report.service_id)
            if service is not None:
                fail(work, service, Cause.DEFECT, internal_error(defect), self._clock.now())
            work.commit()

    def _service(self, work: UnitOfWork, report: ServiceReport) -> list[Service]:
        """Record one outcome; returns the service when the device has let go of it for good."""
        service = work.services.get(report.service_id)
        if service is None:
            return []
        now = self._clock.now()
        if report.failure is not None:
            if report.revision >= service.desired_revision:
                fail(work, service, Cause.DEVICE, report.failure, now)
            return []
        if service.deleting and report.revision >= service.desired_revision:
            return [service]
        work.services.save(service.deployed(report.revision, now))
        return []

    def _trim(self, work: UnitOfWork, service_id: str) -> bool:
        """Give up networks that a settled service used before its last change, if any."""
        service = work.services.get(service_id)
        if service is None or not service.settled or service.desired_revision == 1:
            return False
        binding = work.bindings.get(service_id)
        advisor = self._advisors.get(binding.driver) if binding is not None else None
        if binding is None or advisor is None or len(binding.networks) == 1:
            return False
        needed = self._kinds[service.kind].wanted(work, service).requirements.networks
        if set(needed) == set(binding.networks):
            return False
        narrower = replace(binding, networks=needed, mode=insertion_mode(needed))
        work.bindings.claim([Claim(binding=narrower, interface=advisor.info.data_interface)])
        return True

    def _device(self, work: UnitOfWork, report: DeviceReport) -> None:
        device = work.devices.get(report.device_id)
        if device is None or report.generation != device.generation:
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

    def _retired(self, work: UnitOfWork, report: DeviceRetired) -> None:
        device = work.devices.get(report.device_id)
        if device is None or not device.removing:
            return
        if not device.spawned:
            work.ledger.forget(device.id)
            work.devices.remove(device.id)
        elif device.status is not DeviceStatus.DESTROYING:
            work.devices.save(
                replace(
                    device,
                    status=DeviceStatus.DESTROYING,
                    status_reason="",
                    attempts=0,
                    due_at=self._clock.now(),
                )
            )

    def _observed(self, work: UnitOfWork, report: ObservationReport) -> None:
        known = {service.id for service in related(work.services, "id", report.services)}
        work.observations.put(
            {key: value for key, value in report.services.items() if key in known}
        )

    def _hello(self, work: UnitOfWork, report: AgentHello) -> None:
        agent = Agent(
            id=report.agent_id,
            host=report.host,
            version=report.version,
            drivers=report.drivers,
            devices=report.devices,
            backlog=report.backlog,
            started_at=report.started_at,
            seen_at=self._clock.now(),
        )
        if work.agents.get(agent.id) is None:
            work.agents.add(agent)
        else:
            work.agents.save(agent)


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
        return replace(online, version=facts.version, capabilities=facts.capabilities, due_at=None)
    # A look tells less than a probe: one that is due stays due.
    return online if device.version is not None else replace(online, due_at=now)
