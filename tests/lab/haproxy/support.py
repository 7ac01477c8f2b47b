"""A tenant's load balancer between two networks, and who talks over it."""

from core.domain.messages import ServiceOrder
from tests.adapters.devices.haproxy.support import Balancer, Device, member_spec
from tests.lab.haproxy.lan import Lan
from tests.lab.netns import Namespace

VIP = 100
MEMBER = 7
CLIENT = 50
"""Numbers of addresses in their networks."""


class Site:
    """A client on `a`, a member on `b`, and a load balancer whose VIP is on `a`."""

    def __init__(self, device: Device, a: Lan, b: Lan) -> None:
        self.device = device
        self.a = a
        self.b = b
        self.client: Namespace = a.machine(CLIENT)
        self.member: Namespace = b.member(MEMBER)
        self.balancer = Balancer(network_id=b.id, members=(self.spec(MEMBER),))
        self.balancer.address = a.address(VIP)
        self.balancer.port = 80
        self.balancer.vip_network = a.id
        self.wire()

    def wire(self, **fields: object) -> None:
        """Give the load balancer other attachments."""
        lans = [self.a] if self.a is self.b else [self.a, self.b]
        self.balancer.attachments = tuple(
            each.attachment(self.device.id, **fields) for each in lans
        )

    def spec(self, number: int):
        return member_spec(At(self.b.address(number), 80))

    def order(self, **pool: object) -> ServiceOrder:
        return self.balancer.order(**pool)

    def ask(self) -> str:
        """Who answers the client."""
        return _ask(self.client, self.balancer)

    @property
    def answers(self) -> bool:
        return self.ask() == f"{self.b.address(MEMBER)}:80"


class At:
    """As much of a server as a member's specification is made from."""

    def __init__(self, address: str, port: int) -> None:
        self.server_address = (address, port)


def _ask(client: Namespace, balancer: Balancer) -> str:
    host = f"[{balancer.address}]" if ":" in balancer.address else balancer.address
    answer = client.get(f"http://{host}:{balancer.port}/")
    return answer.text.strip() if answer.status_code == 200 else str(answer.status_code)
