"""Numbers devices in the order of their registration."""

from core.domain.query import Query, Sort
from core.ports.unit_of_work import UnitOfWork


def next_number(work: UnitOfWork) -> int:
    """The number of the next new device, one above the highest; from 1.

    To be asked in the unit of work that adds the device.
    """
    newest = Query(sort=(Sort("number", descending=True),), limit=1)
    return 1 + max((device.number for device in work.devices.find(newest)), default=0)
