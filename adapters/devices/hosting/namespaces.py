"""Network namespaces that have a name, as `ip netns` shows them."""

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pyroute2 import netns

DIRECTORY = Path(netns.NETNS_RUN_DIR)

Result = TypeVar("Result")


def inside(namespace: str, work: Callable[[], Result]) -> Result:
    """Do `work` in a thread that sees the namespace's network; what it raises is raised here.

    Raises FileNotFoundError when there is no such namespace.
    """
    return _in_thread(lambda: _enter(namespace), work)


def exists(namespace: str) -> bool:
    """Whether it is there, and not just the file that it would be mounted on."""
    try:
        return (DIRECTORY / namespace).stat().st_dev != DIRECTORY.stat().st_dev
    except FileNotFoundError:
        return False


def make(namespace: str) -> None:
    """Make one that does not exist. Raises OSError."""
    (DIRECTORY / namespace).unlink(missing_ok=True)
    _in_thread(_leave_network, lambda: netns.attach(namespace, "thread-self"))


def remove(namespace: str) -> None:
    """Take the name away; nothing happens when there is none. What is still in use in the
    namespace goes on. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        netns.remove(namespace)


def names(prefix: str) -> set[str]:
    """Those whose names begin so, also half made ones."""
    return {name for name in netns.listnetns() if name.startswith(prefix)}


def _enter(namespace: str) -> None:
    netns.setns(namespace, flags=0)


def _leave_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(netns.CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no network namespace can be made: {os.strerror(number)}")


def _in_thread(prepare: Callable[[], None], work: Callable[[], Result]) -> Result:
    """Only the thread is in another namespace, and nobody uses it afterwards."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            prepare()
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            errors.append(error)

    thread = threading.Thread(target=run, name="in-namespace")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
