"""What was acknowledged survives kill -9."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.persistence.sql import open_sql_store
from core.domain.query import Query
from tests.servers.fixtures import SERVERS

ROOT = Path(__file__).parents[3]
WRITER = """
import itertools, sys
from adapters.persistence.sql import open_sql_store
from tests.builders import a_device

store = open_sql_store(sys.argv[1])
first = int(sys.argv[2])
for number in itertools.count(first):
    with store.write() as work:
        work.devices.add(a_device(f"lb{number}"))
        work.ledger.set_limits(f"lb{number}", {"vips": number})
        begun = work.begin_commit()
    if number > first:
        until_done()
        print(f"lb{number - 1}", flush=True)
    until_done = begun
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", *SERVERS])
def test_acknowledged_units_of_work_survive_a_kill(request, tmp_path, kind):
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'state.db'}"
    else:
        url = request.getfixturevalue(f"{kind}_url")
    stored = set()
    for _ in range(2):
        acknowledged = stored | _write_until_killed(url, first=len(stored))
        store = open_sql_store(url)
        with store.read() as work:
            stored = {device.name for device in work.devices.find(Query())}
        store.close()
        assert acknowledged <= stored
        # The last ones may have been committed without a chance to say so.
        assert len(stored) <= len(acknowledged) + 2


def _write_until_killed(url: str, first: int) -> set[str]:
    command = [sys.executable, "-c", WRITER, url, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(40)]
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    return {line.strip() for line in lines if line.endswith("\n")}
