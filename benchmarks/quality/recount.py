"""Counts a finished packing once more, from nothing but the list of what is where."""

from collections.abc import Mapping

from benchmarks.quality.workload import Box, Request, Workload


def violations(workload: Workload, placed: Mapping[int, int]) -> list[str]:
    """Everything that is over a limit or on a wrong device; `placed` maps the number of a
    request to that of its device."""
    found = []
    by_box: dict[int, list[Request]] = {box.number: [] for box in workload.boxes}
    for number, box_number in placed.items():
        by_box[box_number].append(workload.arrivals[number])
    for box in workload.boxes:
        found += [f"device {box.number}: {wrong}" for wrong in _wrong(workload, box, by_box)]
    return found


def _wrong(workload: Workload, box: Box, by_box: Mapping[int, list[Request]]) -> list[str]:
    requests = by_box[box.number]
    networks = {network for request in requests for network in request.networks}
    totals = {
        "VIPs": (len(requests), box.vips),
        "VLANs": (len(networks), box.vlans),
        "throughput": (sum(request.throughput for request in requests), box.throughput),
    }
    wrong = [f"{used} {name} of {limit}" for name, (used, limit) in totals.items() if used > limit]
    if not box.pinnable and any(request.pinned for request in requests):
        wrong.append("a request is pinned to the other driver")
    ranges = [workload.ranges[network] for network in networks]
    if not box.isolates and len(set(ranges)) < len(ranges):
        wrong.append("overlapping addresses")
    return wrong
