"""What Neutron's configuration says of us, checked before anything starts."""

from pathlib import Path

from oslo_config import cfg

from pierhead.errors import StartupError
from pierhead.neutron.options import GROUP, ConductorPlace, register
from pierhead.requirements import Role, check_embedded, completed
from pierhead.settings import Settings, Wiring, current, load


def settings_of(conf: cfg.ConfigOpts) -> Settings:
    """Our own settings, completed by Neutron's: its database, and its bus unless ours names
    another. Raises StartupError."""
    register(conf)
    file = conf[GROUP].config_file
    if not file:
        raise StartupError(
            f"[{GROUP}] config_file is not set in Neutron's configuration: it names Pierhead's "
            "own configuration file, such as /etc/pierhead/pierhead.toml"
        )
    implied = {"neutron_conf": _files(conf), "wiring": Wiring.NEUTRON.value}
    settings = completed(Role.API, load(Path(file), current(), implied))
    check_embedded(settings)
    return settings


def _files(conf: cfg.ConfigOpts) -> tuple[str, ...]:
    """All that Neutron reads, the later over the earlier."""
    in_folders = [
        str(file) for folder in conf.config_dirs for file in sorted(Path(folder).glob("*.conf"))
    ]
    return (*conf.config_file, *in_folders)


def conductor_place(conf: cfg.ConfigOpts) -> ConductorPlace:
    """Where conductors run."""
    register(conf)
    return ConductorPlace(conf[GROUP].conductor)
