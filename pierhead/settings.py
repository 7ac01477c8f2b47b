"""Settings: defaults, then the configuration file, then the environment, then the command line."""

import difflib
import ipaddress
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from pierhead.errors import StartupError
from pierhead.secret_files import read_secret
from pierhead.urls import has_password, with_certificates, with_password

PREFIX = "PIERHEAD_"

_LISTS = frozenset(
    {"drivers", "agent_zones", "amqp_url", "neutron_conf", "neutron_security_groups"}
)
"""What may be one text with commas between."""

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,64}$")]
"""A part of queues' names."""


class Wiring(StrEnum):
    """How devices get to tenants' networks."""

    LOOPBACK = "loopback"
    """They are there already: every network is a part of the host's loopback interface."""
    LINUX = "linux"
    """On Linux bridges and VLANs of the agents' hosts, by the catalogue of networks here."""
    NEUTRON = "neutron"
    """On Neutron's networks, by its ports."""


class NeutronAuth(StrEnum):
    """How Neutron is told who asks."""

    KEYSTONE = "keystone"
    NONE = "none"
    """By headers that it believes: for a Neutron that only this host reaches."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator can set, of all roles; each role reads what concerns it."""

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    """Address to listen on. Callers are not authenticated: keep it on loopback."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 9797
    """Port to listen on; 0 picks a free one."""
    http_threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 8
    max_private_devices: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 10
    """Devices of its own that a tenant may register."""

    database_url: str = ""
    """The database that api and conductor share, as SQLAlchemy names it."""
    database_password_file: str = ""
    database_ca_file: str = ""
    """Certificates with which the database must prove itself; empty: as the URL says."""
    amqp_url: tuple[str, ...] = ()
    """The bus between all roles, amqp:// or amqps://; of a cluster, several nodes."""
    amqp_password_file: str = ""
    amqp_ca_file: str = ""
    """Certificates with which the bus must prove itself; empty: those of the system."""
    bus_key_file: str = ""
    """Keys with which conductors seal devices' parameters for agents; empty: they go unsealed."""
    amqp_prefix: Annotated[_Name, msgspec.Meta(min_length=1)] = "pierhead"
    """What the names of all queues begin with: two installations can share a bus."""
    secret_key_file: str = ""
    """Keys of secret device parameters, the same for api and conductor; empty: in state_dir."""

    agent_id: _Name = ""
    """The agent's own name, which no other may have; empty: the name of the host."""
    agent_host: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """The agent's host as Neutron knows it, where ports are bound; empty: the host's own name."""
    agent_group: Annotated[_Name, msgspec.Meta(min_length=1)] = "default"
    """Agents of one group share the devices of this group."""
    agent_zones: tuple[str, ...] = ()
    """Zones whose devices the agent can reach; empty: all."""
    agent_threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 4
    """Devices that are worked on at the same time."""
    heartbeat_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 2.0
    """Pause between two signs of life of an agent."""
    observe_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 1.0
    """Pause between two looks at the devices."""
    state_dir: str = ""
    """Directory of the database, the key and the devices' files; empty: the user's own."""
    devices_dir: str = ""
    """Directory of what drivers keep, which agents of a group on one host share; empty: in
    state_dir."""
    stop_devices: bool = False
    """Stop the devices' processes when the daemon stops."""

    drivers: tuple[str, ...] = ("haproxy",)
    """Drivers to offer, by the names of their entry points."""
    wiring: Wiring = Wiring.LOOPBACK
    network_mtu: Annotated[int, msgspec.Meta(ge=1280, le=65_521)] = 1500
    """Bytes that a packet may have on networks of the linux wiring."""
    wiring_audit_seconds: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 60.0
    """Pause between two comparisons of the wiring that Neutron has with ours."""

    neutron_auth: NeutronAuth = NeutronAuth.KEYSTONE
    neutron_cloud: str = ""
    """The entry of clouds.yaml with our credentials; empty: OS_CLOUD or the other OS_ variables."""
    neutron_url: str = ""
    """Where Neutron answers, when neutron_auth is none; else Keystone tells."""
    neutron_project: Annotated[str, msgspec.Meta(min_length=1)] = "service"
    """The project of devices' ports, when neutron_auth is none, and inside Neutron; it must be the
    same for all conductors."""
    neutron_user: Annotated[str, msgspec.Meta(min_length=1)] = "pierhead"
    """The user in whose name Neutron is asked, when neutron_auth is none."""
    neutron_timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 10.0
    """How long Neutron may take for one answer."""
    neutron_security_groups: tuple[str, ...] = ()
    """Ids of the groups whose rules hold for devices' ports; empty: their project's default."""
    neutron_conf: tuple[str, ...] = ()
    """Neutron's own configuration files, which tell database_url and amqp_url where these are
    empty."""
    advisor_seconds: Annotated[float, msgspec.Meta(ge=0.01, le=60)] = 0.2
    """How long a driver may think about one placement before placement goes on without it."""
    decision_days: Annotated[float, msgspec.Meta(ge=0.01, le=36_500)] = 30.0
    """Days for which decisions are kept; that of a placed service stays as long as it does."""
    watchdog_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60.0
    """How long a thread may make no round before the role counts as stuck."""
    log_level: str = "info"

    @property
    def state_path(self) -> Path:
        return Path(self.state_dir).expanduser().absolute()

    @property
    def devices_path(self) -> Path | None:
        return Path(self.devices_dir).expanduser().absolute() if self.devices_dir else None

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the API."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def database_address(self) -> str:
        """The database's URL with the password from its file. Not to be printed.

        Raises StartupError, as `amqp_password` does.
        """
        url = with_password(self.database_url, self.database_password_file)
        return with_certificates(url, self.database_ca_file)

    def amqp_password(self) -> str | None:
        """What the file of the bus's password holds; None: none is named."""
        file = self.amqp_password_file
        return read_secret("amqp_password_file", Path(file)) if file else None


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """Where state lives by default: the user's state directory, as XDG names it."""
    base = environment.get("XDG_STATE_HOME")
    home = Path(base) if base else Path.home() / ".local" / "state"
    return home / "pierhead"


def load(
    config: Path | None, environment: Mapping[str, str], options: Mapping[str, object]
) -> Settings:
    """Combine all sources; an option that is None was not given. Raises StartupError."""
    values: dict[str, object] = {"state_dir": str(default_state_dir(environment))}
    sources: dict[str, str] = {}
    for name, value, source in _given(config, environment, options):
        values[name] = _parted(value) if name in _LISTS and isinstance(value, str) else value
        sources[name] = source
    for name, source in sources.items():
        _check(name, values[name], source)
    return msgspec.convert(values, Settings, strict=False)


def current() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ


def _given(
    config: Path | None, environment: Mapping[str, str], options: Mapping[str, object]
) -> Iterator[tuple[str, object, str]]:
    """Name, value and where it stands, the later of one name over the earlier."""
    if config is not None:
        for name, value in _from_file(config).items():
            yield name, value, f"configuration file {config}: {name}"
    for name in Settings.__struct_fields__:
        variable = PREFIX + name.upper()
        text = environment.get(variable)
        if text is not None:
            yield name, text, variable
    for name, value in options.items():
        if value is not None:
            yield name, value, f"--{name.replace('_', '-')}"


def _parted(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _from_file(path: Path) -> dict[str, object]:
    try:
        mode = path.stat().st_mode
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartupError(f"configuration file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartupError(f"configuration file {path}: {error}") from error
    for name in values:
        if name not in Settings.__struct_fields__:
            raise StartupError(f"configuration file {path}: {name} is no setting{_meant(name)}")
    if mode & stat.S_IROTH and any(map(has_password, _urls(values))):
        raise StartupError(
            f"configuration file {path} holds a password and can be read by everyone: "
            "chmod o-r it, or name a file with database_password_file or amqp_password_file"
        )
    return values


def _urls(values: Mapping[str, object]) -> Iterator[str]:
    for name in ("database_url", "amqp_url"):
        value = values.get(name, "")
        yield from map(str, value) if isinstance(value, list) else _parted(str(value))


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, Settings.__struct_fields__, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _check(name: str, value: object, source: str) -> None:
    try:
        msgspec.convert(value, _TYPES[name], strict=False)
    except msgspec.ValidationError as error:
        text = str(error).replace("`", "")
        raise StartupError(f"{source}: {text[:1].lower()}{text[1:]}") from error


_TYPES = {field.name: field.type for field in msgspec.structs.fields(Settings)}
