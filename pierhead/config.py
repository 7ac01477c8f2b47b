"""`pierhead config`: what is set, and whether each role could start with it."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.cli import screen
from pierhead.errors import StartupError
from pierhead.requirements import Role, check, completed
from pierhead.role import CANNOT_START
from pierhead.settings import Settings, current, load
from pierhead.urls import redacted

_URLS = frozenset({"database_url", "amqp_url"})


def config(
    context: typer.Context,
    role: Annotated[
        Role | None, typer.Argument(help="The role that must be able to start.")
    ] = None,
    *,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Print the settings that hold, without secrets, and check those of a role.

    Exit codes: 0 all is well; 2 a setting is missing or makes no sense.
    """
    try:
        settings = load(config, current(), {})
        if role is not None:
            settings = completed(role, settings)
            check(role, settings)
    except StartupError as error:
        typer.echo(f"pierhead: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error
    values = shown(settings)
    if as_json or context.obj.as_json:
        screen.show_json(values)
        return
    for name, value in values.items():
        screen.show_line(f"{name} = {json.dumps(value)}")


def shown(settings: Settings) -> dict[str, object]:
    """All settings without secrets. Passwords are not read from their files."""
    values: dict[str, object] = msgspec.to_builtins(settings)
    for name in _URLS:
        value = getattr(settings, name)
        values[name] = redacted(value) if isinstance(value, str) else list(map(redacted, value))
    return values
