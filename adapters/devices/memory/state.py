"""What a device in memory runs, and how orders change it."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from core.domain.loadbalancer.spec import LoadBalancerSpec
from core.domain.messages import ServiceOrder
from core.ports.device_driver import Outcome


@dataclass(frozen=True, slots=True)
class Kept:
    """A service that a device runs."""

    revision: int
    spec: LoadBalancerSpec


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device: the highest epoch that it has seen, and what it runs."""

    epoch: int = 0
    services: Mapping[str, Kept] = field(default_factory=dict)


class Change(StrEnum):
    """What an application does to a service."""

    CREATED = "created"
    UPDATED = "updated"
    REMOVED = "removed"
    RETIRED = "retired"
    """Its device leaves the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An application that changed something, or would have and was `refused` for that reason.

    `time` is in seconds since the epoch; `epoch` the caller's. `service_id` is None when the
    device as a whole was meant.
    """

    time: float
    pid: int
    epoch: int
    service_id: str | None
    revision: int | None
    change: Change
    refused: str | None


class Turn:
    """One caller's work on a device: what it will run, and what was done to it. `in_place`: the
    services are this turn's to change, which with thousands of them is faster than a copy."""

    def __init__(self, state: DeviceState, epoch: int, *, in_place: bool) -> None:
        self.before = state
        self._epoch = epoch
        self._in_place = in_place
        self._changed: dict[str, Kept] | None = None
        self.log: list[Applied] = []

    @property
    def services(self) -> Mapping[str, Kept]:
        """What the device runs now; the very object that it was before when nothing changed."""
        return self.before.services if self._changed is None else self._changed

    @property
    def state(self) -> DeviceState:
        """The device's state after this turn."""
        return DeviceState(max(self.before.epoch, self._epoch), self.services)

    def apply(
        self, orders: Sequence[ServiceOrder], refused_ports: object, *, complete: bool
    ) -> list[Outcome]:
        """Carry out orders. See DeviceDriver.apply."""
        return [self._apply(order, refused_ports, complete=complete) for order in orders]

    def refuse(self, orders: Sequence[ServiceOrder], reason: str) -> None:
        """Note orders of which nothing is done."""
        for order in orders:
            self._note(order.service_id, order.revision, self._change(order), reason)

    def retire(self) -> None:
        """Run nothing any more."""
        for service_id, kept in self.services.items():
            self._note(service_id, kept.revision, Change.RETIRED)
        self._own().clear()

    def refuse_to_retire(self, reason: str) -> None:
        """Note that the device was to be retired and is not."""
        self._note(None, None, Change.RETIRED, reason)

    def _apply(self, order: ServiceOrder, refused_ports: object, *, complete: bool) -> Outcome:
        known = self.services.get(order.service_id)
        done = Outcome(service_id=order.service_id, revision=order.revision)
        if known is not None and not complete:
            if known.revision > order.revision:
                return done
            if known.revision == order.revision and order.spec is not None:
                return done
        if order.spec is None:
            if known is not None:
                self._note(order.service_id, order.revision, Change.REMOVED)
                del self._own()[order.service_id]
            return done
        try:
            kept = Kept(order.revision, msgspec.convert(order.spec, LoadBalancerSpec))
        except msgspec.ValidationError as error:
            return self._refuse(order, f"the specification is none: {error}")
        refused = _refused_port(kept.spec, refused_ports)
        if refused is not None:
            return self._refuse(order, refused)
        if known != kept:
            self._note(order.service_id, order.revision, self._change(order))
            self._own()[order.service_id] = kept
        return done

    def _own(self) -> dict[str, Kept]:
        """The services, to be changed."""
        if self._changed is None:
            known = self.before.services
            if not (self._in_place and isinstance(known, dict)):
                known = dict(known)
            self._changed = known
        return self._changed

    def _refuse(self, order: ServiceOrder, reason: str) -> Outcome:
        self.refuse([order], reason)
        return Outcome(service_id=order.service_id, revision=order.revision, failure=reason)

    def _change(self, order: ServiceOrder) -> Change:
        if order.spec is None:
            return Change.REMOVED
        return Change.UPDATED if order.service_id in self.services else Change.CREATED

    def _note(
        self,
        service_id: str | None,
        revision: int | None,
        change: Change,
        refused: str | None = None,
    ) -> None:
        self.log.append(
            Applied(
                time=time.time(),
                pid=os.getpid(),
                epoch=self._epoch,
                service_id=service_id,
                revision=revision,
                change=change,
                refused=refused,
            )
        )


def _refused_port(spec: LoadBalancerSpec, refused: object) -> str | None:
    for listener in spec.listeners:
        if isinstance(refused, list) and str(listener.port) in refused:
            return f"port {listener.port} is refused"
    return None
