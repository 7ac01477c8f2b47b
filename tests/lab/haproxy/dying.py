"""``python -m tests.lab.haproxy.dying FILE STEP``: carry out orders, and be killed at a step.

The file has a pickled state directory, device handle and orders. Steps are everything that
changes the host, HAProxy or the files, counted from 0. Exits with 0 when there are fewer.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.devices.haproxy import NAMESPACE_PLUGIN
from adapters.devices.haproxy.master import Master
from adapters.devices.haproxy.process import Process
from adapters.devices.haproxy.store import Store
from adapters.devices.hosting import bridges, ends, namespaces, veth
from adapters.devices.hosting.openvswitch import OpenVSwitch

STEPS: tuple[tuple[Any, str], ...] = (
    (namespaces, "make"),
    (namespaces, "remove"),
    (namespaces.netns, "attach"),
    (veth, "make"),
    (veth, "raise_outer"),
    (ends, "furnish"),
    (bridges, "join"),
    (bridges, "leave"),
    (OpenVSwitch, "plug"),
    (OpenVSwitch, "unplug"),
    (Store, "put_wire"),
    (Store, "remove_wire"),
    (Store, "put_service"),
    (Store, "remove_service"),
    (Store, "begin_change"),
    (Store, "end_change"),
    (Store, "write_config"),
    (Process, "start"),
    (Master, "reload"),
)


class Death:
    """Comes before the step of this number, and only once."""

    def __init__(self, step: int) -> None:
        self._left = step

    def before(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*given: Any, **named: Any) -> Any:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            return act(*given, **named)

        return mortal


def main(file: str, step: str) -> None:
    state_dir, handle, orders = pickle.loads(Path(file).read_bytes())
    death = Death(int(step))
    for owner, name in STEPS:
        setattr(owner, name, death.before(getattr(owner, name)))
    driver = NAMESPACE_PLUGIN.open(state_dir)
    outcomes = driver.apply(handle, orders, complete=False)
    failures = [each.failure for each in outcomes if each.failure]
    sys.exit("; ".join(failures) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
