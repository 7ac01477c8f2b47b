"""`pierhead agent`: works on devices through their drivers. It needs the bus and nothing else."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.command import AsJson
from pierhead.collector import spare_the_collector
from pierhead.requirements import Role
from pierhead.role import Process, play, say, text_of


def agent(
    context: typer.Context,
    *,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
    agent_id: Annotated[
        str | None, typer.Option(help="The agent's own name. [default: the host's]")
    ] = None,
    agent_group: Annotated[
        str | None, typer.Option(help="Whose devices it shares. [default: default]")
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(help="Directory of what it keeps. [default: ~/.local/state/pierhead]"),
    ] = None,
    stop_devices: Annotated[
        bool, typer.Option("--stop-devices", help="Stop the devices' processes on the way out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run an agent, which works on devices, until SIGTERM or Ctrl-C; or list agents.

    Its devices go to others of its group at once when it stops, and traffic goes on unless
    --stop-devices is given.
    """
    if context.invoked_subcommand is not None:
        context.obj.as_json |= as_json
        return
    options = {
        "agent_id": agent_id,
        "agent_group": agent_group,
        "state_dir": text_of(state_dir),
        "stop_devices": stop_devices or None,
    }
    play(Role.AGENT, config, options, _run)


def _run(process: Process) -> None:
    # Imported here so that the other commands start without what only this one needs.
    from pierhead.connections import agent_identity, bus_address, command_seal  # noqa: PLC0415
    from pierhead.containers.agent import AgentRole  # noqa: PLC0415
    from pierhead.drivers import usable_drivers  # noqa: PLC0415
    from pierhead.state_dir import StateDir  # noqa: PLC0415

    settings = process.settings
    identity, address = agent_identity(settings), bus_address(settings)
    seal = command_seal(settings)
    plugins = usable_drivers(settings.drivers)
    with StateDir.open(settings.state_path, settings.devices_path) as state:
        container = AgentRole(
            settings=settings,
            identity=identity,
            plugins=plugins,
            state=state,
            address=address,
            seal=seal,
        )
        container.check_dependencies()
        with closing(container.bus()) as bus:
            process.wait_for_bus(bus)
            runtime = container.runtime()
            runtime.start()
            spare_the_collector()
            say(f"agent {identity.id} of group {identity.group}, state in {state.path}")
            watchdog = process.watch(runtime)
            process.leaving.wait()
            process.notifier.stopping()
            watchdog.stop()
            runtime.stop(stop_devices=settings.stop_devices)
