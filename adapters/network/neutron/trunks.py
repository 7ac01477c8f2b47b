"""Trunks: ports that carry many networks, each under a VLAN."""

from collections.abc import Collection, Iterable, Sequence

from adapters.network.neutron.calls import CallFailure, Document, Kind, NeutronCalls
from adapters.network.neutron.faults import gone_is_fine
from core.ports.network_wirer import WiringFailure

_VLANS = range(1, 4095)
_ATTEMPTS = 3
"""To take a VLAN: others may be at the same trunk for other networks."""
_VLAN_TAKEN = "DuplicateSubPort"
_PORT_TAKEN = "TrunkPortInUse"


class Trunks:
    """The trunks that operators made."""

    def __init__(self, calls: NeutronCalls) -> None:
        self._calls = calls

    def carry(self, trunk_id: str | None, port_id: str) -> int:
        """The VLAN under which the trunk carries a port, from now on at the latest. Raises
        WiringFailure."""
        for attempt in range(1, _ATTEMPTS + 1):
            taken = self._subports(trunk_id)
            if port_id in taken:
                return taken[port_id]
            vlan = _free(taken.values())
            try:
                self._calls.add_subport(str(trunk_id), port_id, vlan)
            except CallFailure as failure:
                if attempt == _ATTEMPTS or failure.type not in {_VLAN_TAKEN, _PORT_TAKEN}:
                    raise
                if failure.type == _PORT_TAKEN:
                    self.drop(None, port_id)
            else:
                return vlan
        raise AssertionError("the last attempt returns or raises")

    def drop(self, trunk_id: str | None, port_id: str) -> None:
        """Have no trunk carry the port: this one by all probability, or any other."""
        trunks = self._trunk(trunk_id)
        if not _carriers(trunks, port_id):
            trunks = self._calls.find(Kind.TRUNK)
        for carrier in _carriers(trunks, port_id):
            with gone_is_fine():
                self._calls.remove_subport(carrier, port_id)

    def vlans(self) -> dict[str, int]:
        """The VLAN of each port that any trunk carries."""
        return {
            port_id: vlan
            for trunk in self._calls.find(Kind.TRUNK)
            for port_id, vlan in _carried(trunk).items()
        }

    def _subports(self, trunk_id: str | None) -> dict[str, int]:
        found = self._trunk(trunk_id)
        if not found:
            raise WiringFailure("the network service does not know the device's trunk")
        return _carried(found[0])

    def _trunk(self, trunk_id: str | None) -> Sequence[Document]:
        return self._calls.find(Kind.TRUNK, id=[trunk_id]) if trunk_id else ()


def _carried(trunk: Document) -> dict[str, int]:
    return {each["port_id"]: each["segmentation_id"] for each in trunk["sub_ports"]}


def _carriers(trunks: Iterable[Document], port_id: str) -> list[str]:
    return [trunk["id"] for trunk in trunks if port_id in _carried(trunk)]


def _free(taken: Collection[int]) -> int:
    for vlan in _VLANS:
        if vlan not in taken:
            return vlan
    raise WiringFailure("the device's trunk carries as many networks as it can")
