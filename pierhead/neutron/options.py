"""Our options in Neutron's configuration files."""

from enum import StrEnum

from oslo_config import cfg

GROUP = "pierhead"


class ConductorPlace(StrEnum):
    """Where conductors run."""

    OWN = "own"
    """As processes of their own, by `pierhead conductor`."""
    RPC_SERVER = "rpc-server"
    """In each worker of neutron-rpc-server."""


OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "config_file",
        default="",
        help="Pierhead's own configuration file (TOML), with amqp_url, secret_key_file, drivers.",
    ),
    cfg.StrOpt(
        "conductor",
        default=ConductorPlace.OWN.value,
        choices=[place.value for place in ConductorPlace],
        help="Where conductors run: as processes of their own (`pierhead conductor`), or in each "
        "worker of neutron-rpc-server.",
    ),
]

QUOTAS: list[cfg.Opt] = [
    cfg.IntOpt("quota_vip", default=10, help="VIPs per project; -1: unlimited."),
    cfg.IntOpt("quota_pool", default=10, help="Pools per project; -1: unlimited."),
    cfg.IntOpt("quota_member", default=-1, help="Members per project; -1: unlimited."),
    cfg.IntOpt(
        "quota_health_monitor", default=-1, help="Health monitors per project; -1: unlimited."
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Have Neutron's configuration know them; again does no harm."""
    conf.register_opts(OPTIONS, GROUP)
    conf.register_opts(QUOTAS, "QUOTAS")


def list_options() -> list[tuple[str, list[cfg.Opt]]]:
    """All of them, for the generator of sample configuration files."""
    return [(GROUP, OPTIONS), ("QUOTAS", QUOTAS)]
