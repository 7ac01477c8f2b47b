"""`pierhead serve`: the all-in-one daemon."""

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core.ports.device_driver import DeviceFailure
from pierhead.drivers import DriverPlugin, load_drivers
from pierhead.errors import StartupError
from pierhead.settings import Settings, current, load


def serve(
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
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
    stop_devices: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--stop-devices", help="Stop the devices' processes on the way out.")
    ] = False,
) -> None:
    """Run the API, the conductor and the agent until SIGTERM or Ctrl-C.

    Traffic goes on when the daemon stops, unless --stop-devices is given.
    """
    try:
        settings = load(
            config,
            current(),
            {
                "host": host,
                "port": port,
                "state_dir": str(state_dir) if state_dir is not None else None,
                "stop_devices": stop_devices or None,
            },
        )
        _run(settings)
    except StartupError as error:
        typer.echo(f"pierhead: {error}", err=True)
        raise typer.Exit(2) from error


def _run(settings: Settings) -> None:
    # Imported here so that the other commands start without what only the daemon needs.
    from adapters.persistence.sql import StoreUnusable  # noqa: PLC0415
    from adapters.secrets import BadKeyFile  # noqa: PLC0415
    from core.ports.store import StoreFailure  # noqa: PLC0415
    from pierhead.containers.all_in_one import AllInOne  # noqa: PLC0415
    from pierhead.logs import configure_logging  # noqa: PLC0415
    from pierhead.server import Server, listen  # noqa: PLC0415
    from pierhead.state_dir import StateDir  # noqa: PLC0415

    # SQLite makes files as readable as it may, and drivers are no better.
    os.umask(0o077)
    configure_logging(settings.log_level)
    plugins = load_drivers(settings.drivers)
    _check_host(plugins)
    with (
        StateDir.open(settings.state_path) as state,
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
        # What there is now stays to the end: looking through it again and again for garbage
        # would only make pauses.
        gc.collect()
        gc.freeze()
        # A page of a thousand objects is no garbage, and need not be looked through dozens of
        # times while it is made.
        gc.set_threshold(50_000, 20, 20)
        _announce(settings, server.url)
        try:
            server.run()
        finally:
            runtime.stop(stop_devices=settings.stop_devices)
            container.store().close()


def _check_host(plugins: Mapping[str, DriverPlugin]) -> None:
    for name, plugin in plugins.items():
        try:
            plugin.check_host()
        except DeviceFailure as failure:
            raise StartupError(f"driver {name}: {failure}") from failure


def _announce(settings: Settings, url: str) -> None:
    typer.echo(f"pierhead: listening on {url}, state in {settings.state_path}")
    sys.stdout.flush()
    if not settings.listens_on_loopback:
        typer.echo(
            f"pierhead: callers are not authenticated: whoever reaches {url} acts as any tenant",
            err=True,
        )
