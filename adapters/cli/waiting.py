"""Waits until the server has done what it was asked."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.cli.errors import CommandFailed, Refused
from adapters.cli.lookup import path_of
from adapters.cli.resources import Resource
from adapters.cli.text import plain, safe
from adapters.cli.wire import Json

if TYPE_CHECKING:
    from adapters.cli.client import Client

_FIRST_PAUSE = 0.03
_LONGEST_PAUSE = 0.5
_FAILED = frozenset({"ERROR", "OFFLINE"})


def settled(client: "Client", resource: Resource, item: Json, seconds: float) -> Json:
    """The object once nothing is pending. Raises CommandFailed for a failure or a time-out."""

    def poll() -> Json | None:
        now: Json = client.get(path_of(resource, str(item["id"])), resource.one)
        _Progress.show(resource, now)
        return None if _is_pending(now) else now

    done = item if not _is_pending(item) else _poll(poll, seconds)
    label = _label(resource, item)
    if done is None:
        raise CommandFailed(
            f"{label} is not ready after {seconds:g} s; the server goes on:"
            f" `pierhead {resource.word} show {item['id']}` tells"
        )
    if done["status"] in _FAILED:
        reason = done.get("status_description") or done.get("status_reason") or "no reason given"
        raise CommandFailed(f"{label} is {plain(done['status'])}: {safe(str(reason))}")
    return done


def gone(client: "Client", resource: Resource, item: Json, seconds: float) -> None:
    """Return once the object does not exist. Raises CommandFailed as `settled` does."""

    def poll() -> Json | None:
        try:
            now: Json = client.get(path_of(resource, str(item["id"])), resource.one)
        except Refused as refusal:
            if refusal.status == 404:
                return {}
            raise
        _Progress.show(resource, now)
        return now if now.get("status") == "ERROR" else None

    left = _poll(poll, seconds)
    label = _label(resource, item)
    if left is None:
        raise CommandFailed(
            f"{label} is still there after {seconds:g} s; the server goes on removing it"
        )
    if left:
        raise CommandFailed(
            f"{label} is ERROR while being removed: {safe(str(left.get('status_description')))}"
        )


def _is_pending(item: Json) -> bool:
    status = str(item.get("status"))
    return status.startswith("PENDING") or status in ("UNKNOWN", "SPAWNING")


def _label(resource: Resource, item: Json) -> str:
    return f"{resource.word} {safe(str(item.get('name') or item['id']))}"


def _poll(look: Callable[[], Json | None], seconds: float) -> Json | None:
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    try:
        while (found := look()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return found
    finally:
        _Progress.clear()


class _Progress:
    """One line on the terminal that is gone when the wait is over."""

    @staticmethod
    def show(resource: Resource, item: Json) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{_label(resource, item)}: {plain(item.get('status'))} ...")
            sys.stderr.flush()

    @staticmethod
    def clear() -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
