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
    """As it is meant: of at most 8 points, the devices that follow each, without those that the
    tenant has already."""
    ring = sorted((points(name)[0], name) for name in names.values())
    drawn = points(f"{apart.seed}/{project}")[: apart.devices]
    found: list[str] = []
    for turn, point in enumerate(drawn):
        wanted = len(range(turn, apart.devices, len(drawn)))
        after = [name for at, name in ring if at >= point]
        before = [name for at, name in ring if at < point]
        found += [name for name in after + before if name not in found][:wanted]
    return set(found)


@given(
    slots=st.sets(st.integers(0, 300), max_size=60),
    devices=st.integers(1, 50),
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

    def numbers(devices: int) -> list[int]:
        found = ring.draw(Apart(devices=devices, seed=1), "acme").device_ids
        return sorted(int(name.removeprefix("device-")) for name in found)

    assert numbers(5) == [121, 361, 475, 700, 931]
    assert numbers(12) == [11, 66, 121, 271, 361, 472, 475, 642, 700, 868, 877, 931]
