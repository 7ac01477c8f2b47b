"""A PostgreSQL primary and its synchronous standby, each with an address of its own."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.chaos.database import Database
from tests.servers.process import folder_for

_USER = "postgres"
_SECONDS = 20.0
_WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_STREAMS = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"


class PostgresPair:
    """Two servers, of which `primary` takes writes and acknowledges none that `standby` has not.

    `url` names both. What takes over is a primary without a standby until the other one
    comes back.
    """

    def __init__(self, primary: Database, standby: Database) -> None:
        self.primary = primary
        self.standby = standby
        hosts = "&".join(f"host={each.address}:5432" for each in (primary, standby))
        self.url = f"postgresql://{_USER}@/{_USER}?{hosts}&target_session_attrs=read-write"

    def replicate(self) -> None:
        """Have the one that does not run follow the other, and each commit wait for it."""
        self.standby.follow(self.primary)
        self.standby.start()
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.primary.execute("SELECT pg_reload_conf()")
        _wait_for(self.primary, _STREAMS)

    def kill(self) -> None:
        """Kill the primary while a commit waits for the standby."""
        self.standby.pause()
        _wait_for(self.primary, _WAITS)
        self.primary.kill()
        self.standby.resume()

    def stop(self) -> None:
        """End the primary in good order, whoever uses it."""
        self.primary.stop()

    def promote(self) -> None:
        """Have the standby take over, for which there must be no primary any more."""
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary


@contextmanager
def postgres_pair() -> Iterator[PostgresPair]:
    """A pair of one's own, which replicates."""
    network = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"
    with ExitStack() as stack:
        servers = []
        for number in (1, 2):
            folder = stack.enter_context(folder_for(_USER))
            servers.append(Database(folder, f"{network}.{number}"))
            stack.callback(servers[-1].stop)
        pair = PostgresPair(*servers)
        pair.primary.initialize()
        pair.primary.start()
        pair.replicate()
        yield pair


def _wait_for(server: Database, query: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not server.execute(query):
        assert time.monotonic() < deadline, f"never: {query}"
        time.sleep(0.01)
