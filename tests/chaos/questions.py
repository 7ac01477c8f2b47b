"""What is the same in all runs with tenants: what they work on, and what must hold in the end."""

import time
from collections.abc import Callable, Sequence

from tests.chaos.client import Client
from tests.split.kill.truth import Truth

DEVICES = 6
VIPS_A_DEVICE = 7
"""Few more than four clients want in all: there is often no room on a device."""

SLOW_SECONDS = 0.15
"""For which half of the devices take to begin with what they are told: much can happen then."""

SETTLE_SECONDS = 180.0


def prepare(operator: Client) -> list[str]:
    """Register devices and make subnets; the ids of the latter."""
    for number in range(DEVICES):
        name = f"device-{number}"
        device = {
            "name": name,
            "driver": "memory",
            "parameters": {"file": name, "delay": SLOW_SECONDS * (number % 2)},
            "limits": {"vips": VIPS_A_DEVICE},
        }
        operator.ask("POST", "fleet/devices", {"device": device})
    subnets = []
    for number in (81, 82, 83):
        network = operator.ask("POST", "networks", {"network": {"shared": True}})["network"]
        subnet = {"network_id": network["id"], "cidr": f"127.{number}.0.0/16"}
        subnets.append(operator.ask("POST", "subnets", {"subnet": subnet})["subnet"]["id"])
    return subnets


def not_settled(truth: Truth) -> list[str]:
    """What there is still to be done."""
    fleet = truth.fleet()
    return (
        [] if fleet.is_settled else [f"stuck: {each}" for each in fleet.unsettled or fleet.devices]
    )


def what_is_wrong(truth: Truth, clients: Sequence[Client]) -> list[str]:
    """What tenants were told and is not so, and where devices differ from what is stored."""
    specs = {
        identity: kept.spec
        for device in truth.fleet().devices
        for identity, kept in truth.device(device.name).services.items()
    }
    return [
        *(wrong for client in clients for wrong in client.wrongs(specs)),
        *(f"lost: {each}" for each in truth.deviations()),
    ]


def delete_all(clients: Sequence[Client]) -> None:
    """Delete all that tenants have."""
    for client in clients:
        for kind in ("vips", "pools"):
            for each in client.insistently("GET", f"lb/{kind}?tenant_id={client.project}")[kind]:
                client.insistently("DELETE", f"lb/{kind}/{each['id']}")


def wait_until_none(find: Callable[[], list[str]], seconds: float = SETTLE_SECONDS) -> list[str]:
    """What there is in the end."""
    deadline = time.monotonic() + seconds
    while (found := find()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
