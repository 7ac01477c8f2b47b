"""``python -m tests.chaos --minutes 10 --seed 1``: exits with 1 when something did not hold."""

import argparse
import secrets
import sys

from tests.chaos.run import run


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text[:100]}")
        sys.stderr.flush()


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat it")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    report = run(options.minutes * 60.0, seed, progress=_tell)
    _tell("")
    sys.stdout.write(f"{report}\n")
    return 0 if report.held else 1


if __name__ == "__main__":
    sys.exit(main())
