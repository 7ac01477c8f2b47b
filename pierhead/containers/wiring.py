"""The wiring that the settings choose."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.network.linux import LinuxSubnetPolicy, LinuxWirer
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.network.memory import AnySubnet
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.network_wirer import NetworkWirer
from core.ports.store import Store
from core.ports.subnet_policy import SubnetPolicy
from pierhead.settings import Settings, Wiring


@dataclass(frozen=True, slots=True)
class Wired:
    """What a deployment gets addresses and wires from.

    `catalogue`: whether networks and subnets are our own, and in our API; else another system
    has them.
    """

    ipam: Ipam
    wirer: NetworkWirer
    subnet_policy: SubnetPolicy
    catalogue: bool = True


def choose_wiring(
    settings: Settings,
    store: Store,
    clock: Clock,
    ids: IdSource,
    own: Sequence[tuple[str, int]],
) -> Wired:
    """The wiring of these settings; `own` are the addresses and ports where the API is served.
    Raises StartupError."""
    match settings.wiring:
        case Wiring.LOOPBACK:
            loopback = LoopbackWirer(store, clock, ids, own)
            return Wired(loopback, loopback, LoopbackSubnetPolicy())
        case Wiring.LINUX:
            linux = LinuxWirer(store, clock, ids, settings.network_mtu)
            return Wired(linux, linux, LinuxSubnetPolicy())
        case Wiring.NEUTRON:
            # Imported here so that nobody else needs what talks to Neutron.
            from pierhead.containers.beside_neutron import neutron_wiring  # noqa: PLC0415

            ipam, wirer = neutron_wiring(settings)
            return Wired(ipam, wirer, AnySubnet(), catalogue=False)
