"""``python -m tests.concurrency.nursery FOLDER URL``: forks rivals, which start in no time.

Reads one number a line, the seed of the next rival, and answers with its process id. A minus
before it: one that stops itself in its first unit of work. The file ``stop`` in the folder
ends them all, the end of the input ends this.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

from adapters.persistence.sql import engine
from tests.concurrency.rival import Rival

IDLE_SECONDS = 3


def main(folder: Path, url: str) -> None:
    """Fork on demand. The dead are not waited for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    engine._IDLE_SECONDS = IDLE_SECONDS
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(folder, url, int(line))
        print(child, flush=True)


def _live(folder: Path, url: str, seed: int) -> None:
    try:
        rival = Rival(url, seed, folder / f"{os.getpid()}.log")
        if seed < 0:
            rival.pause_inside(f"paused-{-seed}")
        rival.run((folder / "stop").exists)
    except BaseException:  # noqa: BLE001 - a child must not come back as its parent
        (folder / f"{os.getpid()}.error").write_text(traceback.format_exc())
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
