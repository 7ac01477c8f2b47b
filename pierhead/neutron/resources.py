"""Our resources for Neutron's plugin interface: documents in and out, use cases within."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from adapters.http.attribute import Use
from adapters.http.endpoint import Endpoint, checked, shown
from adapters.http.listing import Pairs, read_list
from adapters.http.repetition import Repetition
from adapters.http.routes import check_identity
from adapters.http.schemas.pools import ASSOCIATION
from adapters.quantum.resource import Asked, Document
from core.domain.errors import InvalidInput
from core.ports.schema_validator import SchemaValidator
from core.usecases.caller import Caller
from core.usecases.fleet.lbaas_agents import LbaasAgents
from core.usecases.loadbalancing.pools import Pools
from pierhead.neutron.attribute_maps import SCHEMAS

Answer = TypeVar("Answer")


class EndpointResource:
    """Serves Neutron from one of our own endpoints."""

    def __init__(self, endpoint: Endpoint, repetition: Repetition) -> None:
        self._endpoint = endpoint
        self._repetition = repetition

    @property
    def singular(self) -> str:
        return self._endpoint.schema.singular

    @property
    def plural(self) -> str:
        return self._endpoint.schema.plural

    def create(self, caller: Caller, documents: Sequence[Document]) -> list[Document]:
        commands, _ = self._endpoint.creations({self.plural: list(documents)})
        views = self._repeat(lambda: self._endpoint.use_cases.create(caller, commands))
        return [_document(view) for view in views]

    def show(self, caller: Caller, identity: str) -> Document:
        self._check(identity)
        return _document(self._repeat(lambda: self._endpoint.use_cases.show(caller, identity)))

    def list(self, caller: Caller, asked: Asked) -> list[Document]:
        wanted = read_list(self._endpoint.schema, _pairs(asked))
        views = self._repeat(lambda: self._endpoint.use_cases.list(caller, wanted.query))
        return [_document(view) for view in wanted.page(list(views)).items]

    def update(self, caller: Caller, identity: str, document: Document) -> Document:
        self._check(identity)
        change = self._endpoint.changed({self.singular: document})
        return _document(
            self._repeat(lambda: self._endpoint.use_cases.update(caller, identity, change))
        )

    def delete(self, caller: Caller, identity: str) -> None:
        self._check(identity)
        self._repeat(lambda: self._endpoint.use_cases.delete(caller, identity))

    def _check(self, identity: str) -> None:
        check_identity(self._endpoint.schema.kind, identity)

    def _repeat(self, once: Callable[[], Answer]) -> Answer:
        return self._repetition.run(once)


def resources_of(
    endpoints: Iterable[Endpoint], repetition: Repetition
) -> dict[str, EndpointResource]:
    """The resources that Neutron serves, by their plurals."""
    served = {schema.plural for schema in SCHEMAS}
    return {
        endpoint.schema.plural: EndpointResource(endpoint, repetition)
        for endpoint in endpoints
        if endpoint.schema.plural in served
    }


class PoolParts:
    """See the port of the same name in adapters.quantum."""

    def __init__(
        self,
        pools: Pools,
        agents: LbaasAgents,
        validator: SchemaValidator,
        repetition: Repetition,
    ) -> None:
        self._pools = pools
        self._agents = agents
        self._validator = validator
        self._run = repetition.run

    def pool(self, caller: Caller, pool_id: str) -> Document:
        check_identity("Pool", pool_id)
        return _document(self._run(lambda: self._pools.show(caller, pool_id)))

    def associate(self, caller: Caller, pool_id: str, body: Any) -> Document:
        name = ASSOCIATION.singular
        if not isinstance(body, dict) or list(body) != [name]:
            raise InvalidInput("body", f"must have exactly one member, {name}")
        document = checked(self._validator, ASSOCIATION, Use.CREATE, body[name], name)
        monitor_id = document["id"]
        monitors = self._run(lambda: self._pools.associate_monitor(caller, pool_id, monitor_id))
        return {name: list(monitors)}

    def association(self, caller: Caller, pool_id: str, monitor_id: str) -> Document:
        check_identity(ASSOCIATION.kind, monitor_id)
        view = self._run(lambda: self._pools.show_association(caller, pool_id, monitor_id))
        return {ASSOCIATION.singular: _document(view)}

    def disassociate(self, caller: Caller, pool_id: str, monitor_id: str) -> None:
        check_identity(ASSOCIATION.kind, monitor_id)
        self._run(lambda: self._pools.disassociate_monitor(caller, pool_id, monitor_id))

    def statistics(self, caller: Caller, pool_id: str) -> Document:
        found = self._run(lambda: self._pools.statistics(caller, pool_id))
        return {"stats": _document(found)}

    def agent(self, caller: Caller, pool_id: str) -> Document:
        return _document(self._run(lambda: self._agents.hosting(caller, pool_id)))

    def pools(self, caller: Caller, agent_id: str) -> Document:
        found = self._run(lambda: self._agents.hosted(caller, agent_id))
        return {"pools": [_document(view) for view in found]}


def _document(view: Any) -> Document:
    document: Document = msgspec.to_builtins(shown(view))
    return document


def _pairs(asked: Asked) -> Pairs:
    """The query string that asks the same."""
    pairs = [(name, _text(value)) for name, values in asked.filters.items() for value in values]
    for key, ascends in asked.sorts:
        pairs += [("sort_key", key), ("sort_dir", "asc" if ascends else "desc")]
    if asked.limit is not None:
        pairs.append(("limit", str(asked.limit)))
    if asked.marker is not None:
        pairs.append(("marker", asked.marker))
    if asked.reverse:
        pairs.append(("page_reverse", "true"))
    return pairs


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
