"""The ends that the wires of one device have on this host, as its load balancers need them."""

import math
import time
from collections.abc import Iterable
from contextlib import suppress

import structlog

from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.service import LoadBalancerService
from adapters.devices.haproxy.store import Store
from adapters.devices.haproxy.wording import NOT_CONNECTED, NOT_WIRED
from adapters.devices.hosting import namespaces
from adapters.devices.hosting.ends import Switches, WireEnds
from adapters.devices.hosting.wire import WireEnd, WireFailure
from core.domain.binding import Attachment

ANNOUNCE_AFTER = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds after a change at which neighbours are told of it: a switch may need a while to let
anything through, and nobody confirms that he has heard."""

PLUG_ANEW_AFTER = 20.0
"""Seconds after which a port that was not connected is plugged in anew when it is needed next:
Neutron's agent has probably overlooked it. Twice as long as it is waited for."""

MOST_LOOKED_AT = 25
"""Ends that one observation looks at; each costs some 6 ms of a processor. The others follow."""

_UNCONNECTED = "Neutron's agent on the host has not connected it yet"

Services = Iterable[LoadBalancerService]

_log = structlog.get_logger()


class Wires:
    """Makes ends before HAProxy needs them, and takes them away once nothing does."""

    def __init__(self, store: Store, device_id: str, *, switched: bool) -> None:
        """`switched`: an Open vSwitch may have something of the device."""
        self.problems: dict[str, str] = {}
        """What cannot be made or taken away, by network namespace, for the operator."""
        self._store = store
        self._device_id = device_id
        self._switched = switched
        self._strays = switched
        self._attachments: dict[str, Attachment] = {}
        self._plugged: dict[str, WireEnd] = {}
        self._unconnected_since: dict[str, float] = {}
        self._looked_at = ""
        self._announcements: list[tuple[float, WireEnd]] = []
        self._log = _log.bind(device=device_id)
        self._ends = WireEnds(device_id, Switches(integration_bridge=""))

    def load(self, parameters: Parameters, services: Services) -> None:
        """Begin with what is kept on disk."""
        self.use(parameters)
        self._attachments = {}
        for service in services:
            self._attachments |= service.wires
        # Where services were told different things of a wire, this is what was told last.
        self._attachments |= self._store.wires()
        self._plugged = {}
        self._strays = self._switched

    def use(self, parameters: Parameters) -> None:
        """Plug in where these parameters say."""
        self._ends = WireEnds(
            self._device_id,
            Switches(
                integration_bridge=parameters.integration_bridge,
                data_bridge=parameters.data_bridge,
                ovsdb=parameters.ovsdb,
            ),
        )

    def make(self, coming: Services, running: Services) -> dict[str, str]:
        """Have the ends that the coming services need, with all that those which run need
        there; return which cannot have theirs, and why in words for the tenant."""
        coming, running = list(coming), list(running)
        for service in coming:
            self._attachments |= service.wires
        needed = {name for service in coming for name in service.wires}
        wanted = self._wanted([*running, *coming])
        self._plug([end for name, end in wanted.items() if name in needed], running)
        return {
            service.id: NOT_CONNECTED if self.awaits_connection(service) else NOT_WIRED
            for service in coming
            if service.wires.keys() & self.problems.keys()
        }

    def awaits_connection(self, service: LoadBalancerService) -> bool:
        """Whether a service lacks nothing but that the network side connects what is plugged
        in for it, which may take a while."""
        lacking = service.wires.keys() & self.problems.keys()
        return {self.problems[name] for name in lacking} == {_UNCONNECTED}

    def pull_overlooked(self, coming: Services, running: Services) -> None:
        """Take the ports of coming services that nobody has connected for long out of the switch,
        so that they are plugged in anew; not where a service runs, which may be reached all the
        same, by ways that the switch does not tell of."""
        used = {name for service in running for name in service.wires}
        needed = {name for service in coming for name in service.wires}
        latest = time.monotonic() - PLUG_ANEW_AFTER
        names = [
            name
            for name in sorted(needed - used)
            if self._unconnected_since.get(name, math.inf) <= latest
        ]
        if not names:
            return
        for name in names:
            del self._unconnected_since[name]
            self._log.warning("port_plugged_anew", namespace=name)
        with suppress(WireFailure):
            # Who plugs them in next finds out why not.
            self._ends.pull(names)

    def mend(self, running: Services) -> int:
        """Put right the ends that services need; return how many were not as they should be."""
        running = list(running)
        return self._plug(self._wanted(running).values(), running)

    def look_after(self, running: Services) -> int:
        """As `mend`, for those in whose turn it is and those known not to be in order."""
        running = list(running)
        wanted = self._wanted(running)
        names = sorted(wanted)
        turn = [name for name in names if name > self._looked_at] + names
        looked_at = turn[: min(MOST_LOOKED_AT, len(names))]
        self._looked_at = looked_at[-1] if looked_at else ""
        odd = {
            name
            for name in names
            if name in self.problems or name not in self._plugged or not namespaces.exists(name)
        }
        return self._plug([wanted[name] for name in sorted(odd.union(looked_at))], running)

    def settle(self, running: Services) -> None:
        """Take away what services that run do not need, also what others left here."""
        wanted = self._wanted(running)
        self._plug([end for name, end in wanted.items() if self._plugged.get(name, end) != end], ())
        present = self._present()
        self.problems = {k: v for k, v in self.problems.items() if k in wanted or k in present}
        for name in sorted(present - wanted.keys()):
            try:
                self._unplug(name)
            except WireFailure as failure:
                self._note_problem(name, str(failure))
        if self._strays:
            self._strays = False
            self._unplug_strays(wanted.values())

    def missing(self, service: LoadBalancerService) -> bool:
        """Whether a service's networks are not all there, so that HAProxy cannot read of it."""
        return not all(namespaces.exists(name) for name in service.wires)

    def announce(self) -> None:
        """Tell neighbours again where addresses are, when it is time."""
        now = time.monotonic()
        due = {end.namespace: end for at, end in self._announcements if at <= now}
        self._announcements = [each for each in self._announcements if each[0] > now]
        for name, end in due.items():
            if self._plugged.get(name) != end:
                continue
            try:
                self._ends.announce(end)
            except WireFailure as failure:
                self._plugged.pop(name)
                self._log.warning("announcement_failed", namespace=name, reason=str(failure))

    def remove(self) -> None:
        """Take all ends away. Raises WireFailure for the first that cannot be."""
        self._attachments = {**self._attachments, **self._store.wires()}
        for name in sorted(self._present()):
            self._unplug(name)
        if self._switched:
            self._unplug_strays(())

    def _wanted(self, services: Services) -> dict[str, WireEnd]:
        vips: dict[str, set[str]] = {}
        for service in services:
            for name, attachment in service.wires.items():
                addresses = vips.setdefault(name, set())
                if attachment.network_id == service.spec.vip.network_id:
                    addresses.add(service.spec.vip.address)
        return {
            name: WireEnd(attachment=self._attachments[name], vips=frozenset(addresses))
            for name, addresses in vips.items()
        }

    def _plug(self, ends: Iterable[WireEnd], running: Services) -> int:
        ends = list(ends)
        if not ends:
            return 0
        used = {name for service in running for name in service.wires}
        before = self._store.wire_names()
        for end in ends:
            self._store.put_wire(end.namespace, end.attachment)
            if end.namespace in used and not namespaces.exists(end.namespace):
                self._store.add_stale_namespace(end.namespace)
        result = self._ends.plug(ends)
        for end in ends:
            name = end.namespace
            if name in result.failures:
                self._note_problem(name, result.failures[name])
                if name not in before and not namespaces.exists(name):
                    # Nothing was made, so that nothing need be there to undo it.
                    self._store.remove_wire(name)
                continue
            self._plugged[name] = end
            if name in result.done:
                self._log.info("wired", namespace=name, done=result.done[name])
            was_unconnected = self.problems.pop(name, None) == _UNCONNECTED
            if name in result.unconnected:
                self._note_problem(name, _UNCONNECTED)
                self._unconnected_since.setdefault(name, time.monotonic())
            else:
                self._unconnected_since.pop(name, None)
            if name in result.done or (was_unconnected and name not in result.unconnected):
                now = time.monotonic()
                self._announcements += [(now + after, end) for after in ANNOUNCE_AFTER]
        self.announce()
        return len(result.done)

    def _unplug(self, name: str) -> None:
        attachment = self._attachments.get(name)
        self._ends.unplug(name, attachment.plug if attachment else None)
        self._store.remove_wire(name)
        self.problems.pop(name, None)
        self._plugged.pop(name, None)
        self._unconnected_since.pop(name, None)
        self._attachments.pop(name, None)
        self._log.info("unwired", namespace=name)

    def _unplug_strays(self, wanted: Iterable[WireEnd]) -> None:
        try:
            self._ends.unplug_strays(wanted)
        except WireFailure as failure:
            # Where the switch has what is known of, this came up before, and was told.
            self._log.debug("strays_not_found", reason=str(failure))

    def _present(self) -> set[str]:
        return self._store.wire_names() | self._ends.found()

    def _note_problem(self, name: str, reason: str) -> None:
        self.problems[name] = reason
        self._log.warning("wire_failed", namespace=name, reason=reason)
