"""A conductor is killed at every change that it makes in Neutron, and another one goes on."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.lab.embedded_site import OWN, EmbeddedSite
from tests.lab.isolation.cloud import answers
from tests.lab.isolation.conftest import SETTINGS
from tests.lab.isolation.leftovers import leftovers
from tests.lab.isolation.reaper import Reaper, When, listening
from tests.lab.labs import Labs
from tests.lab.networks import wait_until

pytestmark = pytest.mark.slow

STRIKE_SECONDS = 60.0
RECOVERY_SECONDS = 120.0
"""What was begun by the dead one is given up soon, and looked for every half minute."""

CREATING = [(number, when) for number in (1, 2) for when in When]
"""Both networks are attached."""
DELETING = [(number, when) for number in (1, 2, 3) for when in When]
"""The address is released, and both networks are detached."""


@pytest.fixture(scope="module")
def site(labs: Labs) -> Iterator[EmbeddedSite]:
    """One whose conductor is a process of its own."""
    labs.close()
    with EmbeddedSite(settings=SETTINGS, conductor=OWN) as running:
        running.start_agent().wait_ready()
        yield running


@pytest.fixture(scope="module")
def reaper(site: EmbeddedSite) -> Iterator[Reaper]:
    """What may kill the conductor, which takes its way to Neutron."""

    def kill() -> None:
        site.roles["conductor"].kill()

    reaper = Reaper(site.lab.url, kill)
    with listening(reaper) as url:
        site.start_conductor(neutron_url=url).wait_ready()
        yield reaper
        site.stop()


def struck(site: EmbeddedSite, reaper: Reaper) -> None:
    """Wait for the death of the conductor, and start it again."""
    assert reaper.struck.wait(STRIKE_SECONDS), site.roles["conductor"].said
    site.roles["conductor"].restart().wait_ready()


def test_nothing_is_leaked_whenever_the_conductor_dies(site, reaper, network, plug, cloud):
    cloud.device("device")
    vips, clients = [], []
    for number, (at, when) in enumerate((*CREATING, (1, When.BEFORE), (1, When.AFTER))):
        front, back = (network("tenant", f"10.{side}.{number}.0/24") for side in (1, 2))
        clients.append(plug(front, f"10.1.{number}.10"))
        plug(back, f"10.2.{number}.10")
        if number < len(CREATING):
            reaper.arm(at, when)
        vips.append(cloud.balancer(front, back, (f"10.2.{number}.10",)))
        if number < len(CREATING):
            struck(site, reaper)
    cloud.wait_active(*vips, seconds=RECOVERY_SECONDS)
    for number, (client, vip) in enumerate(zip(clients, vips, strict=True)):
        wait_until(
            lambda client=client, vip=vip: answers(client, vip.address) is not None, "VIP answers"
        )
        assert answers(client, vip.address) == f"10.2.{number}.10:80"
    ports = [each for each in leftovers(cloud.lab) if each.startswith("port ")]
    kinds = Counter(each.split("pierhead-")[1].partition("-")[0] for each in ports)
    assert kinds == {"vip": len(vips), "device": 2 * len(vips)}

    for vip, (at, when) in zip(vips, DELETING, strict=True):
        reaper.arm(at, when)
        cloud.ask("DELETE", f"lb/vips/{vip.id}", vip.project)
        struck(site, reaper)
    cloud.wait_gone(*vips, seconds=RECOVERY_SECONDS)
    cloud.wait(lambda: not leftovers(cloud.lab), "nothing is left", seconds=RECOVERY_SECONDS)
    cloud.wait(
        lambda: cloud.ask("GET", "fleet/attachments")["attachments"] == [],
        "nothing is begun",
        seconds=RECOVERY_SECONDS,
    )
    assert cloud.ask("GET", "lb/vips")["vips"] == []
