"""What the person at the terminal sees: a line for each step, and the tables at the end."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from pierhead.demo.traffic import Tally

_WIDTH_WITHOUT_TERMINAL = 100


@dataclass
class Step:
    """One step as it went: `burst` are the requests sent after it, `meanwhile` those of the
    clients that never stop asking, `seconds` how long the change itself took."""

    title: str
    note: str = ""
    burst: Tally | None = None
    meanwhile: Tally = field(default_factory=Tally)
    seconds: float = 0.0


class Report:
    """Prints as things happen, and remembers for the table. `names` are the members'."""

    def __init__(self, names: Sequence[str]) -> None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
        self._console = console
        self._names = names
        self._steps: list[Step] = []

    def say(self, text: str, style: str = "") -> None:
        """A line of its own."""
        self._console.print(text, style=style, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show that a step is under way, and its note once it has been observed."""
        step = Step(title)
        began = time.monotonic()
        with self._console.status(title):
            yield step
        step.seconds = step.seconds or time.monotonic() - began
        self._steps.append(step)
        self.say(f"  ok  {title}  [{step.seconds:.2f} s]", "green")
        if step.note:
            self.say(f"      {step.note}", "dim")

    def decision(self, decision: Mapping[str, Any]) -> None:
        """Why this device: every device that was considered, the best first."""
        table = Table(title="Why this device", title_justify="left", title_style="bold")
        for heading in ("device", "verdict", "total", "because"):
            table.add_column(heading)
        for verdict in decision["verdicts"]:
            table.add_row(
                verdict["device_name"], "fits", f"{verdict['total']:.2f}", _because(verdict)
            )
        for device in decision["why_not"]["devices"]:
            if not device["fits"]:
                table.add_row(device["device_name"], "refused", "", _because(device))
        self._console.print(table)

    def answers(self) -> None:
        """Who answered after each step."""
        table = Table(
            title="Who answered after each step", title_justify="left", title_style="bold"
        )
        table.add_column("step")
        for name in self._names:
            table.add_column(name, justify="right")
        for heading in ("failed", "failed meanwhile", "seconds"):
            table.add_column(heading, justify="right")
        for step in self._steps:
            if step.burst is not None:
                table.add_row(step.title, *self._counts(step))
        self._console.print(table)

    def _counts(self, step: Step) -> list[str]:
        burst = step.burst or Tally()
        return [
            *(str(burst.answers[name]) for name in self._names),
            str(burst.failed),
            f"{step.meanwhile.failed} of {step.meanwhile.total}" if step.meanwhile.total else "",
            f"{step.seconds:.2f}",
        ]


def _because(verdict: Mapping[str, Any]) -> str:
    if not verdict["fits"]:
        return f"{'; '.join(each['text'] for each in verdict['reasons'])}: {verdict['remedy']}"
    return ", ".join(
        f"{term['score']} {term['value']:g} x {term['weight']:g}" for term in verdict["terms"]
    )
