"""Looking up many objects at once."""

import pytest

from adapters.persistence.memory import MemoryStore
from core.domain.errors import NotFound
from core.domain.network import Network
from core.usecases import lookup
from core.usecases.caller import Caller


def test_all_related_objects_are_found_however_many_are_named(monkeypatch):
    monkeypatch.setattr(lookup, "CHUNK", 3)
    store = MemoryStore()
    names = [f"n{number}" for number in range(8)]
    with store.write() as work:
        for name in [*names, "other"]:
            work.networks.add(Network(id=name, project_id="p"))
        found = lookup.related(work.networks, "id", [*names, *names, "none"])
    assert sorted(each.id for each in found) == names


def test_what_another_project_owns_is_not_found():
    store = MemoryStore()
    with store.write() as work:
        work.networks.add(Network(id="n", project_id="p"))
        owner, other = Caller("p", is_admin=False), Caller("q", is_admin=False)
        assert lookup.owned(work.networks, owner, "Network", "n").id == "n"
        assert lookup.owned(work.networks, Caller("q", is_admin=True), "Network", "n").id == "n"
        for caller, identity in ((other, "n"), (owner, "none")):
            with pytest.raises(NotFound, match=f"Network {identity}"):
                lookup.owned(work.networks, caller, "Network", identity)
