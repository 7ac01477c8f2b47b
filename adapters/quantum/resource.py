"""The methods of a service plugin for one resource, as Neutron names and calls them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from neutron_lib import constants

from adapters.quantum.callers import caller_of
from adapters.quantum.errors import in_neutron_terms
from core.usecases.caller import Caller

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is asked for. `sorts`: keys, and whether each ascends."""

    filters: Mapping[str, Sequence[Any]]
    sorts: Sequence[tuple[str, bool]]
    limit: int | None
    marker: str | None
    reverse: bool


class Resource(Protocol):
    """A resource of the API: documents on this side, use cases on the other."""

    @property
    def singular(self) -> str:
        """What one object is called in bodies."""

    @property
    def plural(self) -> str:
        """What several are called."""

    def create(self, caller: Caller, documents: Sequence[Document]) -> list[Document]:
        """Create all objects or none."""

    def show(self, caller: Caller, identity: str) -> Document:
        """One object."""

    def list(self, caller: Caller, asked: Asked) -> list[Document]:
        """The objects that the caller may see and that match."""

    def update(self, caller: Caller, identity: str, document: Document) -> Document:
        """Change what the document names."""

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete one object."""


class ResourceMethods:
    """Answers Neutron's calls for one resource.

    The use cases are asked for at each call: every process has its own.
    """

    def __init__(self, singular: str, plural: str, resource: Callable[[], Resource]) -> None:
        self._singular = singular
        self._plural = plural
        self._resource = resource

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """The methods under the names that Neutron looks for in a plugin."""
        return {
            f"create_{self._singular}": self._create,
            f"create_{self._singular}_bulk": self._create_bulk,
            f"get_{self._singular}": self._show,
            f"get_{self._plural}": self._list,
            f"update_{self._singular}": self._update,
            f"delete_{self._singular}": self._delete,
        }

    def _create(self, context: Any, **body: Any) -> Document:
        document = _sent(body[self._singular][self._singular])
        with in_neutron_terms():
            return self._resource().create(caller_of(context), [document])[0]

    def _create_bulk(self, context: Any, **body: Any) -> list[Document]:
        items = body[self._plural][self._plural]
        documents = [_sent(item[self._singular]) for item in items]
        with in_neutron_terms():
            return self._resource().create(caller_of(context), documents)

    def _show(self, context: Any, identity: str, fields: Sequence[str] | None = None) -> Document:
        with in_neutron_terms():
            return _only(self._resource().show(caller_of(context), identity), fields)

    def _list(
        self,
        context: Any,
        *,
        filters: Mapping[str, Sequence[Any]] | None = None,
        fields: Sequence[str] | None = None,
        sorts: Sequence[tuple[str, bool]] | None = None,
        limit: int | None = None,
        marker: str | None = None,
        page_reverse: bool = False,
    ) -> list[Document]:
        asked = Asked(
            filters=filters or {},
            sorts=sorts or (),
            limit=limit,
            marker=marker,
            reverse=page_reverse,
        )
        with in_neutron_terms():
            found = self._resource().list(caller_of(context), asked)
        return [_only(each, fields) for each in found]

    def _update(self, context: Any, identity: str, **body: Any) -> Document:
        document = _sent(body[self._singular][self._singular])
        with in_neutron_terms():
            return self._resource().update(caller_of(context), identity, document)

    def _delete(self, context: Any, identity: str) -> None:
        with in_neutron_terms():
            self._resource().delete(caller_of(context), identity)


def _sent(document: Document) -> Document:
    """What the client sent of a document that Neutron filled up."""
    return {
        name: value for name, value in document.items() if value is not constants.ATTR_NOT_SPECIFIED
    }


def _only(document: Document, fields: Sequence[str] | None) -> Document:
    if not fields:
        return document
    return {name: value for name, value in document.items() if name in fields}
