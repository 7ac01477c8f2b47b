"""What all roles have in common: how they begin, and what becomes of one that cannot."""

import contextlib
import ctypes
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import typer

from pierhead.errors import StartupError
from pierhead.lean import import_without_extras
from pierhead.leaving import Leaving
from pierhead.notify import Notifier, Watchdog, Watched
from pierhead.requirements import Role, check, completed
from pierhead.settings import Settings, current, load
from pierhead.urls import redacted
from pierhead.waiting import Left, NotYet, Waiting

CANNOT_START = 2

_CONNECTING = 1.0
"""Seconds that a connection to a bus that is there may take."""

_log = logging.getLogger(__name__)


class Connected(Protocol):
    """An end of the bus."""

    @property
    def connected(self) -> bool:
        """Whether it has a connection now."""


@dataclass(frozen=True)
class Process:
    """What a role's process has from the beginning."""

    settings: Settings
    leaving: Leaving
    notifier: Notifier
    waiting: Waiting

    def watch(self, *watched: Watched) -> Watchdog:
        """Say that the role works, and begin to give signs of life while these go round."""
        watchdog = Watchdog(self.notifier, watched, self.settings.watchdog_seconds, _log.warning)
        self.notifier.ready()
        self.notifier.status("working")
        watchdog.start()
        return watchdog

    def wait_for_bus(self, *ends: Connected) -> None:
        """Wait until these are connected to the bus. Raises Left."""

        def attempt() -> None:
            if not all(each.connected for each in ends):
                raise NotYet("no connection")

        urls = ", ".join(map(redacted, self.settings.amqp_url))
        self.waiting.wait_for(f"the bus at {urls}", attempt, patience=_CONNECTING)


def play(
    role: Role,
    config: Path | None,
    options: Mapping[str, object],
    run: Callable[[Process], None],
) -> None:
    """Run a role to its end. One that cannot start says why in one line, with exit code 2."""
    try:
        settings = completed(role, load(config, current(), options))
        check(role, settings)
        run(begin(settings))
    except StartupError as error:
        typer.echo(f"pierhead: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error
    except Left:
        return


def begin(settings: Settings) -> Process:
    """Take signals, keep files private and heaps small, and log. Raises StartupError."""
    share_heaps()
    import_without_extras()
    # Imported here so that the other commands start without it.
    from pierhead.logs import configure_logging  # noqa: PLC0415

    # What drivers keep is nobody else's business.
    os.umask(0o077)
    configure_logging(settings.log_level)
    leaving, notifier = Leaving(), Notifier(current())
    return Process(settings, leaving, notifier, Waiting(leaving, notifier))


def say(text: str) -> None:
    """Tell whoever started the role that it works."""
    typer.echo(f"pierhead: {text}")
    sys.stdout.flush()


def announce(settings: Settings, text: str, url: str) -> None:
    """Tell people and programs where the API is, and who can reach it."""
    say(text)
    if not settings.listens_on_loopback:
        typer.echo(
            f"pierhead: callers are not authenticated: whoever reaches {url} acts as any tenant",
            err=True,
        )


_SWITCH_SECONDS = 0.03
_M_ARENA_MAX = -8
"""glibc's name for how many heaps of their own threads may have."""
_ARENAS = 2


def share_heaps() -> None:
    """Have all threads use the same few heaps: with one for each, much of each would lie idle.
    Where the C library is another, it does as it likes."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def serve_threads_in_turn() -> None:
    """Let a thread go on for longer before another gets the interpreter: those that answer
    requests wait for the database every millisecond anyway, and each switch before costs."""
    sys.setswitchinterval(_SWITCH_SECONDS)


def text_of(path: Path | None) -> str | None:
    """An option's value as a setting."""
    return str(path) if path is not None else None
