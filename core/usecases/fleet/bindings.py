"""Use cases: which service is on which device. Read only, for admins."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.binding import Binding, InsertionMode, NetworkNeed, Role
from core.domain.errors import NotFound
from core.domain.query import Query
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import renamed, require_admin


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingView:
    """A binding; `id` is that of its service."""

    id: str
    service_id: str
    device_id: str
    driver: str
    role: Role
    mode: InsertionMode
    vip_address: str
    networks: tuple[NetworkNeed, ...]
    claims: Mapping[str, int]
    decision_id: str


class Bindings:
    """Tells what placement bound."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def show(self, caller: Caller, identity: str) -> BindingView:
        require_admin(caller)
        with self._store.read() as work:
            binding = work.bindings.get(identity)
        if binding is None:
            raise NotFound("Binding", identity)
        return _view(binding)

    def list(self, caller: Caller, query: Query) -> list[BindingView]:
        require_admin(caller)
        with self._store.read() as work:
            found = work.bindings.find(renamed(query, {"id": "service_id"}))
        return [_view(binding) for binding in found]


def _view(binding: Binding) -> BindingView:
    return BindingView(
        id=binding.service_id,
        service_id=binding.service_id,
        device_id=binding.device_id,
        driver=binding.driver,
        role=binding.role,
        mode=binding.mode,
        vip_address=binding.vip_address,
        networks=binding.networks,
        claims=binding.claims,
        decision_id=binding.decision_id,
    )
