"""An upper bound: how many of the first arrivals no packing whatever can exceed.

A linear programme spreads the VIPs over the sorts of devices (driver, isolation) in
fractions, and opens fractions of networks. Devices of one sort are alike, so nothing is lost
by adding them up. Every packing of whole VIPs is a solution of it, so where it has none,
there is no packing. Needs highspy, which the extra `bench` installs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from benchmarks.quality.workload import Box, Request, Workload

_OPTIONS = {"output_flag": False, "solver": "ipm", "run_crossover": "off"}
_SLACK = 0.5
"""An interior-point solution is this exact by far: fewer VIPs placed means that not all fit."""


def counted_bound(workload: Workload) -> int:
    """The simplest bound, by adding up: VIP slots, throughput, and VLANs for each network."""
    throughput = sum(box.throughput for box in workload.boxes)
    vlans = sum(box.vlans for box in workload.boxes)
    taken = accumulate(request.throughput for request in workload.arrivals)
    networks: set[int] = set()
    for number, (request, so_far) in enumerate(zip(workload.arrivals, taken, strict=True)):
        networks.update(request.networks)
        if number >= workload.slots or so_far > throughput or len(networks) > vlans:
            return number
    return len(workload.arrivals)


def has_solver() -> bool:
    """Whether the linear programme can be solved here."""
    return find_spec("highspy") is not None


def linear_bound(workload: Workload, known: int) -> int:
    """The most first arrivals that the linear programme places all; `known` can be placed."""
    low, high = known, counted_bound(workload)
    middle = high
    while low < high:
        if _places_all(workload, workload.arrivals[:middle]):
            low = middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
    return low


@dataclass(slots=True)
class _Programme:
    """Columns from 0 up to `upper`, and rows of coefficients between bounds."""

    gain: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[float, float, Mapping[int, float]]] = field(default_factory=list)

    def column(self, gain: float, upper: float) -> int:
        self.gain.append(gain)
        self.upper.append(upper)
        return len(self.gain) - 1

    def at_most(self, limit: float, terms: Mapping[int, float]) -> None:
        self.rows.append((float("-inf"), limit, terms))

    def best(self, enough: float) -> float:
        """The largest total gain; any that is `enough` will do."""
        # Installed only with the extra, and slow to import.
        import highspy  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        import numpy as np  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

        model: Any = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.gain), len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.gain)
        model.col_lower_ = np.zeros(len(self.gain))
        model.col_upper_ = np.array(self.upper)
        model.row_lower_ = np.array([row[0] for row in self.rows])
        model.row_upper_ = np.array([row[1] for row in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array([0, *accumulate(len(row[2]) for row in self.rows)])
        model.a_matrix_.index_ = np.array([column for row in self.rows for column in row[2]])
        model.a_matrix_.value_ = np.array(
            [value for row in self.rows for value in row[2].values()], dtype=float
        )
        solver: Any = highspy.Highs()
        for option, value in _OPTIONS.items():
            solver.setOptionValue(option, value)
        solver.passModel(model)
        solver.run()
        found = float(solver.getInfo().objective_function_value)
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal or found >= enough:
            return found
        # Not exact enough to rule a packing out.
        solver.setOptionValue("run_crossover", "on")
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS: {solver.modelStatusToString(solver.getModelStatus())}")
        return float(solver.getInfo().objective_function_value)


_Sort = tuple[bool, bool]
_Kind = tuple[tuple[int, ...], bool]


def _places_all(workload: Workload, requests: Sequence[Request]) -> bool:
    sorts: dict[_Sort, list[Box]] = defaultdict(list)
    for box in workload.boxes:
        sorts[box.pinnable, box.isolates].append(box)
    kinds: dict[_Kind, list[Request]] = defaultdict(list)
    for request in requests:
        kinds[request.networks, request.pinned].append(request)
    programme = _Programme()
    placed: dict[_Kind, dict[int, float]] = defaultdict(dict)
    for (pinnable, isolates), boxes in sorts.items():
        some = {kind: alike for kind, alike in kinds.items() if pinnable or not kind[1]}
        columns = _add_sort(programme, workload, boxes, some, isolates=isolates)
        for kind, column in columns.items():
            placed[kind][column] = 1.0
    for kind, terms in placed.items():
        programme.at_most(len(kinds[kind]), terms)
    enough = len(requests) - _SLACK
    return programme.best(enough) >= enough


def _add_sort(
    programme: _Programme,
    workload: Workload,
    boxes: Sequence[Box],
    kinds: Mapping[_Kind, Sequence[Request]],
    *,
    isolates: bool,
) -> dict[_Kind, int]:
    """Add the limits of one sort of devices; returns, by kind, the VIPs placed on them."""
    columns: dict[_Kind, int] = {}
    opened: dict[int, int] = {}
    throughput: dict[int, float] = {}
    users: dict[int, dict[int, float]] = defaultdict(dict)
    for kind, alike in kinds.items():
        column = columns[kind] = programme.column(1.0, len(alike))
        throughput[column] = sum(request.throughput for request in alike) / len(alike)
        for network in kind[0]:
            if network not in opened:
                opened[network] = programme.column(0.0, len(boxes))
            users[network][column] = 1.0
            # Where a part of the VIPs is, at least this part of a device has the network.
            programme.at_most(0.0, {column: 1.0, opened[network]: -float(len(alike))})
    box = boxes[0]
    for network, terms in users.items():
        programme.at_most(0.0, {**terms, opened[network]: -float(box.vips)})
        loads = {column: throughput[column] for column in terms}
        programme.at_most(0.0, {**loads, opened[network]: -float(box.throughput)})
    number = len(boxes)
    programme.at_most(number * box.vips, dict.fromkeys(columns.values(), 1.0))
    programme.at_most(number * box.throughput, throughput)
    programme.at_most(number * box.vlans, dict.fromkeys(opened.values(), 1.0))
    if not isolates:
        sharing: dict[int, dict[int, float]] = defaultdict(dict)
        for network, column in opened.items():
            sharing[workload.ranges[network]][column] = 1.0
        for terms in sharing.values():
            programme.at_most(number, terms)
    return columns
