"""What may be told of a message that nobody could deal with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Contents:
    """The type of a message and the ids in it; empty where it cannot be read."""

    kind: str = ""
    device_id: str | None = None
    service_ids: tuple[str, ...] = ()


def contents(text: bytes) -> Contents:
    """What a message is about, or the command that is sealed in it, of whatever version it is.
    Tells no secrets."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Contents()
    envelope = _mapping(message)
    sealed = _mapping(_mapping(envelope.get("content")).get("command"))
    envelope = sealed or envelope
    kind, content = envelope.get("type"), _mapping(envelope.get("content"))
    device_id = content.get("device_id", _mapping(content.get("device")).get("id"))
    return Contents(
        kind=kind if isinstance(kind, str) else "",
        device_id=device_id if isinstance(device_id, str) else None,
        service_ids=tuple(dict.fromkeys(_service_ids(content))),
    )


def _service_ids(content: Mapping[object, object]) -> Iterator[str]:
    orders = content.get("orders")
    ordered = orders if isinstance(orders, list) else []
    named = [_mapping(each).get("service_id") for each in ordered]
    for each in (content.get("service_id"), *named, *_mapping(content.get("services"))):
        if isinstance(each, str):
            yield each


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, dict) else {}
