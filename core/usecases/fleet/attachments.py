"""Use cases: how devices are wired to networks, as stored and as the network side has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.binding import Attachment, DeviceNetwork
from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.domain.wiring import Plug
from core.ports.clock import Clock
from core.ports.network_wirer import NetworkWirer
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin

Place = tuple[str, str]
"""Device and network."""


class WireState(StrEnum):
    """What is known of one device on one network."""

    ATTACHED = "attached"
    WIRING = "wiring"
    """Somebody is attaching or detaching it."""
    WAITING = "waiting"
    """Claimed, and not attached yet."""
    IDLE = "idle"
    """Without services, and about to be detached."""
    LOST = "lost"
    """Attached as far as we know, and gone from the network side. It is made again."""
    ORPHAN = "orphan"
    """On the network side, and of nothing that is stored. It is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """A device's wiring to a network; `users` are the services that need it. `id` is made of
    those of device and network."""

    id: str
    device_id: str
    network_id: str
    state: WireState
    users: int
    interface: str
    plug: Plug | None
    host: str | None
    port_id: str | None
    mac: str | None
    vlan: int | None
    bridge: str | None
    addresses: tuple[str, ...]
    subnets: tuple[str, ...]


class Attachments:
    """Tells what is wired, for admins. Every method may raise WiringFailure."""

    def __init__(self, *, store: Store, wirer: NetworkWirer, clock: Clock) -> None:
        self._store = store
        self._wirer = wirer
        self._clock = clock

    def show(self, caller: Caller, identity: str) -> AttachmentView:
        require_admin(caller)
        for view in self._all():
            if view.id == identity:
                return view
        raise NotFound("Attachment", identity)

    def list(self, caller: Caller, query: Query) -> list[AttachmentView]:
        require_admin(caller)
        return evaluate(self._all(), query, getattr)

    def _all(self) -> Sequence[AttachmentView]:
        # In this order nothing that is attached meanwhile looks lost.
        with self._store.read() as work:
            usage = work.ledger.usage()
        actual = {_place(each): each for each in self._wirer.attachments()}
        stored = {
            (network.device_id, network.network_id): network
            for each in usage.values()
            for network in each.networks
        }
        known = [self._view(network, actual) for _, network in sorted(stored.items())]
        orphans = [actual[place] for place in sorted(actual.keys() - stored.keys())]
        return known + [_shown(each, WireState.ORPHAN, 0) for each in orphans]

    def _view(self, network: DeviceNetwork, actual: Mapping[Place, Attachment]) -> AttachmentView:
        attachment = network.attachment
        state = self._state(network, actual)
        if attachment is not None:
            return _shown(attachment, state, network.users, network.cidrs)
        unwired = Attachment(
            device_id=network.device_id,
            network_id=network.network_id,
            interface=network.interface,
        )
        return _shown(unwired, state, network.users, network.cidrs, plugged=False)

    def _state(self, network: DeviceNetwork, actual: Mapping[Place, Attachment]) -> WireState:
        if network.is_being_wired(self._clock.now()):
            return WireState.WIRING
        if not network.users:
            return WireState.IDLE
        if network.attachment is None:
            return WireState.WAITING
        if self._wirer.remote and (network.device_id, network.network_id) not in actual:
            return WireState.LOST
        return WireState.ATTACHED


def _place(attachment: Attachment) -> Place:
    return attachment.device_id, attachment.network_id


def _shown(
    attachment: Attachment,
    state: WireState,
    users: int,
    cidrs: tuple[str, ...] = (),
    *,
    plugged: bool = True,
) -> AttachmentView:
    return AttachmentView(
        id=f"{attachment.device_id}:{attachment.network_id}",
        device_id=attachment.device_id,
        network_id=attachment.network_id,
        state=state,
        users=users,
        interface=attachment.interface,
        plug=attachment.plug if plugged else None,
        host=attachment.host,
        port_id=attachment.port_id,
        mac=attachment.mac,
        vlan=attachment.vlan,
        bridge=attachment.bridge,
        addresses=attachment.addresses,
        subnets=cidrs or attachment.cidrs,
    )
