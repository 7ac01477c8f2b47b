"""The devices that are drawn for a tenant stay the same from one version to the next: services that
are stored are on them."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from core.domain.placement.index.drawing import Ring
from core.domain.service_type import Apart


def points(text: str) -> list[int]:
    digest = blake2b(text.encode()).digest()
    return [int.from_bytes(digest[at : at + 8], "big") for at in range(0, 64, 8)]


def drawn(names: dict[int, str], apart: Apart, project: str) -> set[str]:
    """As it is meant: the device that follows each point, and the next one where it has it."""
    ring = sorted((points(name)[0], name) for name in names.values())
    found: list[str] = []
    turn = 0
    while len(found) < min(apart.devices, len(ring)):
        for point in points(f"{apart.seed}/{turn}/{project}")[: apart.devices - len(found)]:
            after = [name for at, name in ring if at >= point]
            before = [name for at, name in ring if at < point]
            found += [name for name in after + before if name not in found][:1]
        turn += 1
    return set(found)


@given(
    slots=st.sets(st.integers(0, 300), max_size=60),
    devices=st.integers(1, 20),
    seed=st.integers(0, 5),
    project=st.text(max_size=5),
)
def test_a_tenant_gets_the_devices_that_follow_its_points(slots, devices, seed, project):
    names = {slot: f"device-{slot}" for slot in slots}
    ring = Ring((name, slot) for slot, name in names.items())
    apart = Apart(devices=devices, seed=seed)
    assert ring.draw(apart, project).device_ids == drawn(names, apart, project)


def test_draws_do_not_change():
    ring = Ring((f"device-{slot}", slot) for slot in range(1000))
    found = ring.draw(Apart(devices=5, seed=1), "acme")
    assert sorted(found.device_ids) == [
        "device-143",
        "device-231",
        "device-424",
        "device-427",
        "device-974",
    ]
