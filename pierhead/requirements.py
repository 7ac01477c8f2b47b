"""What each role must be told before it can start."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pierhead.errors import StartupError
from pierhead.from_neutron import BUS, DATABASE, with_neutron_conf
from pierhead.secret_files import check_private
from pierhead.settings import Settings
from pierhead.wiring_requirements import check_inside_neutron, check_wiring

_DATABASES = ("postgresql", "mysql", "mariadb")
_BUSES = ("amqp", "amqps")


class Role(StrEnum):
    """What a process of a split deployment does."""

    API = "api"
    CONDUCTOR = "conductor"
    AGENT = "agent"


def completed(role: Role, settings: Settings) -> Settings:
    """The settings with what Neutron's configuration says of what the role needs and they leave
    out. Raises StartupError."""
    return with_neutron_conf(settings, _FROM_NEUTRON[role])


def check(role: Role, settings: Settings) -> None:
    """Raise StartupError with the first setting that is missing or makes no sense."""
    for look in _CHECKS[role]:
        look(settings)


def check_all_in_one(settings: Settings) -> None:
    """The same for `pierhead serve`, which is all roles at once."""
    for look in (_drivers, check_wiring):
        look(settings)


def check_embedded(settings: Settings) -> None:
    """The same for the service plugin inside Neutron, which wires by calls within the process."""
    for look in (_database, _bus, _keys, _bus_key, _drivers, check_inside_neutron):
        look(settings)


def _database(settings: Settings) -> None:
    if not settings.database_url:
        raise StartupError(
            "database_url is not set: api and conductor share a database, such as "
            "postgresql://pierhead@db.example/pierhead"
        )
    kind = _scheme("database_url", settings.database_url).partition("+")[0]
    if kind not in _DATABASES:
        hint = "; SQLite is for `pierhead serve`" if kind == "sqlite" else ""
        raise StartupError(f"database_url: {kind!r} is none of {', '.join(_DATABASES)}{hint}")
    if settings.database_ca_file:
        _readable("database_ca_file", settings.database_ca_file)
    settings.database_address()


def _bus(settings: Settings) -> None:
    if not settings.amqp_url:
        raise StartupError(
            "amqp_url is not set: all roles share a RabbitMQ, such as "
            "amqp://pierhead@mq.example/pierhead"
        )
    schemes = {_scheme("amqp_url", url) for url in settings.amqp_url}
    for scheme in sorted(schemes.difference(_BUSES)):
        raise StartupError(f"amqp_url: {scheme!r} is none of {', '.join(_BUSES)}")
    if settings.amqp_ca_file:
        if "amqps" not in schemes:
            raise StartupError("amqp_ca_file is for an amqp_url that begins with amqps://")
        _readable("amqp_ca_file", settings.amqp_ca_file)
    settings.amqp_password()


def _bus_key(settings: Settings) -> None:
    if settings.bus_key_file:
        check_private("bus_key_file", Path(settings.bus_key_file))


def _keys(settings: Settings) -> None:
    if not settings.secret_key_file:
        raise StartupError(
            "secret_key_file is not set: api and conductor share the key of secret device "
            "parameters; make it once with: openssl rand -base64 32"
        )
    # It is not made here, where every machine would make another one.
    check_private("secret_key_file", Path(settings.secret_key_file))


def _drivers(settings: Settings) -> None:
    if not settings.drivers:
        raise StartupError("drivers is empty: there would be nothing to place services on")


def _scheme(setting: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise StartupError(f"{setting} is no URL") from None
    if not parts.scheme or "://" not in url:
        raise StartupError(f"{setting} is no URL")
    return parts.scheme


def _readable(setting: str, file: str) -> None:
    try:
        with Path(file).open("rb"):
            pass
    except OSError as error:
        raise StartupError(f"{setting}: {file}: {error.strerror}") from error


_FROM_NEUTRON = {
    Role.API: (DATABASE, BUS),
    Role.CONDUCTOR: (DATABASE, BUS),
    Role.AGENT: (BUS,),
}

_CHECKS: dict[Role, tuple[Callable[[Settings], None], ...]] = {
    Role.API: (_database, _bus, _keys, _drivers, check_wiring),
    Role.CONDUCTOR: (_database, _bus, _keys, _bus_key, _drivers, check_wiring),
    Role.AGENT: (_bus, _bus_key, _drivers),
}
