"""Finds the object that a person means by an id, the start of one, a name or an address."""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from adapters.cli.errors import CommandFailed, Refused, usage
from adapters.cli.resources import RESOURCES, Resource
from adapters.cli.text import safe
from adapters.cli.wire import Json, Params

if TYPE_CHECKING:
    from adapters.cli.client import Client

_ID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_START_OF_ID = re.compile(r"[0-9a-f]{4,8}(-[0-9a-f-]*)?", re.IGNORECASE)


def path_of(resource: Resource, identity: str) -> str:
    """The URL path of one object."""
    return f"{resource.path}/{quote(identity, safe='')}"


class NotServed(CommandFailed):
    """The server has no such objects: with Neutron, networks and subnets are Neutron's."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(
            f"this server has no {resource.plural} of its own: ask Neutron for them"
            f" (`openstack {resource.word} list`), and name one by its id"
        )


def is_elsewhere(refusal: Refused, resource: Resource) -> bool:
    """Whether the server refused because it leaves such objects to another system."""
    return resource.elsewhere and refusal.kind == "HTTPNotFound"


def listing(client: "Client", resource: Resource, params: Params) -> list[Json]:
    """The objects that match; without a limit in `params` the server sends them all. Raises
    NotServed."""
    try:
        items: list[Json] = client.get(resource.path, resource.many, params)
    except Refused as refusal:
        if is_elsewhere(refusal, resource):
            raise NotServed(resource) from refusal
        raise
    return items


def find(client: "Client", resource: Resource, text: str) -> Json:
    """The one object that `text` names. Raises CommandFailed when there is none, or several."""
    if not text:
        raise usage(f"an empty name names no {resource.noun}")
    if _ID.fullmatch(text):
        found = _by_id(client, resource, text)
        if found is not None:
            return found
    for search in (_by_name, _by_alias, _by_start):
        matches = search(client, resource, text)
        if len(matches) > 1:
            ids = ", ".join(sorted(str(item["id"]) for item in matches))
            raise usage(
                f"{len(matches)} {resource.plural} answer to {safe(text)}: {ids}; give the id"
            )
        if matches:
            return matches[0]
    how = "name or id" if resource.named else "id"
    raise CommandFailed(
        f"there is no {resource.noun} with {how} {safe(text)}; see `pierhead {resource.word} list`"
    )


def identity_of(client: "Client", word: str, text: str) -> str:
    """The id of the `word` that `text` names. Raises as `find` does.

    Where the objects are another system's, an id is believed.
    """
    try:
        return str(find(client, RESOURCES[word], text)["id"])
    except NotServed:
        if _ID.fullmatch(text):
            return text
        raise


def names(client: "Client", word: str) -> dict[str, str]:
    """Id -> name of all objects of a resource; of none when the caller may not list them."""
    try:
        items = listing(client, RESOURCES[word], {"fields": ["id", "name"]})
    except (Refused, NotServed):
        return {}
    return {str(item["id"]): str(item["name"]) for item in items if item.get("name")}


def _by_id(client: "Client", resource: Resource, text: str) -> Json | None:
    try:
        item: Json = client.get(path_of(resource, text), resource.one)
    except Refused as refusal:
        if refusal.status == 404:
            return None
        raise
    return item


def _by_name(client: "Client", resource: Resource, text: str) -> list[Json]:
    return listing(client, resource, {"name": text}) if resource.named else []


def _by_alias(client: "Client", resource: Resource, text: str) -> list[Json]:
    filters = resource.alias(text)
    return listing(client, resource, filters) if filters else []


def _by_start(client: "Client", resource: Resource, text: str) -> list[Json]:
    """Tables on a terminal show the start of an id, so it must do to name the object."""
    if not _START_OF_ID.fullmatch(text):
        return []
    return [
        item for item in listing(client, resource, {}) if str(item["id"]).startswith(text.lower())
    ]
