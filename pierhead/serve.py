"""`pierhead serve`: the all-in-one daemon."""

from pathlib import Path
from typing import Annotated

import typer

from pierhead.collector import spare_the_collector
from pierhead.drivers import usable_drivers
from pierhead.errors import StartupError
from pierhead.requirements import check_all_in_one
from pierhead.role import CANNOT_START, Process, announce, begin, text_of
from pierhead.settings import Wiring, current, load


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks one. [default: 9797]")
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(help="Directory of all state. [default: ~/.local/state/pierhead]"),
    ] = None,
    wiring: Annotated[
        Wiring | None, typer.Option(help="How devices get to networks. [default: loopback]")
    ] = None,
    drivers: Annotated[
        str | None, typer.Option(help="Drivers to offer, commas between. [default: haproxy]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
    stop_devices: Annotated[
        bool, typer.Option("--stop-devices", help="Stop the devices' processes on the way out.")
    ] = False,
) -> None:
    """Run the API, the conductor and the agent until SIGTERM or Ctrl-C.

    Traffic goes on when the daemon stops, unless --stop-devices is given.
    """
    options = {
        "host": host,
        "port": port,
        "state_dir": text_of(state_dir),
        "wiring": wiring,
        "drivers": drivers,
        "stop_devices": stop_devices or None,
    }
    try:
        settings = load(config, current(), options)
        check_all_in_one(settings)
        _run(begin(settings))
    except StartupError as error:
        typer.echo(f"pierhead: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error


def _run(process: Process) -> None:
    # Imported here so that the other commands start without what only the daemon needs.
    from adapters.persistence.sql import StoreUnusable  # noqa: PLC0415
    from adapters.secrets import BadKeyFile  # noqa: PLC0415
    from core.ports.store import StoreFailure  # noqa: PLC0415
    from pierhead.containers.all_in_one import AllInOne  # noqa: PLC0415
    from pierhead.server import Server, listen  # noqa: PLC0415
    from pierhead.state_dir import StateDir  # noqa: PLC0415

    settings = process.settings
    plugins = usable_drivers(settings.drivers)
    with (
        StateDir.open(settings.state_path, settings.devices_path) as state,
        listen(settings.host, settings.port) as listener,
    ):
        own = [listener.getsockname()[:2]]
        container = AllInOne(settings=settings, state=state, plugins=plugins, own=own)
        container.check_dependencies()
        try:
            app = container.app()
            container.core.first_start().run()
            runtime = container.runtime()
            runtime.start()
        except (OSError, BadKeyFile, StoreUnusable, StoreFailure) as error:
            raise StartupError(f"state directory {state.path}: {error}") from error
        server = Server(app, listener, settings.http_threads)
        spare_the_collector()
        announce(settings, f"listening on {server.url}, state in {settings.state_path}", server.url)
        watchdog = process.watch(server, runtime)
        try:
            server.run(process.leaving, draining=process.notifier.stopping)
        finally:
            watchdog.stop()
            runtime.stop(stop_devices=settings.stop_devices)
            container.store().close()
