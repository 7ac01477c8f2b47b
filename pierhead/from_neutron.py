"""Fills settings from Neutron's own configuration."""

from collections.abc import Iterable

import msgspec

from pierhead.neutron_conf import NeutronConf
from pierhead.settings import Settings

DATABASE, BUS = "database_url", "amqp_url"


def with_neutron_conf(settings: Settings, names: Iterable[str]) -> Settings:
    """The settings with those of `names` (DATABASE, BUS) that are empty as Neutron's files say.

    Without files in `neutron_conf` they stay empty. Raises StartupError.
    """
    missing = [name for name in names if not getattr(settings, name)]
    if not missing or not settings.neutron_conf:
        return settings
    conf = NeutronConf(settings.neutron_conf)
    told: dict[str, object] = {}
    if DATABASE in missing:
        told[DATABASE] = conf.database_url()
    if BUS in missing:
        told[BUS] = conf.amqp_urls()
    return msgspec.structs.replace(settings, **told)
