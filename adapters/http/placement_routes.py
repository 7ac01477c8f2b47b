"""What only placement has: explanations, simulations and the fleet's capacity."""

from enum import StrEnum
from typing import TypeVar

import falcon

from adapters.http.attribute import Use
from adapters.http.body import read_object
from adapters.http.conversion import to_command
from adapters.http.endpoint import ReadEndpoint, checked, encode
from adapters.http.identity import caller_of
from adapters.http.listing import Pairs, pairs_of, read_fields
from adapters.http.routes import ReadItem, check_identity
from adapters.http.schemas.foresight import WHAT_IF
from core.domain.errors import InvalidInput
from core.ports.schema_validator import SchemaValidator
from core.usecases.fleet.decisions import Decisions, WhyNot
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.capacity_types import By
from core.usecases.placement.what_if import WhatIf
from core.usecases.placement.what_if_types import Question

Choice = TypeVar("Choice", bound=StrEnum)


class DecisionItem(ReadItem):
    """GET of one decision, with as much of the other devices as is asked for."""

    def __init__(self, endpoint: ReadEndpoint, decisions: Decisions) -> None:
        super().__init__(endpoint)
        self._decisions = decisions

    def on_get(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        schema = self._endpoint.schema
        pairs = pairs_of(request)
        why_not = _choice(pairs, "why_not", WhyNot.ALL)
        names = read_fields(schema, [pair for pair in pairs if pair[0] != "why_not"])
        if names and "why_not" not in names:
            why_not = WhyNot.NONE
        check_identity(schema.kind, identity)
        view = self._decisions.explain(caller_of(request), identity, why_not)
        response.data = self._endpoint.one(view, names)

    on_head = on_get


class WhatIfs:
    """POST of a question about placements that do not happen."""

    def __init__(self, what_if: WhatIf, validator: SchemaValidator) -> None:
        self._what_if = what_if
        self._validator = validator

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        caller = caller_of(request)
        body = read_object(request)
        name = WHAT_IF.singular
        if list(body) != [name]:
            raise InvalidInput("body", f"must have exactly one member, {name}")
        document = checked(self._validator, WHAT_IF, Use.CREATE, body[name], name)
        answer = self._what_if.ask(caller, to_command(Question, document))
        response.data = encode({name: answer})


class FleetCapacity:
    """GET of the fleet's capacity."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        pairs = pairs_of(request)
        for key, _ in pairs:
            if key != "by":
                raise InvalidInput(key, "there is no such parameter")
        by = _choice(pairs, "by", By.DRIVER)
        response.data = encode({"capacity": self._capacity.show(caller_of(request), by)})

    on_head = on_get


def _choice(pairs: Pairs, name: str, default: Choice) -> Choice:
    """The last value that was sent of a parameter."""
    kind = type(default)
    chosen = default
    for key, value in pairs:
        if key == name:
            if value not in list(kind):
                raise InvalidInput(name, f"must be one of {', '.join(kind)}")
            chosen = kind(value)
    return chosen
