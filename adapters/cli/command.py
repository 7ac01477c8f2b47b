"""Registers a function as a command that gets the session and understands ``--json``."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from adapters.cli.session import Session

Function = Callable[..., None]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]

_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
_AS_JSON = inspect.Parameter(
    "as_json", inspect.Parameter.KEYWORD_ONLY, annotation=AsJson, default=False
)


def command(group: typer.Typer, name: str) -> Callable[[Function], Function]:
    """Make a command of a function whose first parameter is the session.

    The others are typer's. Options are read from their annotations, help from the docstring.
    """

    def register(function: Function) -> Function:
        _, *own = inspect.signature(function, eval_str=True).parameters.values()

        @functools.wraps(function)
        def run(context: typer.Context, *, as_json: bool, **options: Any) -> None:
            session: Session = context.obj
            session.as_json |= as_json
            function(session, **options)

        keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        parameters = [_CONTEXT, *keywords, _AS_JSON]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        group.command(name)(run)
        return function

    return register
