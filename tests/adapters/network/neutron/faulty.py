"""Calls to Neutron of which one fails, before or after it took effect."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from adapters.network.neutron.calls import CallFailure, Document, Kind, NeutronCalls


class When(StrEnum):
    """When a call fails, as its maker sees it."""

    BEFORE = "before"
    AFTER = "after"


class Faulty:
    """NeutronCalls that pass calls on, except that call number `at` (from 1) fails."""

    def __init__(self, calls: NeutronCalls, at: int, when: When) -> None:
        self._calls = calls
        self._at = at
        self._when = when
        self.made = 0

    @property
    def failed(self) -> bool:
        """Whether there was a call that failed."""
        return self.made >= self._at

    @property
    def project_id(self) -> str:
        return self._calls.project_id

    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        return self._pass_on(lambda: self._calls.find(kind, **filters))

    def create_port(self, body: Document) -> Document:
        return self._pass_on(lambda: self._calls.create_port(body))

    def update_port(self, port_id: str, body: Document) -> Document:
        return self._pass_on(lambda: self._calls.update_port(port_id, body))

    def delete_port(self, port_id: str) -> None:
        self._pass_on(lambda: self._calls.delete_port(port_id))

    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        self._pass_on(lambda: self._calls.add_subport(trunk_id, port_id, vlan))

    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        self._pass_on(lambda: self._calls.remove_subport(trunk_id, port_id))

    def extensions(self) -> frozenset[str]:
        return self._pass_on(self._calls.extensions)

    def port_quota(self, project_id: str) -> int:
        return self._pass_on(lambda: self._calls.port_quota(project_id))

    def _pass_on(self, call: Callable[[], Any]) -> Any:
        self.made += 1
        if self.made != self._at:
            return call()
        if self._when is When.AFTER:
            call()
            raise CallFailure("ConnectTimeout", None, "http://secret-host:9696/v2.0/ports")
        raise CallFailure("HTTPServiceUnavailable", 503, "http://secret-host:9696/v2.0/ports")


def one_failing(calls: NeutronCalls, when: When) -> Iterator[Faulty]:
    """The same calls again and again, the first failing, then the second, and so on until
    nothing failed."""
    at = 1
    while True:
        faulty = Faulty(calls, at, when)
        yield faulty
        if not faulty.failed:
            return
        at += 1
