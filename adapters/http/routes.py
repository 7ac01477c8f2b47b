"""The responders of every resource: collections and single objects."""

import re

import falcon

from adapters.http.body import read_object
from adapters.http.endpoint import Endpoint, ReadEndpoint
from adapters.http.identity import caller_of
from adapters.http.listing import links, pairs_of, read_fields, read_list
from core.domain.errors import NotFound

_IDENTITY = re.compile(r"[\x21-\x7e]{1,255}")


class ReadCollection:
    """GET of a collection."""

    def __init__(self, endpoint: ReadEndpoint) -> None:
        self._endpoint = endpoint

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        endpoint = self._endpoint
        asked = read_list(endpoint.schema, pairs_of(request))
        found = list(endpoint.use_cases.list(caller_of(request), asked.query))
        page = asked.page(found)
        around = None
        if asked.limit is not None:
            around = links(f"{request.prefix}{request.path}", asked, page)
        response.data = endpoint.many(page.items, asked.fields, around)

    on_head = on_get


class Collection(ReadCollection):
    """GET and POST of a collection."""

    _endpoint: Endpoint

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        endpoint = self._endpoint
        caller = caller_of(request)
        commands, many = endpoint.creations(read_object(request))
        views = endpoint.use_cases.create(caller, commands)
        response.status = falcon.HTTP_201
        response.data = endpoint.many(views, (), None) if many else endpoint.one(views[0])


class ReadItem:
    """GET of one object."""

    def __init__(self, endpoint: ReadEndpoint) -> None:
        self._endpoint = endpoint

    def on_get(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        endpoint = self._endpoint
        names = read_fields(endpoint.schema, pairs_of(request))
        check_identity(endpoint.schema.kind, identity)
        response.data = endpoint.one(endpoint.use_cases.show(caller_of(request), identity), names)

    on_head = on_get


class Item(ReadItem):
    """GET, PUT and DELETE of one object."""

    _endpoint: Endpoint

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)

    def on_put(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        endpoint = self._endpoint
        caller = caller_of(request)
        check_identity(endpoint.schema.kind, identity)
        change = endpoint.changed(read_object(request))
        response.data = endpoint.one(endpoint.use_cases.update(caller, identity, change))

    def on_delete(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity(self._endpoint.schema.kind, identity)
        self._endpoint.use_cases.delete(caller_of(request), identity)
        response.status = falcon.HTTP_204


def check_identity(kind: str, identity: str) -> None:
    """Raise NotFound for what cannot be an identity, before a database is asked for it."""
    if not _IDENTITY.fullmatch(identity):
        raise NotFound(kind, ascii(identity[:64]))
