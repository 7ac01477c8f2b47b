"""What one scenario has made, under the names that the scenario gives it."""

import requests

from features.deployments.base import Deployment, Endpoint
from features.support.api import KINDS, PROVIDER, Api, Caller, Json
from features.support.loopback import LoopbackRange
from features.support.polling import eventually

PORT = 8080
"""Where members and VIPs listen, each on an address of its own."""

_FIRST_MEMBER = 10
_VIP_POOL = ("100", "199")


class World:
    """The objects of one scenario, and the answer to its last request."""

    def __init__(self, deployment: Deployment, api: Api, loopback: LoopbackRange) -> None:
        self.deployment = deployment
        self.api = api
        self.answer: requests.Response | None = None
        self._loopback = loopback
        self._ids: dict[tuple[str, str], str] = {}
        self._created: list[tuple[str, str]] = []
        self._endpoints: dict[str, Endpoint] = {}
        self._prefixes: dict[str, str] = {}
        self._lent: dict[str, str] = {}
        """The network of each subnet that the deployment lent."""

    def request(
        self, caller: Caller, method: str, path: str, body: Json | None = None
    ) -> requests.Response:
        """Send a request and remember its answer."""
        self.answer = self.api.send(caller, method, path, body)
        return self.answer

    def create(self, caller: Caller, kind: str, name: str, body: Json) -> requests.Response:
        """Try to create an object; when it works, `name` stands for it from now on."""
        resource = KINDS[kind]
        response = self.request(caller, "POST", resource.path, {resource.one: body})
        if response.status_code == 201:
            self.adopt(kind, name, response.json()[resource.one]["id"])
        return response

    def change(self, caller: Caller, kind: str, name: str, body: Json) -> requests.Response:
        """Try to change an object."""
        return self.request(caller, "PUT", self.path(kind, name), {KINDS[kind].one: body})

    def delete(self, caller: Caller, kind: str, name: str) -> requests.Response:
        """Try to delete an object."""
        return self.request(caller, "DELETE", self.path(kind, name))

    def show(self, kind: str, name: str, caller: Caller = PROVIDER) -> Json:
        """An object as the API shows it."""
        response = self.api.send(caller, "GET", self.path(kind, name))
        assert response.status_code == 200, response.text
        found: Json = response.json()[KINDS[kind].one]
        return found

    def find(self, kind: str, caller: Caller = PROVIDER, **filters: str) -> list[Json]:
        """The objects that the caller sees and that match."""
        response = self.api.send(caller, "GET", KINDS[kind].path, params=filters)
        assert response.status_code == 200, response.text
        found: list[Json] = response.json()[KINDS[kind].many]
        return found

    def adopt(self, kind: str, name: str, identity: str) -> None:
        """Let `name` stand for an object, which goes at the end of the scenario."""
        self._ids[kind, name] = identity
        self._created.append((kind, identity))

    def knows(self, kind: str, name: str) -> bool:
        return (kind, name) in self._ids

    def id_of(self, kind: str, name: str) -> str:
        return self._ids[kind, name]

    def path(self, kind: str, name: str) -> str:
        return f"{KINDS[kind].path}/{self.id_of(kind, name)}"

    def network(self, caller: Caller, name: str) -> str:
        """The subnet of the network `name`, which is made when there is none."""
        if not self.knows("subnet", name):
            lent = self.deployment.lend_network(caller.project)
            if lent is None:
                self._make_network(caller, name)
            else:
                self._ids["network", name] = lent.network_id
                self._ids["subnet", name] = lent.subnet_id
                self._prefixes[name] = lent.prefix
                self._lent[lent.subnet_id] = lent.network_id
        return self.id_of("subnet", name)

    def _make_network(self, caller: Caller, name: str) -> None:
        self._prefixes[name] = prefix = self._loopback.next_prefix()
        made = self.create(caller, "network", name, {"name": name})
        assert made.status_code == 201, made.text
        body = {
            "network_id": self.id_of("network", name),
            "name": name,
            "ip_version": 4,
            "cidr": f"{prefix}.0/24",
            "allocation_pools": [
                {"start": f"{prefix}.{_VIP_POOL[0]}", "end": f"{prefix}.{_VIP_POOL[1]}"}
            ],
        }
        made = self.create(caller, "subnet", name, body)
        assert made.status_code == 201, made.text

    def address_in(self, network: str, host: int) -> str:
        """An address of a network."""
        return f"{self._prefixes[network]}.{host}"

    def server(self, member: str, network: str) -> Endpoint:
        """The server of the member `member`, which is started when there is none."""
        if member not in self._endpoints:
            host = _FIRST_MEMBER + len(self._endpoints)
            place = self._lent.get(self.id_of("subnet", network), "")
            endpoint = Endpoint(self.address_in(network, host), PORT, place)
            self.deployment.add_member(endpoint)
            self._endpoints[member] = endpoint
        return self._endpoints[member]

    def endpoint(self, member: str) -> Endpoint:
        return self._endpoints[member]

    def member_at(self, endpoint: Endpoint) -> str:
        """The name of the member whose server is at `endpoint`."""
        return next(name for name, own in self._endpoints.items() if own == endpoint)

    def vip(self, name: str) -> Endpoint:
        """Where a VIP is."""
        shown = self.show("VIP", name)
        place = self._lent.get(shown["subnet_id"], "")
        return Endpoint(shown["address"], shown["protocol_port"], place)

    def clear(self) -> None:
        """Delete all that the scenario made and wait until it is gone."""
        self._delete("VIP")
        eventually(lambda: self._all_gone("VIP"))
        for kind in ("member", "pool", "health monitor"):
            self._delete(kind)
        self._delete("service type")
        self._stop_pools()
        self._delete("device")
        eventually(self._devices_stopped)
        for kind in ("device pool", "subnet", "network"):
            self._delete(kind)
        self.deployment.remove_members()

    def _stop_pools(self) -> None:
        """Have elastic pools make no more devices; those that they made go with the others."""
        nothing = {"device_pool": {"minimum": 0, "spare": 0, "maximum": 0}}
        for identity in self._identities("device pool"):
            path = f"{KINDS['device pool'].path}/{identity}"
            response = self.api.send(PROVIDER, "PUT", path, nothing)
            if response.status_code == 404:
                continue
            name = response.json()["device_pool"]["name"]
            for device in self.find("device", device_pool=name):
                self._created.append(("device", device["id"]))

    def _delete(self, kind: str) -> None:
        for identity in self._identities(kind):
            response = self.api.send(PROVIDER, "DELETE", f"{KINDS[kind].path}/{identity}")
            assert response.status_code in {204, 404}, response.text

    def _all_gone(self, kind: str) -> None:
        for identity in self._identities(kind):
            response = self.api.send(PROVIDER, "GET", f"{KINDS[kind].path}/{identity}")
            assert response.status_code == 404, response.text

    def _devices_stopped(self) -> None:
        """A device that is still being stopped can be deleted again; then it is not found."""
        for identity in self._identities("device"):
            response = self.api.send(PROVIDER, "DELETE", f"{KINDS['device'].path}/{identity}")
            assert response.status_code == 404, response.text

    def _identities(self, kind: str) -> list[str]:
        return [identity for other, identity in reversed(self._created) if other == kind]


def succeeded(response: requests.Response) -> None:
    """Fail with the API's own words unless the request was accepted."""
    assert response.status_code < 300, f"{response.status_code}: {response.text}"
