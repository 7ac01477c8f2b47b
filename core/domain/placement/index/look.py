"""One request held against one fleet: the sets from which every answer is made."""

from dataclasses import replace

from core.domain.placement.decision import Term
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.masks import Conflicts, Rivals, attached, conflicts, rivals
from core.domain.placement.index.openings import Opening
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import ROOM_RULES, check, no_overlap
from core.domain.placement.scores import Wiring


class Look:
    """What the fleet is to a request, until either changes. Where tenants are kept apart, the
    tenant's devices are drawn here, and `request` has them, which `asked` need not have.

    Most requests are for networks on a few devices. These are `near`, each with how many of the
    networks it is on: they are looked at one by one, which is faster than sets of the whole
    fleet. `near` is None when they are many, or when what is left is not known exactly.
    """

    __slots__ = (
        "_attached",
        "_conflicts",
        "_request",
        "_rivals",
        "asked",
        "drawn",
        "far",
        "fleet",
        "home",
        "near",
        "number",
        "plan",
    )

    def __init__(self, fleet: Fleet, request: PlacementRequest) -> None:
        self.plan = plan = fleet.plan(request)
        self.drawn = fleet.drawn(request, plan)
        self.fleet = fleet
        self.asked = request
        self.number = number = len(request.network_ids)
        """How many networks are asked for."""
        self.far = plan.openings.opening(number)
        """What is open on devices that are on none of the networks."""
        tenants = fleet.places.with_tenant
        self.home = tenants.mask(request.project_id) if plan.minds_tenants else 0
        """The tenant's devices, where it matters."""
        self.near = _near(fleet, request, self.far)
        self._request = request if self.drawn is None else None
        self._attached: list[Mask] | None = None
        self._rivals: Rivals | None = None
        self._conflicts: Conflicts | None = None

    @property
    def request(self) -> PlacementRequest:
        """The request with the tenant's devices, where tenants are kept apart."""
        if self._request is None:
            subset = None if self.drawn is None else self.drawn.device_ids
            self._request = replace(self.asked, subset=subset)
        return self._request

    @property
    def attached(self) -> list[Mask]:
        """The devices by how many of the networks they are on: none, one, two..."""
        if self._attached is None:
            self._attached = attached(self.fleet, self.asked)
        return self._attached

    @property
    def conflicts(self) -> Conflicts:
        """The devices whose addresses overlap."""
        if self._conflicts is None:
            self._conflicts = conflicts(self.fleet, self.asked, self.rivals)
        return self._conflicts

    @property
    def rivals(self) -> Rivals:
        """The same as far as devices are on none of the networks, for less."""
        if self._rivals is None:
            self._rivals = rivals(self.fleet, self.asked)
        return self._rivals

    @property
    def outside(self) -> Mask:
        """The devices that were not drawn for the tenant."""
        return 0 if self.drawn is None else self.fleet.all ^ self.drawn.mask

    def on(self, slot: int) -> int:
        """How many of the networks the device in a slot is on."""
        if self.near is not None:
            return self.near.get(slot, 0)
        for on in range(self.number, 0, -1):
            if self.attached[on] >> slot & 1:
                return on
        return 0

    def admits(self, slot: int, host: Candidate) -> bool:
        """Whether a device that a search found passes the rules of room: they are asked where
        the sets do not answer."""
        avoid = self.asked.avoid_device_id
        if avoid is not None and avoid == host.device.id:
            return False
        if not self.far.exact:
            return not check(self.request, host, ROOM_RULES)
        return host.isolates_overlapping or not self._overlaps(slot, host)

    def terms(self, slot: int, advice: float = 1.0) -> tuple[Term, ...]:
        """All terms of a device that fits; `advice` is its driver's own."""
        plan, number = self.plan, self.fleet.classes[slot]
        on, at_home = self.on(slot), bool(self.home and self.home >> slot & 1)
        if advice != 1.0:
            return plan.terms(Wiring(self.number, on, at_home), number, slot, advice)
        return plan.terms_at(number, slot, self.number, on, at_home=at_home)

    def _overlaps(self, slot: int, host: Candidate) -> bool:
        """Whether a device that does not isolate has other networks whose addresses overlap. The
        rule is asked unless sets tell, or the device is on all of the networks and none of its
        own overlap."""
        on = self.on(slot)
        if not on and self._rivals is not None:
            return bool(self._rivals.of_any >> slot & 1)
        return not (on == self.number and self._is_settled(slot, host)) and bool(
            no_overlap(self.asked, host)
        )

    def _is_settled(self, slot: int, host: Candidate) -> bool:
        return not self.fleet.places.is_crowded(slot) and all(
            host.networks[need.network_id] == (need.cidr,)
            for need in self.asked.requirements.networks
        )


def _near(fleet: Fleet, request: PlacementRequest, far: Opening) -> dict[int, int] | None:
    if not far.exact:
        return None
    near: dict[int, int] = {}
    on_network = fleet.places.on_network
    for network in request.network_ids:
        slots = on_network.get(network)
        if isinstance(slots, int):
            return None
        for slot in slots:
            near[slot] = near.get(slot, 0) + 1
    return near
