"""Settings: defaults, then the configuration file, then the environment, then the command line."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from pierhead.errors import StartupError

PREFIX = "PIERHEAD_"


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """Where state lives by default: the user's state directory, as XDG names it."""
    base = environment.get("XDG_STATE_HOME")
    home = Path(base) if base else Path.home() / ".local" / "state"
    return home / "pierhead"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that an operator can set for the all-in-one daemon."""

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    """Address to listen on. Callers are not authenticated: keep it on loopback."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 9797
    """Port to listen on; 0 picks a free one."""
    state_dir: str = ""
    """Directory of the database, the key and the devices' files; empty: the user's own."""
    drivers: tuple[str, ...] = ("haproxy",)
    """Drivers to offer, by the names of their entry points."""
    stop_devices: bool = False
    """Stop the devices' processes when the daemon stops."""
    http_threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 8
    agent_threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 4
    """Devices that are worked on at the same time."""
    observe_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 1.0
    """Pause between two looks at the devices."""
    max_private_devices: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 10
    """Devices of its own that a tenant may register."""
    advisor_seconds: Annotated[float, msgspec.Meta(ge=0.01, le=60)] = 0.2
    """How long a driver may think about one placement before placement goes on without it."""
    decision_days: Annotated[float, msgspec.Meta(ge=0.01, le=36_500)] = 30.0
    """Days for which decisions are kept; that of a placed service stays as long as it does."""
    log_level: str = "info"

    @property
    def state_path(self) -> Path:
        return Path(self.state_dir).expanduser().absolute()

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the API."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def load(
    config: Path | None, environment: Mapping[str, str], options: Mapping[str, object]
) -> Settings:
    """Combine all sources; an option that is None was not given. Raises StartupError."""
    values: dict[str, object] = {"state_dir": str(default_state_dir(environment))}
    if config is not None:
        values |= _from_file(config)
    values |= _from_environment(environment)
    values |= {name: value for name, value in options.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise StartupError(f"configuration: {error}") from error


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartupError(f"configuration file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartupError(f"configuration file {path}: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        value = environment.get(PREFIX + name.upper())
        if value is not None:
            found[name] = value.split(",") if name == "drivers" else value
    return found


def current() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ
