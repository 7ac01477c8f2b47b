"""Makes the ends of wires, puts them right, and takes them away.

Each step finds what an earlier attempt left, so whoever was killed in the middle is followed
by somebody who finishes, or undoes. An end's namespace is made first and removed last: its
name tells whose it is.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from adapters.devices.hosting import bridges, links, namespaces, veth
from adapters.devices.hosting.announcing import announce
from adapters.devices.hosting.interior import furnish
from adapters.devices.hosting.openvswitch import OpenVSwitch, SwitchBridge, SwitchPort
from adapters.devices.hosting.wire import WireEnd, WireFailure, outer_of, prefix_of
from core.domain.wiring import Plug

CONNECTED_WITHIN = 10
"""Seconds for which to wait until Neutron's agent has connected a port that was plugged in. It
takes one or less, unless the host is overloaded; nothing else happens to the device meanwhile."""

_PORT_OF = "port of "


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Where on this host wires are plugged in. The driver's parameters say what each means."""

    integration_bridge: str
    data_bridge: str | None = None
    ovsdb: str | None = None


@dataclass(slots=True)
class Plugged:
    """What came of plugging, by namespace."""

    done: dict[str, list[str]] = field(default_factory=dict)
    """What had to be made or put right; nothing for an end that was in order."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why an end is not in order, for the operator."""
    unconnected: set[str] = field(default_factory=set)
    """The ends that are plugged in as they should be, and that the switch lets nothing through
    to yet: that is for Neutron's agent to do."""


class WireEnds:
    """The ends of one device."""

    def __init__(self, device_id: str, switches: Switches) -> None:
        self._device_id = device_id
        self._switches = switches
        self._openvswitch = OpenVSwitch(switches.ovsdb)

    def plug(self, ends: Sequence[WireEnd]) -> Plugged:
        """Have all these ends, as they are described."""
        result = Plugged()
        switches: dict[str, SwitchBridge | WireFailure] = {}
        with IPRoute() as net:
            for end in ends:
                try:
                    if done := self._plug(net, end, ends, switches):
                        result.done[end.namespace] = done
                except (WireFailure, OSError, NetlinkError) as failure:
                    result.failures[end.namespace] = _words(failure)
        self._note_unconnected(ends, switches, result)
        return result

    def unplug(self, namespace: str, plug: Plug | None) -> None:
        """Take an end away, whatever is left of it. `plug` is how it was plugged in, None:
        nobody knows. Raises WireFailure."""
        outer = outer_of(namespace)
        if plug in (Plug.PORT, Plug.VLAN):
            self._openvswitch.unplug([outer])
        elif plug is None and shutil.which("ovs-vsctl"):
            with suppress(WireFailure):
                self._openvswitch.unplug([outer])
        try:
            with IPRoute() as net:
                bridges.leave(net, outer)
            namespaces.remove(namespace)
        except (OSError, NetlinkError) as error:
            raise WireFailure(_words(error)) from error

    def pull(self, namespaces: Iterable[str]) -> None:
        """Take the ports of these ends out of the switch, and nothing else: plugged in anew,
        whoever has overlooked them so far sees them. Raises WireFailure."""
        self._openvswitch.unplug(map(outer_of, namespaces))

    def found(self) -> set[str]:
        """The namespaces that the device has on this host."""
        return namespaces.names(prefix_of(self._device_id))

    def unplug_strays(self, wanted: Iterable[WireEnd]) -> None:
        """Take out of the switch, if there is one, what was plugged in for the device, is not
        wanted, and has no namespace that would tell of it. Raises WireFailure."""
        if shutil.which("ovs-vsctl") is None:
            return
        known = {end.outer for end in wanted} | {outer_of(name) for name in self.found()}
        self._openvswitch.unplug(sorted(self._openvswitch.plugged_by(self._device_id) - known))

    def announce(self, end: WireEnd) -> None:
        """Tell an end's neighbours where its addresses are. Raises WireFailure."""
        own = [each.partition("/")[0] for each in end.attachment.addresses]
        try:
            namespaces.inside(end.namespace, lambda: announce([*own, *sorted(end.vips)]))
        except (OSError, NetlinkError) as error:
            raise WireFailure(_words(error)) from error

    def _plug(
        self,
        net: IPRoute,
        end: WireEnd,
        ends: Iterable[WireEnd],
        switches: dict[str, SwitchBridge | WireFailure],
    ) -> list[str]:
        done = []
        bridge = self._bridge(end)
        switch = self._switch(bridge, ends, switches) if _is_switched(end) else None
        if not namespaces.exists(end.namespace):
            namespaces.make(end.namespace)
            done.append("namespace")
        in_userspace = switch is not None and switch.in_userspace
        outer = links.find(net, end.outer)
        inside = _furnish(end, outer, software_switch=in_userspace)
        port = switch.ports.get(end.outer) if switch else None
        if inside is None:
            if switch is not None:
                # A switch does not notice that an interface became another of the same name.
                self._openvswitch.unplug([end.outer])
                port = None
            outer = veth.make(net, end)
            done.append("interface")
            inside = _furnish(end, outer, software_switch=in_userspace) or []
        done += inside
        done += veth.raise_outer(net, end, outer)
        if switch is None:
            joined = bridges.join(net, bridge, outer)
        else:
            joined = self._join_switch(bridge, end, port)
        return [*done, *([f"{_PORT_OF}{bridge}"] if joined else [])]

    def _note_unconnected(
        self,
        ends: Iterable[WireEnd],
        switches: Mapping[str, SwitchBridge | WireFailure],
        result: Plugged,
    ) -> None:
        """Look at the ports that are plugged in; wait for those that were not before."""
        bridge = self._switches.integration_bridge
        seen = switches.get(bridge)
        known = seen.ports if isinstance(seen, SwitchBridge) else {}
        new = {}
        for end in ends:
            if end.attachment.plug is not Plug.PORT or end.namespace in result.failures:
                continue
            if f"{_PORT_OF}{bridge}" in result.done.get(end.namespace, ()):
                new[end.outer] = end.namespace
            elif end.outer not in known or not known[end.outer].connected:
                result.unconnected.add(end.namespace)
        if not new:
            return
        try:
            left = self._openvswitch.await_connected(bridge, sorted(new), CONNECTED_WITHIN)
        except WireFailure:
            left = set(new)
        result.unconnected |= {new[outer] for outer in left}

    def _bridge(self, end: WireEnd) -> str:
        plug = end.attachment.plug
        if plug is Plug.PORT:
            return self._switches.integration_bridge
        if plug is Plug.VLAN:
            if self._switches.data_bridge is None:
                raise WireFailure("the parameter data_bridge names no bridge for VLANs")
            return self._switches.data_bridge
        if not end.attachment.bridge:
            raise WireFailure("the attachment names no bridge")
        return end.attachment.bridge

    def _switch(
        self,
        bridge: str,
        ends: Iterable[WireEnd],
        switches: dict[str, SwitchBridge | WireFailure],
    ) -> SwitchBridge:
        """The bridge with the ports of all ends, asked once for all."""
        if bridge not in switches:
            outers = [end.outer for end in ends if _is_switched(end)]
            try:
                switches[bridge] = self._openvswitch.look(bridge, outers)
            except WireFailure as failure:
                switches[bridge] = failure
        found = switches[bridge]
        if isinstance(found, WireFailure):
            raise found
        return found

    def _join_switch(self, bridge: str, end: WireEnd, present: SwitchPort | None) -> bool:
        attachment = end.attachment
        if attachment.plug is Plug.VLAN:
            wanted = SwitchPort({}, attachment.vlan)
        else:
            wanted = SwitchPort(
                {
                    "iface-id": attachment.port_id or "",
                    "attached-mac": attachment.mac or "",
                    "iface-status": "active",
                }
            )
        if present is not None and present.agrees_with(wanted):
            return False
        self._openvswitch.plug(bridge, end.outer, self._device_id, wanted)
        return True


def _furnish(end: WireEnd, outer: Any | None, *, software_switch: bool) -> list[str] | None:
    """As `furnish`, from outside the namespace."""
    if outer is None:
        return None
    index = outer["index"]
    return namespaces.inside(
        end.namespace, lambda: furnish(end, index, software_switch=software_switch)
    )


def _is_switched(end: WireEnd) -> bool:
    return end.attachment.plug in (Plug.PORT, Plug.VLAN)


def _words(failure: Exception) -> str:
    if isinstance(failure, NetlinkError):
        return f"the kernel refuses: {failure.args[-1]}"
    return str(failure)
