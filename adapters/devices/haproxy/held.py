"""The load balancers that a device keeps and cannot run now, and why."""

from collections.abc import Iterable, Iterator, Mapping

from adapters.devices.haproxy.endpoints import bind_refusal
from adapters.devices.haproxy.service import LoadBalancerService
from adapters.devices.haproxy.wires import Wires
from adapters.devices.haproxy.wording import NOT_WIRED

Services = dict[str, LoadBalancerService]


class Held:
    """By their ids, with a reason for the tenant; what `wires` lack decides for some of them."""

    def __init__(self, wires: Wires) -> None:
        self.services: Services = {}
        self.reasons: dict[str, str] = {}
        self._wires = wires

    def __contains__(self, identity: object) -> bool:
        return identity in self.services

    def __iter__(self) -> Iterator[str]:
        return iter(self.services)

    def add(self, service: LoadBalancerService, reason: str) -> None:
        """Keep a service for better times."""
        self.services[service.id] = service
        self.reasons[service.id] = reason

    def discard(self, identities: Iterable[str]) -> None:
        """Let go of these, as far as they are here."""
        for identity in identities:
            self.services.pop(identity, None)
            self.reasons.pop(identity, None)

    def clear(self) -> None:
        """Let go of all."""
        self.services.clear()
        self.reasons.clear()

    def without_unwired(self, services: Services) -> Services:
        """Hold those whose network namespaces are not all there, for which HAProxy would refuse
        everything; return the others."""
        unwired = {name: each for name, each in services.items() if self._wires.missing(each)}
        for service in unwired.values():
            self.add(service, NOT_WIRED)
        return {name: each for name, each in services.items() if name not in unwired}

    def without_unbindable(self, services: Services) -> Services:
        """Hold those of these, and only those, that cannot open their ports; return the others."""
        self.clear()
        wired = self.without_unwired(services)
        for service in wired.values():
            if refusals := _refusals(service):
                self.add(service, "; ".join(refusals))
        return {name: each for name, each in wired.items() if name not in self.services}

    def ready(self) -> Services:
        """Those that nothing keeps from running any more."""
        return {
            identity: service
            for identity, service in self.services.items()
            if not self._wires.missing(service) and not _refusals(service)
        }

    def note(self) -> Mapping[str, tuple[int, str]]:
        """Revision and reason of each."""
        return {
            identity: (service.revision, self.reasons[identity])
            for identity, service in self.services.items()
        }


def _refusals(service: LoadBalancerService) -> list[str]:
    """Why its ports cannot be opened."""
    return [why for each in service.rendered.endpoints if (why := bind_refusal(each))]
