"""Commands for messages that were given up."""

from collections.abc import Callable
from typing import Annotated

import typer

from adapters.cli import lookup
from adapters.cli.command import command
from adapters.cli.commands.common import add_list, add_show, group
from adapters.cli.errors import usage
from adapters.cli.resources import RESOURCES
from adapters.cli.screen import show_json, show_line
from adapters.cli.session import Session
from adapters.cli.text import counted
from adapters.cli.wire import Json

LETTER = RESOURCES["dead-letter"]

dead_letters = group("dead-letter", "Messages that were given up after several deliveries.")
add_list(dead_letters, "dead-letter")
add_show(dead_letters, "dead-letter")

Some = Annotated[list[str] | None, typer.Argument(metavar="ID...", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="All that there are.")]


@command(dead_letters, "replay")
def replay(session: Session, names: Some = None, *, every: All = False) -> None:
    """Have messages delivered once more to where they were given up."""
    _each(session, names, every, lambda path: session.client.act(f"{path}/replay"), "replayed")


@command(dead_letters, "drop")
def drop(session: Session, names: Some = None, *, every: All = False) -> None:
    """Forget messages. What they were about is sent again by itself."""
    _each(session, names, every, session.client.delete, "dropped")


def _each(
    session: Session,
    names: list[str] | None,
    every: bool,  # noqa: FBT001 an option's value
    act: Callable[[str], None],
    done: str,
) -> None:
    items = _chosen(session, names or [], every=every)
    for item in items:
        act(lookup.path_of(LETTER, str(item["id"])))
    if session.as_json:
        show_json([item["id"] for item in items])
    else:
        show_line(f"{counted(len(items), 'message')} {done}")


def _chosen(session: Session, names: list[str], *, every: bool) -> list[Json]:
    if every == bool(names):
        raise usage("name messages, or give --all")
    if every:
        return lookup.listing(session.client, LETTER, {})
    return [lookup.find(session.client, LETTER, name) for name in names]
