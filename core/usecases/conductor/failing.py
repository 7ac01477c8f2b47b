"""The one way in which a service's step fails."""

from core.domain.service import Cause, Service
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.timing import pause


def fail(work: UnitOfWork, service_id: str, cause: Cause, text: str, now: float) -> Service | None:
    """Store that the service failed, unless it is gone; it is tried again after a pause that
    grows each time."""
    service = work.services.hold(service_id)
    if service is None:
        return None
    after = failed(service, cause, text, now)
    work.services.save(after)
    return after


def failed(service: Service, cause: Cause, text: str, now: float) -> Service:
    """The service after a step that failed, to be tried again."""
    return service.failed(cause, text, now + pause(service.attempts))
