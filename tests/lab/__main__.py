"""``python -m tests.lab [PART...]``: all tests of the lab, each part in namespaces of its own.

A part is a folder below this one, ``lab`` (the lab itself) or ``features``. Two run at a time, the
longest first. When one has ended, its last lines are shown, or all of them if it failed; at the end
what failed is said once more.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.lab.environment import install_neutron
from tests.lab.failures import failures
from tests.lab.run import problem

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_AT_A_TIME = 2
_LAST = 8
"""Lines that say how many passed, and what took longest."""
_FIRST = ("isolation", "features", "wiring", "embedded", "haproxy")
"""Those that take minutes."""


def main(wanted: list[str]) -> int:
    """Run the parts that are wanted, all for none; 0 when all of them passed."""
    if (reason := problem()) is not None:
        print(reason, file=sys.stderr)
        return 2
    parts = commands()
    if unknown := set(wanted) - parts.keys():
        print(f"No part {', '.join(unknown)}; there are {', '.join(parts)}", file=sys.stderr)
        return 2
    # Nothing can be downloaded from inside.
    install_neutron()
    chosen = wanted or list(parts)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        running = [pool.submit(_run, name, parts[name]) for name in chosen]
        failed = dict(ended for done in as_completed(running) if (ended := done.result()))
    for name, lines in failed.items():
        print(f"=== failed in {name}", *failures(lines), "", sep="\n")
    print(f"lab: {len(chosen) - len(failed)} parts passed, {len(failed)} failed {[*failed] or ''}")
    return 1 if failed else 0


def commands() -> dict[str, list[str]]:
    """The command of each part, in the order in which they begin."""
    folders = sorted(path.name for path in _HERE.iterdir() if list(path.glob("test_*.py")))
    pytest = [sys.executable, "-m", "pytest", "-q", "--durations=3"]
    of_all = {name: [*pytest, f"tests/lab/{name}"] for name in folders}
    of_all["lab"] = [*pytest, *(f"tests/lab/{path.name}" for path in _HERE.glob("test_*.py"))]
    behave = [sys.executable, "-m", "behave", "-D", "deployment=quantum"]
    of_all["features"] = [*behave, "--format", "plain", "--no-skipped"]
    order = [*_FIRST, *(name for name in of_all if name not in _FIRST)]
    return {name: of_all[name] for name in order}


def _run(name: str, command: list[str]) -> tuple[str, list[str]] | None:
    """Run a part; its name and what it printed, if it failed."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.run", *command],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    took = time.monotonic() - began
    lines = done.stdout.splitlines()
    shown = lines if done.returncode else lines[-_LAST:]
    print(f"=== lab: {name} ({took:.0f} s)", *shown, "", sep="\n", flush=True)
    return (name, lines) if done.returncode else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
