"""A picture of how full the fleet gets. Needs matplotlib, which the extra `bench` installs."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.quality.report import TITLES, Row

_OURS = "#b5402a"
_OTHERS = ("#c9d1d9", "#aab6c2", "#8b9bab", "#6d8094", "#50667d")
_BARS = 0.84
"""How much of a regime's place its bars take."""
_TALL = 45
"""A bar of so many percent holds its policy's name."""


def can_draw() -> bool:
    """Whether a figure can be drawn here."""
    return find_spec("matplotlib") is not None


def draw(rows: Sequence[Row], file: Path) -> None:
    """Write a PNG: bars of the first refusal by regime, each with its policy and number."""
    # Installed only with the extra, and slow to import.
    from matplotlib.backends.backend_agg import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        FigureCanvasAgg,
    )
    from matplotlib.figure import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        Figure,
    )

    regimes = list(dict.fromkeys(row.regime for row in rows))
    figure: Any = Figure(figsize=(3.1 * len(regimes) + 0.8, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for place, regime in enumerate(regimes):
        _group(axes, place, [row for row in rows if row.regime == regime])
    axes.axhline(100, color="black", linewidth=0.8, linestyle=":")
    axes.text(-0.53, 100.5, "upper bound", va="bottom", fontsize=9)
    axes.set_xlim(-0.55, len(regimes) - 0.45)
    axes.set_xticks(range(len(regimes)), [TITLES[regime] for regime in regimes], fontsize=11)
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(0, 107)
    axes.set_yticks(range(0, 101, 20), [f"{tick} %" for tick in range(0, 101, 20)])
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("VIPs placed before the first refusal, of an upper bound", loc="left")
    figure.savefig(file, dpi=130)


def _group(axes: Any, place: int, rows: Sequence[Row]) -> None:
    width = _BARS / len(rows)
    for number, row in enumerate(rows):
        across = place - _BARS / 2 + width * (number + 0.5)
        color = _OURS if row.is_ours else _OTHERS[number % len(_OTHERS)]
        _bar(axes, across, 0.92 * width, row, color, dark=row.is_ours or number > 1)


def _bar(axes: Any, across: float, width: float, row: Row, color: str, *, dark: bool) -> None:
    height = 100 * row.of_bound
    axes.bar(across, height, width, color=color)
    tall = height > _TALL
    font = {
        "ha": "center",
        "fontsize": 9,
        "weight": "bold" if row.is_ours else "normal",
        "color": "white" if tall and dark else "black",
    }
    label = f"{height:.1f}" if row.is_ours else f"{height:.0f}"
    if tall:
        axes.text(across, height - 1, label, va="top", **font)
        axes.text(across, 2, row.policy, va="bottom", rotation=90, **font)
    else:
        axes.text(across, height + 1, label, va="bottom", **font)
        axes.text(across, height + 6, row.policy, va="bottom", rotation=90, **font)
