"""A tenant who does not give up: asks again when nobody answers, having looked what became of
the request before."""

import time
from collections.abc import Callable
from typing import Any

import requests

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds."""


class Tenant:
    """Calls an API that may die. `url` says where it is, `revive` is called when it is not."""

    def __init__(self, project: str, url: Callable[[], str], revive: Callable[[], None]) -> None:
        self.project = project
        self._url = url
        self._revive = revive
        self._session = requests.Session()
        self._session.headers.update({"X-Roles": "admin", "X-Project-Id": project})

    def create(self, path: str, **attributes: object) -> Json:
        """Make an object, once. Of all that the tenant has, none other has these attributes."""
        kind = path.rpartition("/")[2]
        noun = kind.removesuffix("s").replace("-", "_")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._ask("POST", path, {noun: attributes})
            if answer is not None:
                assert answer.status_code == 201, answer.text
                made: Json = answer.json()[noun]
                return made
            for each in self.list(path):
                if attributes.items() <= each.items():
                    return each
            assert time.monotonic() < deadline, f"POST {path} got no answer"

    def list(self, path: str) -> list[Json]:
        """All objects of a kind that the tenant has."""
        listed = self._until("GET", f"{path}?tenant_id={self.project}", None, (200,)).json()
        [found] = (each for name, each in listed.items() if not name.endswith("_links"))
        return list(found)

    def show(self, path: str, identity: str) -> Json:
        """One object."""
        [found] = self._until("GET", f"{path}/{identity}", None, (200,)).json().values()
        return dict(found)

    def change(self, path: str, identity: str, **attributes: object) -> None:
        """Change an object, perhaps several times to the same."""
        noun = path.rpartition("/")[2].removesuffix("s")
        self._until("PUT", f"{path}/{identity}", {noun: attributes}, (200,))

    def associate(self, pool_id: str, monitor_id: str) -> None:
        """Have a monitor watch a pool; it may do so already."""
        body = {"health_monitor": {"id": monitor_id}}
        self._until("POST", f"lb/pools/{pool_id}/health_monitors", body, (201, 409))

    def delete(self, path: str, identity: str) -> None:
        """Delete an object; it may be gone already."""
        self._until("DELETE", f"{path}/{identity}", None, (204, 404))

    def _until(
        self, method: str, path: str, body: Json | None, expected: tuple[int, ...]
    ) -> requests.Response:
        deadline = time.monotonic() + PATIENCE
        while (answer := self._ask(method, path, body)) is None:
            assert time.monotonic() < deadline, f"{method} {path} got no answer"
        assert answer.status_code in expected, f"{method} {path}: {answer.text}"
        return answer

    def _ask(self, method: str, path: str, body: Json | None) -> requests.Response | None:
        """The answer; None when there is none, or one that says to ask again."""
        try:
            answer = self._session.request(
                method, f"{self._url()}/v2.0/{path}", json=body, timeout=PATIENCE
            )
        except requests.RequestException:
            self._revive()
            return None
        if answer.status_code == 503:
            time.sleep(0.02)
            return None
        return answer
