"""Reads request bodies: JSON objects of a limited size and without surprises inside."""

from typing import Any

import falcon
import msgspec

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_MAGNITUDE = 2**63 - 1
"""Of integers: the widest that a database column or another JSON reader can hold."""

_DECODER = msgspec.json.Decoder()


def read_object(request: falcon.Request) -> dict[str, Any]:
    """The body as a JSON object, also a second time. Raises falcon's HTTP errors for everything
    else."""
    known: dict[str, Any] | None = getattr(request.context, "document", None)
    if known is None:
        known = request.context.document = _read_object(request)
    return known


def _read_object(request: falcon.Request) -> dict[str, Any]:
    data = _read(request)
    if not data:
        raise falcon.HTTPBadRequest(description="a JSON body is required")
    _check_content_type(request)
    try:
        document = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise falcon.HTTPBadRequest(description=f"malformed JSON: {reason}") from None
    if not isinstance(document, dict):
        raise falcon.HTTPBadRequest(description="the body must be a JSON object")
    _check_inside(document)
    return document


def _read(request: falcon.Request) -> bytes:
    length = request.content_length
    if length is not None and length > MAX_BYTES:
        raise falcon.HTTPContentTooLarge(description=f"a body may have {MAX_BYTES} bytes")
    data: bytes = request.bounded_stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise falcon.HTTPContentTooLarge(description=f"a body may have {MAX_BYTES} bytes")
    return data


def _check_content_type(request: falcon.Request) -> None:
    named = request.content_type
    if named is not None and named.partition(";")[0].strip().lower() != "application/json":
        raise falcon.HTTPUnsupportedMediaType(description="the body must be application/json")


def _check_inside(document: object) -> None:
    """Refuse what some part further in could not store or give back."""
    level: list[object] = [document]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise falcon.HTTPBadRequest(description="the body is nested too deeply")
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below += item
                below += item.values()
            elif isinstance(item, list):
                below += item
            else:
                _check_scalar(item)
        level = below


def _check_scalar(value: object) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise falcon.HTTPBadRequest(description="the body contains a NUL character")
    elif isinstance(value, int) and abs(value) > MAX_MAGNITUDE:
        raise falcon.HTTPBadRequest(description="the body contains too large an integer")
