"""What claims do, as simply as it can be said: everything is counted anew from the bindings."""

from collections import Counter
from dataclasses import dataclass, field

from core.domain.binding import Account, Binding, Claim, Footing, Shortage


@dataclass
class Model:
    """The bindings, and each device's limits and networks with their subnets."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    limits: dict[str, dict[str, int | None]] = field(default_factory=dict)
    networks: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    slots: str = "vlans:eth1"

    def on(self, device: str) -> list[Binding]:
        return [one for one in self.bindings.values() if one.device_id == device]

    def used(self, device: str) -> Counter[str]:
        used: Counter[str] = Counter()
        for binding in self.on(device):
            used.update(binding.claims)
        used[self.slots] = len(self.networks.get(device, {}))
        return used

    def users(self, device: str, network: str) -> list[Binding]:
        return [
            one for one in self.on(device) if network in [need.network_id for need in one.networks]
        ]

    def footing(self, binding: Binding) -> Footing | None:
        """What there is to know of a device before a claim, where that is enough."""
        device = binding.device_id
        here = self.networks.get(device, {})
        needed: dict[str, set[str]] = {}
        for need in binding.networks:
            needed.setdefault(need.network_id, set()).add(need.cidr)
        as_needed = all(set(here[one]) == needed[one] for one in needed if one in here)
        if binding.service_id in self.bindings or not as_needed:
            return None
        return Footing(
            used=dict(self.used(device)),
            limits=dict(self.limits.get(device, {})),
            networks=frozenset(one for one in needed if one in here),
        )

    def claim(self, claim: Claim) -> Shortage | None:
        binding, device = claim.binding, claim.binding.device_id
        before = self.bindings.get(binding.service_id)
        needed = {need.network_id for need in binding.networks}
        change = Counter(binding.claims)
        change[self.slots] += len(needed - self.networks.get(device, {}).keys())
        if before is not None and before.device_id == device:
            change.subtract(before.claims)
        used, limits = self.used(device), self.limits.get(device, {})
        for resource, amount in sorted(change.items()):
            limit = limits.get(resource)
            if amount > 0 and limit is not None:
                room = limit * claim.oversubscription.get(resource, 100) // 100
                if used[resource] + amount > room:
                    return Shortage(device, resource, amount, used[resource], room)
        self.release(binding.service_id)
        self.bindings[binding.service_id] = binding
        for network in needed:
            self._look(device, network)
        return None

    def release(self, service: str) -> list[str]:
        before = self.bindings.pop(service, None)
        if before is None:
            return []
        for need in before.networks:
            if self.users(before.device_id, need.network_id):
                self._look(before.device_id, need.network_id)
            else:
                mine = [one for one in before.networks if one.network_id == need.network_id]
                cidrs = tuple(sorted({one.cidr for one in mine}))
                self.networks[before.device_id][need.network_id] = cidrs
        return [before.device_id]

    def close(self, device: str, network: str) -> list[str]:
        if network not in self.networks.get(device, {}) or self.users(device, network):
            return []
        del self.networks[device][network]
        return [device]

    def accounts(self) -> dict[str, Account]:
        found = {}
        for device in {one.device_id for one in self.bindings.values()} | self.networks.keys():
            account = Account(
                used={name: amount for name, amount in self.used(device).items() if amount},
                networks=self.networks.get(device, {}),
                projects=dict(Counter(one.project_id for one in self.on(device))),
            )
            if account != Account():
                found[device] = account
        return found

    def _look(self, device: str, network: str) -> None:
        cidrs = {
            need.cidr
            for one in self.users(device, network)
            for need in one.networks
            if need.network_id == network
        }
        self.networks.setdefault(device, {})[network] = tuple(sorted(cidrs))
