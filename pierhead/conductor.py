"""`pierhead conductor`: places services, wires devices and gives orders to agents."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from pierhead.collector import spare_the_collector
from pierhead.requirements import Role
from pierhead.role import Process, play, say


def conductor(
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
) -> None:
    """Run a conductor until SIGTERM or Ctrl-C: any number of them share the work."""
    play(Role.CONDUCTOR, config, {}, _run)


def _run(process: Process) -> None:
    # Imported here so that the other commands start without what only this one needs.
    from pierhead.connections import bus_address, command_seal  # noqa: PLC0415
    from pierhead.containers.split import Server  # noqa: PLC0415
    from pierhead.database import open_secrets, wait_for_store, wait_until_done  # noqa: PLC0415
    from pierhead.drivers import load_drivers  # noqa: PLC0415

    settings = process.settings
    plugins = load_drivers(settings.drivers)
    address, secrets = bus_address(settings), open_secrets(settings)
    seal = command_seal(settings)
    with ExitStack() as stack:
        store = stack.enter_context(closing(wait_for_store(process)))
        container = Server(
            settings=settings,
            plugins=plugins,
            store=store,
            secrets=secrets,
            address=address,
            seal=seal,
            conducts=True,
            own=(),
        )
        container.check_dependencies()
        bus = stack.enter_context(closing(container.bus()))
        doorbell = stack.enter_context(closing(container.doorbell()))
        process.wait_for_bus(bus, doorbell)
        runtime = container.runtime()
        runtime.start_greeting()
        wait_until_done(process, runtime.start_conducting)
        spare_the_collector()
        say("conducting")
        watchdog = process.watch(runtime)
        process.leaving.wait()
        process.notifier.stopping()
        watchdog.stop()
        runtime.stop()
