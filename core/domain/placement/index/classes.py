"""Devices by all that the standing rules and scores look at."""

from collections.abc import Mapping

from core.domain.device import DeviceStatus
from core.domain.placement.index.standing import ClassKey, DeviceClass
from core.domain.placement.request import Candidate

_NONE = -1
_NO_CLASSES: frozenset[int] = frozenset()


class Classes:
    """The class of each slot's device, and the devices of each class."""

    def __init__(self) -> None:
        self.of_slot: list[int] = []
        """The number of each slot's class."""
        self.revision = 0
        """Counts the changes."""
        self._numbers: dict[ClassKey, int] = {}
        self._classes: dict[int, DeviceClass] = {}
        self._owned: dict[str, frozenset[int]] = {}
        """The numbers of each project's own classes."""

    @property
    def by_number(self) -> Mapping[int, DeviceClass]:
        """The classes that have devices."""
        return self._classes

    def owned_by(self, project_id: str) -> frozenset[int]:
        """The numbers of the classes whose devices belong to the project."""
        return self._owned.get(project_id, _NO_CLASSES)

    def enter(self, slot: int, host: Candidate) -> None:
        """Put a slot's device into its class, out of the one that it was in."""
        while len(self.of_slot) <= slot:
            self.of_slot.append(_NONE)
        number = self._numbers.setdefault(_key(host), len(self._numbers))
        if self.of_slot[slot] == number:
            return
        self.leave(slot)
        self.of_slot[slot] = number
        known = self._classes.get(number)
        if known is None:
            owner = host.device.project_id
            if owner is not None:
                self._owned[owner] = self.owned_by(owner) | {number}
            self._classes[number] = DeviceClass(host, 1 << slot)
        else:
            self._classes[number] = DeviceClass(known.sample, known.mask | 1 << slot)
        self.revision += 1

    def leave(self, slot: int) -> None:
        """Take a slot's device out of its class."""
        number = self.of_slot[slot]
        if number == _NONE:
            return
        known = self._classes[number]
        mask = known.mask & ~(1 << slot)
        if mask:
            self._classes[number] = DeviceClass(known.sample, mask)
        else:
            owner = known.sample.device.project_id
            if owner is not None:
                self._owned[owner] -= {number}
            del self._classes[number]
        self.of_slot[slot] = _NONE
        self.revision += 1

    def copy(self) -> "Classes":
        """An independent copy."""
        other = Classes()
        other.of_slot = self.of_slot.copy()
        other.revision = self.revision
        other._numbers = self._numbers.copy()
        other._classes = self._classes.copy()
        other._owned = self._owned.copy()
        return other


def _key(host: Candidate) -> ClassKey:
    device = host.device
    return (
        device.project_id,
        device.driver,
        device.version,
        host.capabilities,
        device.admin_state,
        device.removing,
        device.status,
        "" if device.status is DeviceStatus.ONLINE else device.status_reason,
        device.zone,
        device.device_pool,
        device.unwirable,
    )
