"""`pierhead db`: the version of the shared database's tables."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pierhead.errors import StartupError
from pierhead.from_neutron import DATABASE, with_neutron_conf
from pierhead.neutron_conf import NeutronConf
from pierhead.role import CANNOT_START
from pierhead.settings import current, load
from pierhead.state_dir import database_url

if TYPE_CHECKING:
    from adapters.persistence.sql import Migration

T = TypeVar("T")

CURRENT, BEHIND = 0, 1

db = typer.Typer(
    name="db",
    help="The tables of the database, before and after an upgrade.",
    rich_markup_mode=None,
)

Config = Annotated[Path | None, typer.Option(help="Configuration file (TOML).")]
StateDirectory = Annotated[
    Path | None, typer.Option(help="State directory, of a daemon without database_url.")
]
NeutronConfiguration = Annotated[
    list[Path] | None,
    typer.Option(
        "--neutron-conf",
        help="Neutron's configuration, for tables in Neutron's database; may be repeated.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@db.command("upgrade")
def upgrade_tables(
    context: typer.Context,
    *,
    config: Config = None,
    state_dir: StateDirectory = None,
    neutron_conf: NeutronConfiguration = None,
    as_json: AsJson = False,
) -> None:
    """Make the tables or bring them up to date; roles that wait for it go on by themselves.

    Exit codes: 0 done; 2 the database cannot be used.
    """
    # Imported here so that the other commands start without what only this one needs.
    from adapters.cli import screen  # noqa: PLC0415
    from adapters.persistence.sql import StoreUnreachable, status, upgrade  # noqa: PLC0415

    silent = as_json or context.obj.as_json
    url = _url(config, state_dir, neutron_conf)
    if not silent:
        with suppress(StoreUnreachable):
            for step in status(url).pending:
                screen.show_line(f"to do: {_told(step)}")
    done = _of(url, upgrade)
    found = _of(url, status)
    if silent:
        screen.show_json({"version": found.current, "done": list(map(_document, done))})
        return
    for step in done:
        screen.show_line(f"done: {_told(step)}")
    screen.show_line(f"the tables are of version {found.current}, the newest one")


@db.command("status")
def show_status(
    context: typer.Context,
    *,
    config: Config = None,
    state_dir: StateDirectory = None,
    neutron_conf: NeutronConfiguration = None,
    as_json: AsJson = False,
) -> None:
    """Show of which version the tables are.

    Exit codes: 0 they are current; 1 they are not; 2 the database cannot be used.
    """
    from adapters.cli import screen  # noqa: PLC0415
    from adapters.persistence.sql import status  # noqa: PLC0415

    found = _of(_url(config, state_dir, neutron_conf), status)
    if as_json or context.obj.as_json:
        screen.show_json(
            {
                "version": found.current,
                "wanted": found.wanted,
                "pending": list(map(_document, found.pending)),
            }
        )
    elif found.current == found.wanted:
        screen.show_line(f"the tables are of version {found.current}, the newest one")
    else:
        has = f"are of version {found.current}" if found.current else "do not exist"
        screen.show_line(f"the tables {has}; this Pierhead needs version {found.wanted}")
        for step in found.pending:
            screen.show_line(f"to do: {_told(step)}")
    raise typer.Exit(CURRENT if found.current == found.wanted else BEHIND)


def _url(config: Path | None, state_dir: Path | None, neutron_conf: list[Path] | None) -> str:
    given = {"state_dir": str(state_dir) if state_dir is not None else None}
    try:
        if neutron_conf and state_dir is not None:
            raise StartupError("--state-dir and --neutron-conf name two databases")
        if neutron_conf:
            return NeutronConf(neutron_conf).database_url()
        settings = load(config, current(), given)
        if state_dir is None:
            settings = with_neutron_conf(settings, [DATABASE])
        if settings.database_url and state_dir is None:
            return settings.database_address()
    except StartupError as error:
        raise _refusal(error) from error
    return database_url(settings.state_path)


def _of(url: str, look: Callable[[str], T]) -> T:
    from adapters.persistence.sql import StoreUnusable  # noqa: PLC0415
    from pierhead.database import unusable  # noqa: PLC0415

    try:
        return look(url)
    except StoreUnusable as error:
        raise _refusal(unusable(url, error)) from error


def _refusal(error: Exception) -> typer.Exit:
    typer.echo(f"pierhead: {error}", err=True)
    return typer.Exit(CANNOT_START)


def _told(step: "Migration") -> str:
    return f"{step.version} {step.description}"


def _document(step: "Migration") -> Mapping[str, str]:
    return {"version": step.version, "description": step.description}
