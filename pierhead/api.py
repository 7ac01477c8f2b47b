"""`pierhead api`: the HTTP API of a split deployment."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from pierhead.collector import spare_the_collector
from pierhead.requirements import Role
from pierhead.role import Process, announce, play, serve_threads_in_turn


def api(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks one. [default: 9797]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file (TOML).")] = None,
) -> None:
    """Run the HTTP API until SIGTERM or Ctrl-C, beside conductors and agents.

    It takes in requests while no conductor or bus is there.
    """
    play(Role.API, config, {"host": host, "port": port}, _run)


def _run(process: Process) -> None:
    # Imported here so that the other commands start without what only this one needs.
    from pierhead.connections import bus_address  # noqa: PLC0415
    from pierhead.containers.split import Server as Container  # noqa: PLC0415
    from pierhead.database import open_secrets, wait_for_store, wait_until_done  # noqa: PLC0415
    from pierhead.drivers import load_drivers  # noqa: PLC0415
    from pierhead.server import Server, listen  # noqa: PLC0415

    settings = process.settings
    plugins = load_drivers(settings.drivers)
    address, secrets = bus_address(settings), open_secrets(settings)
    with ExitStack() as stack:
        store = stack.enter_context(closing(wait_for_store(process)))
        listener = stack.enter_context(listen(settings.host, settings.port))
        container = Container(
            settings=settings,
            plugins=plugins,
            store=store,
            secrets=secrets,
            address=address,
            conducts=False,
            own=[listener.getsockname()[:2]],
        )
        container.check_dependencies()
        wait_until_done(process, container.core.first_start().run)
        stack.enter_context(closing(container.doorbell()))
        server = Server(container.app(), listener, settings.http_threads)
        spare_the_collector()
        serve_threads_in_turn()
        announce(settings, f"listening on {server.url}", server.url)
        stack.callback(process.watch(server).stop)
        server.run(process.leaving, draining=process.notifier.stopping)
