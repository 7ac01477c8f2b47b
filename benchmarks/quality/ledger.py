"""What is placed where, counted device by device: the rules as the baselines see them."""

from collections import Counter

from benchmarks.quality.workload import Box, Request, Workload


class Account:
    """What is on one device."""

    __slots__ = ("box", "networks", "ranges", "requests", "tenants", "throughput", "vips")

    def __init__(self, box: Box) -> None:
        self.box = box
        self.vips = 0
        self.throughput = 0
        self.networks: Counter[int] = Counter()
        """Network -> VIPs that use it here."""
        self.ranges: Counter[int] = Counter()
        """Address range -> networks that have it here."""
        self.tenants: Counter[int] = Counter()
        self.requests: dict[int, Request] = {}


class Ledger:
    """Every device's account. `opened` counts each time that a network came to a device."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.accounts = [Account(box) for box in workload.boxes]
        self.opened = 0
        self._pinnable = [account for account in self.accounts if account.box.pinnable]

    def allowed(self, request: Request) -> list[Account]:
        """The devices whose driver may serve the request."""
        return self._pinnable if request.pinned else self.accounts

    def fits(self, account: Account, request: Request) -> bool:
        """Whether the device can take the request; its driver is not looked at."""
        box = account.box
        if account.vips >= box.vips or account.throughput + request.throughput > box.throughput:
            return False
        networks = account.networks
        new = [network for network in request.networks if network not in networks]
        if not new:
            return True
        if len(networks) + len(new) > box.vlans:
            return False
        return box.isolates or not any(
            self.workload.ranges[network] in account.ranges for network in new
        )

    def place(self, account: Account, request: Request) -> None:
        """Count a request on a device."""
        account.vips += 1
        account.throughput += request.throughput
        account.tenants[request.tenant] += 1
        account.requests[request.number] = request
        for network in request.networks:
            if network not in account.networks:
                self.opened += 1
                account.ranges[self.workload.ranges[network]] += 1
            account.networks[network] += 1

    def remove(self, account: Account, request: Request) -> None:
        """Take a request off its device; a network that nobody uses goes with it."""
        account.vips -= 1
        account.throughput -= request.throughput
        _less(account.tenants, request.tenant)
        del account.requests[request.number]
        for network in request.networks:
            if _less(account.networks, network):
                _less(account.ranges, self.workload.ranges[network])


def _less(counts: Counter[int], key: int) -> bool:
    """Count one less; whether none is left."""
    counts[key] -= 1
    if counts[key]:
        return False
    del counts[key]
    return True
