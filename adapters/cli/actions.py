"""What can be done to any resource: list, show, create, change, remove."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapters.cli import lookup, waiting
from adapters.cli.errors import Refused, usage
from adapters.cli.resources import Resource
from adapters.cli.screen import show_json, show_line, show_object, show_table
from adapters.cli.session import Session
from adapters.cli.text import dig, plain, safe
from adapters.cli.values import Body, listed, pairs
from adapters.cli.wire import Json

if TYPE_CHECKING:
    from adapters.cli.client import Client


_INVALID = re.compile(r"Invalid input for (?P<field>[\w.]+)")
_IN_USE = {"IpAddressInUse": "; choose another or leave out --address"}


def show_list(
    session: Session,
    resource: Resource,
    *,
    filters: Sequence[str],
    sort: Sequence[str],
    limit: int | None,
    columns: str | None,
) -> None:
    """Print the objects that match."""
    client = session.client
    params = {**_filters(client, resource, filters), **_order(sort or resource.order)}
    if limit is not None:
        params["limit"] = [str(limit)]
    items = lookup.listing(client, resource, params)
    chosen = listed([columns]) if columns else []
    missing = [name for name in chosen if items and not any(_has(item, name) for item in items)]
    if missing:
        raise usage(f"no column {missing[0]}; there are {', '.join(sorted(items[0]))}")
    if session.as_json:
        show_json(
            [{name: dig(item, name) for name in chosen} for item in items] if chosen else items
        )
    elif chosen:
        show_table(chosen, [[plain(dig(item, name)) for name in chosen] for item in items])
    else:
        _show_default(client, resource, items)


def show_one(session: Session, item: Json) -> None:
    """Print one object."""
    if session.as_json:
        show_json(item)
    else:
        # The two names of the owner always have the same value.
        show_object({key: value for key, value in item.items() if key != "tenant_id"})


def created(session: Session, resource: Resource, body: Body) -> Json:
    """A new object, as the server made it."""
    try:
        item: Json = session.client.post(resource.path, resource.one, body)
    except Refused as refusal:
        if lookup.is_elsewhere(refusal, resource):
            raise lookup.NotServed(resource) from refusal
        raise advised(refusal, resource) from refusal
    return item


def create(session: Session, resource: Resource, body: Body, wait: float | None = None) -> None:
    """Create an object and print it."""
    _finish(session, resource, created(session, resource, body), wait)


def change(
    session: Session, resource: Resource, item: Json, body: Body, wait: float | None = None
) -> None:
    """Change an object and print it."""
    if not body:
        raise usage(f"nothing to change; see `pierhead {resource.word} set --help`")
    path = lookup.path_of(resource, str(item["id"]))
    try:
        changed = session.client.put(path, resource.one, body)
    except Refused as refusal:
        raise advised(refusal, resource) from refusal
    _finish(session, resource, changed, wait)


def remove(
    session: Session,
    resource: Resource,
    texts: Sequence[str],
    wait: float | None = None,
    *,
    force: bool = False,
) -> None:
    """Remove objects; all of them are found before the first is removed."""
    params = {"force": ["true"]} if force else None
    client = session.client
    items = [lookup.find(client, resource, text) for text in texts]
    for item in items:
        try:
            client.delete(lookup.path_of(resource, str(item["id"])), params)
        except Refused as refusal:
            raise advised(refusal, resource) from refusal
    if wait is not None:
        for item in items:
            waiting.gone(client, resource, item, wait)
    if session.as_json:
        show_json([item["id"] for item in items])


def advised(refusal: Refused, resource: Resource) -> Refused:
    """The refusal with the option at fault, or with what can be done about it."""
    message = str(refusal)
    if refusal.kind.endswith("InUse"):
        message += _IN_USE.get(refusal.kind, "; remove what uses it first")
    elif invalid := _INVALID.match(message):
        message += f" (option {_option(resource, invalid['field'])})"
    return Refused(refusal.status, refusal.kind, message)


def _option(resource: Resource, path: str) -> str:
    """The option that sets what is at a path: its own, else that of what it is a part of."""
    while path not in resource.options and "." in path:
        path = path.rpartition(".")[0]
    return resource.options.get(path, "--" + path.replace("_", "-"))


def _finish(session: Session, resource: Resource, item: Json, wait: float | None) -> None:
    if wait is not None:
        item = waiting.settled(session.client, resource, item, wait)
    show_one(session, item)


def _filters(
    client: "Client", resource: Resource, texts: Sequence[str]
) -> dict[str, str | list[str]]:
    filters: dict[str, str | list[str]] = {}
    for key, value in pairs("--filter", texts).items():
        if key in resource.references:
            field, word = resource.references[key]
            filters[field] = lookup.identity_of(client, word, value)
        else:
            filters[key] = value
    return filters


def _order(texts: Sequence[str]) -> dict[str, str | list[str]]:
    if not texts:
        return {}
    keys, directions = [], []
    for text in listed(texts):
        key, _, direction = text.partition(":")
        if direction not in ("", "asc", "desc"):
            raise usage(f"--sort {safe(text)}: the direction is asc or desc")
        keys.append(key)
        directions.append(direction or "asc")
    return {"sort_key": keys, "sort_dir": directions}


def _has(item: Json, path: str) -> bool:
    first, _, rest = path.partition(".")
    return first in item and (not rest or dig(item, path) is not None)


def _show_default(client: "Client", resource: Resource, items: Sequence[Json]) -> None:
    if not items:
        show_line(f"no {resource.plural}")
        return
    known: dict[str, dict[str, str]] = {
        column.refers: lookup.names(client, column.refers)
        for column in resource.columns
        if column.refers
    }
    rows = [
        [
            safe(known.get(column.refers or "", {}).get(text := column.read(item), text))
            for column in resource.columns
        ]
        for item in items
    ]
    show_table([column.title for column in resource.columns], rows)
