"""The one way in which a service's step fails."""

from core.domain.service import Cause, Service
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.timing import pause


def fail(work: UnitOfWork, service: Service, cause: Cause, text: str, now: float) -> None:
    """Store that the service failed; it is tried again after a pause that grows each time."""
    work.services.save(service.failed(cause, text, now + pause(service.attempts)))
