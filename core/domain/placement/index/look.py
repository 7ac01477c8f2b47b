"""One request held against one fleet: the sets from which every answer is made."""

from dataclasses import replace

from core.domain.placement.decision import Term
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.masks import Masks, masks_for, overlaps_itself
from core.domain.placement.index.openings import Opening
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import ROOM_RULES, check, no_overlap
from core.domain.placement.scores import wiring_of


class Look:
    """What the fleet is to a request, until either changes. Where tenants are kept apart, the
    tenant's devices are drawn here, and `request` has them, which `asked` need not have.

    Most requests are for networks on a few devices. These are `near`, each with how many of the
    networks it is on: they are looked at one by one, which is much faster than sets of the
    whole fleet. `near` is None when they are many, or when what is left is not known exactly.
    """

    __slots__ = (
        "_masks",
        "_overlaps",
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
        self.drawn = fleet.drawn(request)
        self.fleet = fleet
        self.asked = request
        self.plan = plan = fleet.plan(request)
        self.number = number = len(request.network_ids)
        """How many networks are asked for."""
        self.far = plan.openings.opening(number)
        """What is open on devices that are on none of the networks."""
        tenants = fleet.places.with_tenant
        self.home = tenants.mask(request.project_id) if plan.minds_tenants else 0
        """The tenant's devices, where it matters."""
        self.near = _near(fleet, request, self.far)
        self._request = request if self.drawn is None else None
        self._masks: Masks | None = None
        self._overlaps: dict[int, bool] = {}
        self._rivals: tuple[Mask, set[int]] | None = None

    @property
    def request(self) -> PlacementRequest:
        """The request with the tenant's devices, where tenants are kept apart."""
        if self._request is None:
            subset = None if self.drawn is None else self.drawn.device_ids
            self._request = replace(self.asked, subset=subset)
        return self._request

    @property
    def masks(self) -> Masks:
        """The whole fleet as sets."""
        if self._masks is None:
            self._masks = masks_for(self.fleet, self.asked, self.drawn)
        return self._masks

    @property
    def rivals(self) -> tuple[Mask, set[int]]:
        """The devices that have an overlapping range, as a set and one by one. Those that are on
        none of the networks have it in another network."""
        known = self._rivals
        if known is not None:
            return known
        few: set[int] = set()
        many, needs, places = 0, self.asked.requirements.networks, self.fleet.places
        for need in needs:
            many |= places.rivals(need.cidr, few)
        if len(needs) > 1 and overlaps_itself(self.asked):
            many |= self.fleet.all ^ places.isolating
        self._rivals = many, few
        return self._rivals

    def admits(self, slot: int, host: Candidate) -> bool:
        """Whether a device that a search found passes the rules of room: they are asked where
        the sets do not answer."""
        avoid, near = self.asked.avoid_device_id, self.near
        if avoid is not None and avoid == host.device.id:
            return False
        if near is None:
            return not check(self.request, host, ROOM_RULES)
        return slot not in near or not self.overlaps(slot, host)

    def terms(self, slot: int, host: Candidate, advice: float = 1.0) -> tuple[Term, ...]:
        """All terms of a device that fits; `advice` is its driver's own."""
        plan, number = self.plan, self.fleet.classes[slot]
        if self.near is None or advice != 1.0:
            return plan.terms(wiring_of(self.asked, host), number, slot, advice)
        at_home = bool(self.home >> slot & 1)
        return plan.terms_at(number, slot, self.number, self.near.get(slot, 0), at_home=at_home)

    def overlaps(self, slot: int, host: Candidate) -> bool:
        """Whether a device is on other networks whose addresses overlap. The rule is asked
        unless the device is on all of the networks and none of its own overlap."""
        known = self._overlaps.get(slot)
        if known is None:
            known = self._overlaps[slot] = (
                not host.isolates_overlapping
                and not self._is_settled(slot, host)
                and bool(no_overlap(self.asked, host))
            )
        return known

    def _is_settled(self, slot: int, host: Candidate) -> bool:
        return (
            self.near is not None
            and self.near.get(slot) == self.number
            and not self.fleet.places.is_crowded(slot)
            and all(
                host.networks[need.network_id] == (need.cidr,)
                for need in self.asked.requirements.networks
            )
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
