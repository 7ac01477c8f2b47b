"""A wrong configuration stops Neutron's start with one clear line."""

import subprocess

import pytest

_AS_NEUTRON_DOES = """
import sys
from neutron.common import config
from oslo_config import cfg
from pierhead.neutron.assembly import Assembly
config.register_common_config_options()
config.init(sys.argv[1:])
Assembly.of(cfg.CONF)
"""


def last_line(house, tmp_path, command, line):
    """The last thing that a process says whose configuration has this line in [pierhead]."""
    own = tmp_path / "own.conf"
    own.write_text(f"[pierhead]\nconfig_file =\n{line}\n")
    files = [word for file in (*house.lab.config_files, own) for word in ("--config-file", file)]
    done = subprocess.run(
        [*command, *files],
        env=house.lab.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()[-1]


def test_the_server_stops(house, tmp_path):
    command = house.lab.environment.script("neutron-rpc-server")
    assert last_line(house, tmp_path, command, "").startswith(
        "pierhead: [pierhead] config_file is not set in Neutron's configuration"
    )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (None, "/pierhead.toml: No such file or directory"),
        ('drivrs = ["memory"]', "drivrs is no setting; did you mean drivers?"),
        ('drivers = ["memory"]', "secret_key_file is not set"),
        ('drivers = ["none"]\nsecret_key_file = "{key}"', "'none' is not installed"),
        ('drivers = ["haproxy"]\nsecret_key_file = "{key}"', "use haproxy-namespace"),
    ],
)
def test_it_says_what_is_wrong(house, setup, tmp_path, settings, told):
    file = tmp_path / "pierhead.toml"
    if settings is not None:
        file.write_text(settings.format(key=setup.key))
    command = [str(house.lab.python), "-c", _AS_NEUTRON_DOES]
    said = last_line(house, tmp_path, command, f"config_file = {file}")
    assert said.startswith("pierhead: ")
    assert told in said
