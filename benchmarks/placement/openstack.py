"""openstack-placement from PyPI on the same PostgreSQL, in a virtual environment of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, percentile
from tests.servers.postgres import Postgres

_PACKAGES = ("openstack-placement==16.0.0", "psycopg2-binary")
_CONFIGURATION = """\
[placement_database]
connection = postgresql+psycopg2://postgres@/{database}?host={folder}
[api]
auth_strategy = noauth2
"""


def openstack_placement(server: Postgres, providers: int, rounds: int) -> list[Figure]:
    """GET one candidate and PUT its allocation, one claim after the other."""
    database = f"openstack_{providers}"
    server.create(database)
    with tempfile.TemporaryDirectory(prefix="pierhead-bench-") as name:
        folder = Path(name)
        python = _environment(folder)
        (folder / "placement.conf").write_text(
            _CONFIGURATION.format(database=database, folder=server.folder)
        )
        script = Path(__file__).with_name("openstack_claims.py")
        said = _run([str(python), str(script), str(folder), str(providers), str(rounds)])
    server.drop(database)
    told = json.loads(said.splitlines()[-1])
    label = f"openstack-placement 16.0, {providers:,} providers"
    whole = [get + put for get, put in zip(told["get"], told["put"], strict=True)]
    return [
        Figure(
            name=f"{label}, GET one candidate, p50",
            value=percentile(told["get"], 50) * 1000,
            unit="ms",
            note=f"{rounds} times, its application called inside its process",
        ),
        Figure(
            name=f"{label}, PUT the allocation, p50",
            value=percentile(told["put"], 50) * 1000,
            unit="ms",
        ),
        Figure(name=f"{label}, claims one after the other", value=rounds / sum(whole), unit="/s"),
    ]


def _environment(folder: Path) -> Path:
    """The interpreter of a new virtual environment with the packages."""
    place = folder / "environment"
    python = place / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(place)])
    _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *_PACKAGES])
    return python


def _run(command: list[str]) -> str:
    """What a command printed; its errors are shown only when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout
