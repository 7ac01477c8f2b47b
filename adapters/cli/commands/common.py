"""Commands that are the same for every resource."""

import typer

from adapters.cli import actions, lookup
from adapters.cli.command import AsJson, command
from adapters.cli.options import Columns, Filter, Limit, Named, OneNamed, Sort, Wait
from adapters.cli.resources import RESOURCES, Resource
from adapters.cli.session import Session


def group(word: str, about: str) -> typer.Typer:
    """A group of commands, such as ``pierhead vip``."""
    commands = typer.Typer(name=word, help=about, rich_markup_mode=None)

    @commands.callback()
    def note_json(context: typer.Context, *, as_json: AsJson = False) -> None:
        context.obj.as_json |= as_json

    return commands


def add_list(commands: typer.Typer, word: str) -> None:
    """Add ``list``."""
    resource = RESOURCES[word]

    def show_list(
        session: Session,
        *,
        filters: Filter = None,
        sort: Sort = None,
        limit: Limit = None,
        columns: Columns = None,
    ) -> None:
        actions.show_list(
            session,
            resource,
            filters=filters or (),
            sort=sort or (),
            limit=limit,
            columns=columns,
        )

    show_list.__doc__ = f"List {resource.plural}.{_references(resource)}"
    command(commands, "list")(show_list)


def add_show(commands: typer.Typer, word: str) -> None:
    """Add ``show``."""
    resource = RESOURCES[word]

    def show(session: Session, name: OneNamed) -> None:
        actions.show_one(session, lookup.find(session.client, resource, name))

    show.__doc__ = f"Show everything about one {resource.noun}."
    command(commands, "show")(show)


def add_remove(commands: typer.Typer, word: str) -> None:
    """Add ``remove``, for what is gone at once."""
    resource = RESOURCES[word]

    def remove(session: Session, names: Named) -> None:
        actions.remove(session, resource, names)

    remove.__doc__ = f"Remove {resource.plural}."
    command(commands, "remove")(remove)


def add_slow_remove(commands: typer.Typer, word: str) -> None:
    """Add ``remove``, for what is gone once a device has confirmed it."""
    resource = RESOURCES[word]

    def remove(session: Session, names: Named, wait: Wait = None) -> None:
        actions.remove(session, resource, names, wait)

    remove.__doc__ = f"Remove {resource.plural}."
    command(commands, "remove")(remove)


def _references(resource: Resource) -> str:
    if not resource.references:
        return ""
    keys = " or ".join(f"--filter {key}=NAME" for key in resource.references)
    return f" {keys} selects by what they belong to."
