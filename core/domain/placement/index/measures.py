"""How full devices are: what they have left of each resource, and their ranks."""

from collections.abc import Callable, Iterable, Mapping

from core.domain.binding import vlan_resource
from core.domain.placement.index.rankings import Ranking
from core.domain.placement.index.rooms import VLANS, Room
from core.domain.placement.request import Candidate

Hosts = Callable[[], Iterable[tuple[int, Candidate]]]
"""Gives every device with its slot."""

Weights = tuple[tuple[str, float], ...]


class Measures:
    """Rooms and rankings, made when they are first asked for and kept up to date from then."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._rooms: dict[tuple[str, int], Room] = {}
        self._rankings: dict[tuple[Weights, bool], Ranking] = {}

    def room(self, resource: str, percent: int = 100) -> Room:
        """What devices have left of a resource that is oversubscribed by `percent`."""
        room = self._rooms.get((resource, percent))
        if room is None:
            room = self._rooms[resource, percent] = Room(resource, percent)
            for slot, host in self._hosts():
                room.put(slot, host)
        return room

    def ranking(self, weights: Weights, *, opening: bool) -> Ranking:
        """Devices by these scores of their state."""
        ranking = self._rankings.get((weights, opening))
        if ranking is None:
            ranking = Ranking(dict(weights), opening=opening)
            self._rankings[weights, opening] = ranking
            for slot, host in self._hosts():
                ranking.put(slot, ranking.state_of(host))
        return ranking

    def put(self, slot: int, host: Candidate) -> None:
        """Measure the device in a slot."""
        for room in self._rooms.values():
            room.put(slot, host)
        for ranking in self._rankings.values():
            ranking.put(slot, ranking.state_of(host))

    def take(self, slot: int, host: Candidate, claims: Mapping[str, int], opened: int) -> None:
        """Measure the device in a slot, of which so much was claimed and on which so many
        networks were opened."""
        if host.driver is not None:
            resource = vlan_resource(host.driver.data_interface)
            slots = claims.get(resource, 0) + opened
            if slots:
                claims = {**claims, resource: slots, VLANS: slots}
        for (resource, _), room in self._rooms.items():
            amount = claims.get(resource)
            if amount:
                room.take(slot, amount)
        for ranking in self._rankings.values():
            ranking.put(slot, ranking.state_of(host))

    def drop(self, slot: int) -> None:
        """Forget the device in a slot."""
        for room in self._rooms.values():
            room.drop(slot)
        for ranking in self._rankings.values():
            ranking.put(slot, None)

    def copy(self, hosts: Hosts) -> "Measures":
        """An independent copy."""
        other = Measures(hosts)
        other._rooms = {key: room.copy() for key, room in self._rooms.items()}
        other._rankings = {key: one.copy() for key, one in self._rankings.items()}
        return other
