"""Options and arguments that several commands share."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Option("--name", help="Its name.")]
MaybeName = Annotated[str | None, typer.Option("--name", help="Its name.")]
Description = Annotated[str | None, typer.Option("--description", help="Free text.")]
Project = Annotated[
    str | None, typer.Option("--project", help="The project that it belongs to (for admins).")
]
Up = Annotated[
    bool | None, typer.Option("--up/--down", help="Whether it is meant to work (admin state).")
]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="[=SECONDS]",
        help="Wait until it is done, at most so long (60 s); a failure is an error.",
        min=0,
    ),
]
Named = Annotated[list[str], typer.Argument(metavar="NAME_OR_ID...", show_default=False)]
OneNamed = Annotated[str, typer.Argument(metavar="NAME_OR_ID", show_default=False)]
Filter = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="KEY=VALUE", help="Only objects with this value of a field."),
]
Sort = Annotated[
    list[str] | None,
    typer.Option("--sort", metavar="KEY[:desc]", help="Sort by a field."),
]
Limit = Annotated[int | None, typer.Option("--limit", help="At most so many objects.", min=0)]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns", metavar="A,B", help="These fields; inner ones with a dot (usage.services)."
    ),
]

DEFAULT_WAIT = 60.0
"""Seconds that ``--wait`` stands for without a value."""
