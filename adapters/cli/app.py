"""The command line client: its commands, and how every run of it ends."""

import functools
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from adapters.cli.command import AsJson, command
from adapters.cli.commands import (
    balancing,
    dead_letters,
    device_pools,
    fleet,
    networks,
    pools,
    service_types,
)
from adapters.cli.commands.capacity import capacity
from adapters.cli.commands.explain import explain
from adapters.cli.commands.overview import status
from adapters.cli.commands.top import top
from adapters.cli.commands.what_if import what_if
from adapters.cli.errors import CommandFailed, ExitCode
from adapters.cli.options import DEFAULT_WAIT
from adapters.cli.session import DEFAULT_URL, Session
from adapters.cli.text import safe

INTERRUPTED = 130

app = typer.Typer(
    name="pierhead",
    rich_markup_mode=None,
    add_completion=False,
    epilog="Exit codes: 0 done; 1 refused by the server, or what --wait waits for failed or took"
    " too long; 2 wrong arguments; 3 server not reached; 4 server failed; 130 interrupted.",
)


@app.callback()
def common(
    context: typer.Context,
    *,
    url: Annotated[
        str, typer.Option("--url", envvar="PIERHEAD_URL", help="Where the server is.")
    ] = DEFAULT_URL,
    project: Annotated[
        str | None,
        typer.Option("--project", envvar="PIERHEAD_PROJECT", help="The project to ask for."),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", envvar="PIERHEAD_ROLES", help="Your roles, as in admin,member."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="PIERHEAD_TOKEN", help="Your Keystone token, for Neutron."),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", help="Seconds to wait for each answer.", min=0.001)
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Places load balancers on a mixed fleet of devices, and says why.

    Objects are named by name, by id, or by the start of an id.
    """
    context.obj = Session(
        url=url, project=project, roles=role, token=token, timeout=timeout, as_json=as_json
    )


for _group in (
    fleet.devices,
    fleet.drivers,
    device_pools.device_pools,
    service_types.service_types,
    networks.networks,
    networks.subnets,
    balancing.vips,
    pools.pools,
    balancing.members,
    pools.monitors,
    fleet.agents,
    fleet.bindings,
    fleet.attachments,
    fleet.decisions,
    dead_letters.dead_letters,
):
    app.add_typer(_group)
command(app, "status")(status)
command(app, "explain")(explain)
command(app, "what-if")(what_if)
command(app, "capacity")(capacity)
command(app, "top")(top)


def run() -> NoReturn:
    """Run the command that the program was called with."""
    sys.exit(outcome(sys.argv[1:]))


def outcome(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. A failure is one line on standard error."""
    given = list(arguments) or ["--help"]
    if any(map(_is_broken, given)):
        _complain("an argument is not in the encoding of this terminal (UTF-8?)")
        return ExitCode.USAGE
    try:
        done = _program().main(
            args=_with_default_waits(given), prog_name="pierhead", standalone_mode=False
        )
    except CommandFailed as failure:
        _complain(str(failure))
        return failure.code
    except TyperException as error:
        _complain(_usage(error))
        return ExitCode.USAGE
    except typer.Abort:
        return INTERRUPTED
    return done if isinstance(done, int) else ExitCode.OK


@functools.cache
def _program() -> TyperGroup:
    """All commands, built once they are all registered: that takes a tenth of a second."""
    return typer.main.get_group(app)


def _is_broken(text: str) -> bool:
    """Whether the text holds bytes that could not be decoded, which no request can carry."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _with_default_waits(arguments: list[str]) -> list[str]:
    """Give a bare ``--wait`` its value, which typer cannot: only ``--wait=5`` names another."""
    return [f"--wait={DEFAULT_WAIT:g}" if text == "--wait" else text for text in arguments]


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "pierhead"
    message = error.format_message().rstrip(".").replace("Value error, ", "")
    return f"{message[:1].lower()}{message[1:]} (see `{path} --help`)"


def _complain(message: str) -> None:
    sys.stderr.write(f"pierhead: {safe(' '.join(message.split()))}\n")
