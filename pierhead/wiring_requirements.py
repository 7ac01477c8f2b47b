"""What the setting `wiring` asks of the other settings."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from pierhead.errors import StartupError
from pierhead.settings import NeutronAuth, Settings, Wiring, current

_ON_LOOPBACK, _IN_NAMESPACES = "haproxy", "haproxy-namespace"

_CREDENTIALS = ("OS_CLOUD", "OS_AUTH_URL")
"""Variables of the environment, one of which says where Keystone is."""


def check_wiring(settings: Settings) -> None:
    """Raise StartupError when the wiring, its own settings and the drivers do not go together."""
    _check_drivers(settings)
    if settings.wiring is Wiring.NEUTRON:
        _check_neutron(settings, current())
    else:
        _check_no_neutron(settings)


def check_inside_neutron(settings: Settings) -> None:
    """The same for a process of Neutron's own, which needs no way to Neutron."""
    if settings.wiring is not Wiring.NEUTRON:
        raise StartupError(f"wiring is {settings.wiring}, and inside Neutron it is neutron")
    _check_drivers(settings)


def _check_drivers(settings: Settings) -> None:
    loopback = settings.wiring is Wiring.LOOPBACK
    if not loopback and _ON_LOOPBACK in settings.drivers:
        raise StartupError(
            f"drivers: {_ON_LOOPBACK} serves on the host's own loopback addresses only; with "
            f"wiring = {settings.wiring} use {_IN_NAMESPACES}"
        )
    if loopback and _IN_NAMESPACES in settings.drivers:
        raise StartupError(
            f"drivers: {_IN_NAMESPACES} serves in tenants' networks, and wiring = loopback has "
            f"none; use {_ON_LOOPBACK}, or wiring = linux or neutron"
        )


def _check_neutron(settings: Settings, environment: Mapping[str, str]) -> None:
    if settings.neutron_auth is NeutronAuth.NONE:
        if settings.neutron_cloud:
            raise StartupError(
                "neutron_cloud is for neutron_auth = keystone; with none, use neutron_url"
            )
        _check_url(settings.neutron_url)
        return
    if settings.neutron_url:
        raise StartupError(
            "neutron_url is for neutron_auth = none; with keystone, its catalogue says where "
            "Neutron is"
        )
    if not settings.neutron_cloud and not any(map(environment.get, _CREDENTIALS)):
        raise StartupError(
            "neutron_cloud is not set, and neither is OS_CLOUD or OS_AUTH_URL: wiring = neutron "
            "needs credentials of a service user, from clouds.yaml or the environment"
        )


def _check_url(url: str) -> None:
    if not url:
        raise StartupError(
            "neutron_url is not set: with neutron_auth = none, wiring = neutron must be told "
            "where Neutron answers, such as http://127.0.0.1:9696"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise StartupError("neutron_url is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StartupError("neutron_url is no URL that begins with http:// or https://")


def _check_no_neutron(settings: Settings) -> None:
    for name in ("neutron_url", "neutron_cloud"):
        if getattr(settings, name):
            raise StartupError(f"{name} is for wiring = neutron, and wiring is {settings.wiring}")
