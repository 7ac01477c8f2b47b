"""What the parts of one run share: fleets, databases, and what is shown meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.placement.databases import PostgresDatabase, server
from benchmarks.placement.durable import Stored, stored
from benchmarks.placement.filling import Filled, Watch, filled
from benchmarks.placement.in_memory import Tail
from benchmarks.placement.scene import Popularity, Scene
from benchmarks.placement.sizes import Sizes
from tests.servers.postgres import Postgres

_TABLES = 8


class Run:
    """Fleets and databases are made when they are first asked for, and removed at the end."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._ends = ExitStack()
        self._fleets: dict[int, Filled] = {}
        self._stored: dict[int, Stored] = {}
        self._server: Postgres | None = None
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> "Run":
        self._ends.enter_context(self._progress)
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @contextmanager
    def showing(self, what: str, total: int | None = None) -> Iterator[Watch]:
        """Show what is being done, and how much of it is."""
        task = self._progress.add_task(what, total=total)
        yield lambda more: self._progress.advance(task, more)
        self._progress.remove_task(task)

    def say(self, text: str) -> None:
        """Tell how far it is."""
        self._progress.console.print(text, markup=False, highlight=False)

    def timed(self, scene: Scene, tail: Tail) -> Filled:
        """A new fleet, whose last VIPs are timed."""
        last = min(self.sizes.timed, scene.vips // 10)
        with self.showing(f"filling {label_of(scene)}", scene.vips) as watch:
            found = filled(scene, watch, step=tail.step, last=last)
        if scene.popularity is Popularity.UNIFORM:
            self._fleets[scene.size] = found
        return found

    def fleet(self, size: int) -> Filled:
        """A fleet with uniform networks, to be stored."""
        if size not in self._fleets:
            scene = Scene(size, Popularity.UNIFORM)
            with self.showing(f"filling {label_of(scene)}", scene.vips) as watch:
                self._fleets[size] = filled(scene, watch)
        return self._fleets[size]

    def server(self) -> Postgres:
        """The run's PostgreSQL."""
        if self._server is None:
            self._server = self._ends.enter_context(server())
        return self._server

    def in_postgresql(self, size: int) -> Stored:
        """A fleet in a database of its own."""
        if size not in self._stored:
            fleet, database = self.fleet(size), PostgresDatabase(self.server(), f"fleet_{size}")
            with self.showing(f"storing {size:,} devices in PostgreSQL", _TABLES) as watch:
                found = self._stored[size] = stored(database, fleet, watch)
            self._ends.callback(found.store.close)
        return self._stored[size]


def label_of(scene: Scene) -> str:
    """What figures of a scene are called."""
    return f"{scene.size:,} devices, {scene.popularity} networks"
