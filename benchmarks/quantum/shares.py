"""How much of a VIP's time is Neutron's own, for the ports that it makes and binds."""

from collections.abc import Sequence

from benchmarks.figures import Figure
from benchmarks.quantum.calls import CREATE_DEVICE, CREATE_VIP, IN_PROCESS, REST
from benchmarks.quantum.ground import Place
from benchmarks.quantum.vips import ACTIVE, FIRST, FURTHER

_WAYS = {Place.INSIDE: IN_PROCESS, Place.BESIDE: REST}
"""How the conductor attaches devices. VIPs' ports are made in process in both, by the plugin."""


def shares(figures: Sequence[Figure]) -> list[Figure]:
    """Percent of create to ACTIVE, by the medians."""
    medians = {each.name.removesuffix(", p50"): each.value for each in figures}
    own = medians[f"{IN_PROCESS}: {CREATE_VIP}"]
    found = []
    for place, way in _WAYS.items():
        device = medians[f"{way}: {CREATE_DEVICE}"]
        for which, neutrons in ((FIRST, own + device), (FURTHER, own)):
            whole = medians[f"{place}: {which}: {ACTIVE}"]
            found.append(
                Figure(
                    name=f"{place}: {which}: Neutron's own creating of ports",
                    value=100 * neutrons / whole,
                    unit="%",
                    note=f"{neutrons:.0f} ms of {whole:.0f} ms to ACTIVE",
                )
            )
    return found
