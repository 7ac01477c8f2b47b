"""Finds in the log of a device what was done to it too late."""

from collections import Counter
from collections.abc import Iterable, Iterator

from adapters.devices.memory.state import Applied, Change


def stale(log: Iterable[Applied]) -> Iterator[str]:
    """Applications that were carried out after those of a higher epoch, after a newer revision
    of the service, or after its removal."""
    epoch, newest, gone = 0, Counter[str](), set[str]()
    for each in log:
        if each.refused is not None:
            continue
        if each.epoch < epoch:
            yield f"{each} after epoch {epoch}"
        epoch = max(epoch, each.epoch)
        service_id, revision = each.service_id, each.revision
        if service_id is None or revision is None:
            continue
        if revision < newest[service_id]:
            yield f"{each} after revision {newest[service_id]}"
        newest[service_id] = max(newest[service_id], revision)
        if service_id in gone:
            yield f"{each} after its removal"
        if each.change in (Change.REMOVED, Change.RETIRED):
            gone.add(service_id)
