"""Open vSwitch on this host, by `ovs-vsctl`."""

import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from adapters.devices.hosting.wire import WireFailure

TIMEOUT = 10
"""Seconds that the switch has to take a change."""

_SLICE = 1
"""Seconds of waiting between two looks."""
_DEVICE = "pierhead-device"
_DEAD_VLAN = 4095
"""Where Neutron's agent puts ports that nobody may reach."""


@dataclass(frozen=True, slots=True)
class SwitchPort:
    """An interface as a bridge has it, or should. `ids` are the interface's external ids."""

    ids: Mapping[str, str]
    tag: int | None = None

    @property
    def connected(self) -> bool:
        """Whether anything passes: a port is in no VLAN, or in the one for the dead, until
        Neutron's agent lets it into its network's. OVN's controller says so in words."""
        in_vlan = self.tag is not None and self.tag < _DEAD_VLAN
        return in_vlan or self.ids.get("ovn-installed") == "true"

    def agrees_with(self, wanted: "SwitchPort") -> bool:
        """Whether it will do; other ids, and a tag where none is wanted, are somebody else's."""
        same = all(self.ids.get(name) == value for name, value in wanted.ids.items())
        return same and wanted.tag in (None, self.tag)


@dataclass(frozen=True, slots=True)
class SwitchBridge:
    """A bridge with those of its ports that were asked for."""

    in_userspace: bool
    ports: Mapping[str, SwitchPort]


class OpenVSwitch:
    """Methods raise WireFailure. `ovsdb` is where its database listens, None: as usual."""

    def __init__(self, ovsdb: str | None = None) -> None:
        self._words = ["ovs-vsctl", f"--timeout={TIMEOUT}", "--format=json"]
        if ovsdb is not None:
            self._words.append(f"--db={ovsdb}")

    def look(self, bridge: str, interfaces: Sequence[str]) -> SwitchBridge:
        """The bridge as it is."""
        ids, tags, datapath, *names = self._run(
            "--if-exists", "--columns=name,external_ids", "list", "Interface", *interfaces, "--",
            "--if-exists", "--columns=name,tag", "list", "Port", *interfaces, "--",
            "get", "Bridge", bridge, "datapath_type", "--",
            "list-ports", bridge,
        ).splitlines()  # fmt: skip
        there = set(names)
        ids_by_name = {name: dict(pairs) for name, (_, pairs) in _rows(ids)}
        return SwitchBridge(
            in_userspace=datapath == "netdev",
            ports={
                name: SwitchPort(ids_by_name.get(name, {}), tag if isinstance(tag, int) else None)
                for name, tag in _rows(tags)
                if name in there
            },
        )

    def plug(self, bridge: str, interface: str, device_id: str, port: SwitchPort) -> None:
        """Have the interface in the bridge, and nowhere else."""
        tag = [] if port.tag is None else [f"tag={port.tag}"]
        ids = [f"external_ids:{name}={_quoted(value)}" for name, value in port.ids.items()]
        self._run(
            "--if-exists", "del-port", interface, "--",
            "add-port", bridge, interface, *tag, "--",
            "set", "Interface", interface, f"external_ids:{_DEVICE}={_quoted(device_id)}", *ids,
        )  # fmt: skip

    def unplug(self, interfaces: Iterable[str]) -> None:
        """Have the interfaces in no bridge; nothing happens where they are in none."""
        words: list[str] = []
        for each in interfaces:
            words += ["--", "--if-exists", "del-port", each]
        if words:
            self._run(*words[1:])

    def await_connected(self, bridge: str, interfaces: Sequence[str], seconds: int) -> set[str]:
        """Wait until somebody else, such as Neutron's agent, has connected these ports of the
        bridge; return those for which that takes longer."""
        deadline = time.monotonic() + seconds
        tagged = [
            word
            for each in interfaces
            for word in ("--", "wait-until", "Port", each, "tag!=[]", f"tag<{_DEAD_VLAN}")
        ]
        while True:
            if tagged and time.monotonic() < deadline:
                # In slices, since not everybody who connects ports gives them tags.
                with suppress(WireFailure):
                    self._run(f"--timeout={_SLICE}", *tagged)
            ports = self.look(bridge, interfaces).ports
            left = {each for each in interfaces if each not in ports or not ports[each].connected}
            if not left or time.monotonic() >= deadline:
                return left

    def plugged_by(self, device_id: str) -> set[str]:
        """The interfaces that were plugged for a device."""
        condition = f"external_ids:{_DEVICE}={_quoted(device_id)}"
        return {
            name for (name,) in _rows(self._run("--columns=name", "find", "Interface", condition))
        }

    def _run(self, *words: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the words are names that were checked
                [*self._words, *words],
                capture_output=True, text=True, timeout=TIMEOUT + 5, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise WireFailure("Open vSwitch is needed here: there is no ovs-vsctl") from None
        except (OSError, subprocess.SubprocessError) as error:
            raise WireFailure(f"ovs-vsctl: {error}") from error
        if done.returncode:
            told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise WireFailure(told[-1])
        return done.stdout


def _rows(text: str) -> list[Any]:
    rows: list[Any] = msgspec.json.decode(text)["data"]
    return rows


def _quoted(value: str) -> str:
    """A string as ovs-vsctl reads it, whatever is in it."""
    return msgspec.json.encode(value).decode()
