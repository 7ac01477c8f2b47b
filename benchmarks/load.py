"""Traffic from a process of its own, so that it does not share an interpreter with the clock."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from pierhead.demo.traffic import Stream, Tally

_PAUSE = 0.01
"""Seconds between two requests of one client."""


@dataclass
class LoadResult:
    """Filled in when the load has ended."""

    tally: Tally = field(default_factory=Tally)
    reconnections: int = 0
    seconds: float = 0.0


@contextmanager
def load(targets: Sequence[tuple[str, int]], *, clients: int = 8) -> Iterator[LoadResult]:
    """Requests for as long as the context lasts; half of the clients keep their connections."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_generate, args=(tuple(targets), clients, theirs), daemon=True)
    process.start()
    result = LoadResult()
    try:
        mine.recv()
        yield result
        mine.send("stop")
        result.tally, result.reconnections, result.seconds = mine.recv()
    finally:
        process.terminate()
        process.join()


def _generate(targets: Sequence[tuple[str, int]], clients: int, parent: Connection) -> None:
    began = time.monotonic()
    with Stream(targets, clients=clients, pause=_PAUSE) as stream:
        parent.send("started")
        parent.recv()
    parent.send((stream.between(began), stream.reconnections, time.monotonic() - began))
