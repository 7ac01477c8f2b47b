"""``python -m tests.servers --install``: have the servers that the tests start.

Installs what is missing when it can, as root on Debian; otherwise says what to install. Makes
Neutron's virtual environment too.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.environment import install_neutron
from tests.servers.process import NotInstalled, program

_NEEDED = {
    "postgresql": ("initdb", "/usr/lib/postgresql/*/bin"),
    "mariadb-server": ("mariadbd", "/usr/sbin"),
    "galera-4": ("libgalera_smm.so", "/usr/lib/galera"),
    "haproxy": ("haproxy", "/usr/sbin"),
    "rsync": ("rsync", "/usr/bin"),
    "rabbitmq-server": ("rabbitmq-server", "/usr/lib/rabbitmq/bin"),
    "openvswitch-switch": ("ovs-vswitchd", "/usr/sbin"),
    "iproute2": ("ip", "/usr/sbin"),
    "ethtool": ("ethtool", "/usr/sbin"),
    "nftables": ("nft", "/usr/sbin"),
    "util-linux": ("setpriv", "/usr/bin"),
}
"""Debian's packages, and a program of each with the folder where it is."""
_POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """The packages that are not installed."""
    return [package for package, (name, folder) in _NEEDED.items() if not _there(name, folder)]


def _there(name: str, folder: str) -> bool:
    try:
        program(name, folder)
    except NotInstalled:
        return False
    return True


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep Debian from starting what it installs."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, check=True)


def main(arguments: list[str]) -> int:
    """The exit status: 0 when all servers are there, 2 when somebody must install them."""
    wanted = missing()
    install = arguments == ["--install"]
    if wanted:
        if not install or os.geteuid() != 0 or shutil.which("apt-get") is None:
            command = f"apt-get install {' '.join(wanted)}"
            print(f"The tests need servers; as root, run: {command}", file=sys.stderr)
            return 2
        _install(wanted)
    if install:
        install_neutron()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
