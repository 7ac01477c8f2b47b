"""Reads the query strings of lists, and writes the links to the pages around one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import falcon

from adapters.http.attribute import Attribute, ResourceSchema, types_of
from adapters.http.conversion import from_text
from adapters.http.schemas.common import MAX_INTEGER
from core.domain.errors import InvalidInput
from core.domain.query import Query, Sort

MAX_PARAMETERS = 1000

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a GET of a collection asks. `limit` None: everything, without links."""

    query: Query
    fields: tuple[str, ...]
    limit: int | None
    pairs: Pairs

    def page(self, found: list[Any]) -> "Page":
        """The page out of what the query found, which looks one object beyond it."""
        if self.limit is None:
            return Page(found, more=False)
        more = len(found) > self.limit
        if self.query.reverse:
            return Page(found[-self.limit :], more)
        return Page(found[: self.limit], more)


@dataclass(frozen=True, slots=True)
class Page:
    """Objects in order; `more` says whether others follow in the direction of reading."""

    items: list[Any]
    more: bool


def pairs_of(request: falcon.Request) -> Pairs:
    """The query string's names and values."""
    try:
        pairs = parse_qsl(
            request.query_string,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise falcon.HTTPBadRequest(
            description="the query string is not UTF-8 or has too many parameters"
        ) from None
    for key, value in pairs:
        if "\x00" in key or "\x00" in value:
            raise falcon.HTTPBadRequest(description="the query string contains a NUL character")
    return pairs


def read_fields(schema: ResourceSchema, pairs: Pairs) -> tuple[str, ...]:
    """The ``fields`` parameters of a GET of one object, which knows no others."""
    for key, _ in pairs:
        if key != "fields":
            raise InvalidInput(key, f"a {schema.singular} has no such parameter")
    return _fields(schema, pairs)


def read_list(schema: ResourceSchema, pairs: Pairs) -> ListRequest:
    """What a query string asks. Raises InvalidInput naming the parameter."""
    limit, marker, reverse = None, None, False
    filters: dict[str, tuple[Any, ...]] = {}
    for key, value in pairs:
        if key == "limit":
            limit = _limit(value)
        elif key == "marker":
            marker = value
        elif key == "page_reverse":
            reverse = _boolean(key, value)
        elif key not in ("fields", "sort_key", "sort_dir"):
            attribute = _selectable(schema, key, key)
            name = schema.field_of(key)
            filters[name] = (*filters.get(name, ()), _typed(attribute, value))
    query = Query(
        filters=filters,
        sort=_sort(schema, pairs),
        limit=None if limit is None else limit + 1,
        marker=marker,
        reverse=reverse,
    )
    return ListRequest(query, _fields(schema, pairs), limit, pairs)


def links(url: str, asked: ListRequest, page: Page) -> list[dict[str, str]]:
    """Links to the next and the previous page, as far as there are any."""
    if not page.items:
        return []
    onward, back = page.more, asked.query.marker is not None
    if asked.query.reverse:
        onward, back = back, onward
    kept = [pair for pair in asked.pairs if pair[0] not in ("marker", "page_reverse")]
    found = []
    if onward:
        query = urlencode([*kept, ("marker", page.items[-1].id)])
        found.append({"rel": "next", "href": f"{url}?{query}"})
    if back:
        query = urlencode([*kept, ("marker", page.items[0].id), ("page_reverse", "True")])
        found.append({"rel": "previous", "href": f"{url}?{query}"})
    return found


def _fields(schema: ResourceSchema, pairs: Pairs) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(value for key, value in pairs if key == "fields" and value))
    for name in names:
        if name not in schema.by_name:
            raise InvalidInput("fields", f"{schema.plural} have no attribute '{name}'")
    return names


def _sort(schema: ResourceSchema, pairs: Pairs) -> tuple[Sort, ...]:
    keys = [value for key, value in pairs if key == "sort_key"]
    directions = [value for key, value in pairs if key == "sort_dir"]
    if directions and len(directions) != len(keys):
        raise InvalidInput("sort_dir", "there must be as many as there are sort_key")
    return tuple(
        Sort(
            schema.field_of(_selectable(schema, "sort_key", key).name),
            descending=_descending(direction),
        )
        for key, direction in zip(keys, directions or ["asc"] * len(keys), strict=True)
    )


def _descending(direction: str) -> bool:
    if direction not in ("asc", "desc"):
        raise InvalidInput("sort_dir", "must be asc or desc")
    return direction == "desc"


def _selectable(schema: ResourceSchema, parameter: str, name: str) -> Attribute:
    attribute = schema.by_name.get(name)
    if attribute is None or not attribute.selectable:
        raise InvalidInput(parameter, f"{schema.plural} cannot be selected by '{name}'")
    return attribute


def _typed(attribute: Attribute, text: str) -> Any:
    types = attribute.types
    if text == "" and "null" in types:
        return None
    value = _number(text) if "number" in types else from_text(text, types)
    wanted = {"integer": int, "boolean": bool, "number": float, "string": str}
    if not isinstance(value, tuple(wanted[name] for name in types if name != "null")):
        raise InvalidInput(attribute.name, f"must be of type {' or '.join(sorted(types))}")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise InvalidInput(attribute.name, "is out of range")
    allowed: Sequence[object] | None = attribute.response.get("enum")
    if allowed is not None and value not in allowed:
        raise InvalidInput(attribute.name, f"must be one of {', '.join(map(str, allowed))}")
    return value


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _limit(text: str) -> int | None:
    value = from_text(text, types_of({"type": "integer"}))
    if not isinstance(value, int) or not 0 <= value < MAX_INTEGER:
        raise InvalidInput("limit", f"must be an integer from 0 to {MAX_INTEGER - 1}")
    return value or None


def _boolean(name: str, text: str) -> bool:
    value = {"1": True, "0": False}.get(text, from_text(text, types_of({"type": "boolean"})))
    if not isinstance(value, bool):
        raise InvalidInput(name, "must be true or false")
    return value
