"""``python -m tests.lab.run .venv/bin/python -m tests.lab.hold``: a lab to look at.

Says where everything is, as lines of a shell, and keeps the lab until it is told to stop or
its standard input ends.
"""

import argparse
import select
import shlex
import signal
import sys
from collections import defaultdict
from types import FrameType

from tests.lab.config import Choices
from tests.lab.site import NeutronLab


def _choices(arguments: list[str]) -> Choices:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.hold")
    parser.add_argument("--service-plugin", action="append", default=[])
    parser.add_argument("--mechanism-driver", action="append", default=[])
    parser.add_argument("--api-extensions-path", default="")
    parser.add_argument("--host", default="lab")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.OPTION=VALUE")
    given = parser.parse_args(arguments)
    extra: dict[str, dict[str, object]] = defaultdict(dict)
    for each in given.set:
        name, _, value = each.partition("=")
        section, _, option = name.rpartition(".")
        extra[section or "DEFAULT"][option] = value
    return Choices(
        service_plugins=given.service_plugin,
        mechanism_drivers=given.mechanism_driver,
        api_extensions_path=given.api_extensions_path,
        host=given.host,
        workers=given.workers,
        extra=extra,
    )


def _say(lab: NeutronLab) -> None:
    for name, value in {
        "LAB_URL": lab.url,
        "LAB_HOST": lab.host,
        "LAB_DATABASE_URL": lab.database_url,
        "LAB_AMQP_URL": lab.amqp_url,
        "LAB_PYTHON": lab.python,
        "LAB_FOLDER": lab.folder,
        "LAB_CONFIG_FILES": " ".join(map(str, lab.config_files)),
        "LAB_LOGS": " ".join(str(each.log_file) for each in lab.processes),
        "LAB_OVSDB": lab.switch.connection,
        "OVS_RUNDIR": lab.switch.folder,
    }.items():
        print(f"export {name}={shlex.quote(str(value))}")
    print("ready", flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Hold a lab; always successful when it could be started."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with NeutronLab(_choices(arguments)) as lab:
            _say(lab)
            while select.select([sys.stdin], [], [])[0] and sys.stdin.readline():
                continue
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
