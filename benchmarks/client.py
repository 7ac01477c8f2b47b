"""An HTTP client that costs little, so that two cores are left to what is measured."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from pierhead.demo.api import Json, Kind
from pierhead.demo.errors import NotObserved
from pierhead.demo.polling import until

POLL_SECONDS = 0.005
"""Pause between two looks at an object that is not ACTIVE yet."""

_HEADERS = {"Content-Type": "application/json"}


class LightClient:
    """One kept connection to the API; not for several threads."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def create(self, kind: Kind, **fields: Any) -> Json:
        created: Json = json.loads(self.send("POST", kind.path, {kind.one: fields}))[kind.one]
        return created

    def show(self, kind: Kind, identity: str) -> Json:
        found: Json = json.loads(self.send("GET", f"{kind.path}/{identity}"))[kind.one]
        return found

    def find(self, kind: Kind, **filters: str) -> list[Json]:
        path = f"{kind.path}?{urlencode(filters)}"
        found: list[Json] = json.loads(self.send("GET", path))[kind.many]
        return found

    def update(self, kind: Kind, identity: str, **fields: Any) -> None:
        self.send("PUT", f"{kind.path}/{identity}", {kind.one: fields})

    def delete(self, kind: Kind, identity: str) -> None:
        self.send("DELETE", f"{kind.path}/{identity}")

    def wait_active(self, kind: Kind, identity: str, *, pause: float = POLL_SECONDS) -> None:
        """Poll until the object is ACTIVE (a device: ONLINE)."""
        until(
            lambda: self.show(kind, identity)["status"] in {"ACTIVE", "ONLINE"},
            what=f"{kind.one} is ACTIVE",
            seconds=60,
            pause=pause,
        )

    def send(self, method: str, path: str, body: Json | None = None) -> bytes:
        """The body of a good answer. Raises NotObserved for any other."""
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, body=text, headers=_HEADERS)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise NotObserved(f"{method} {path} succeeds: {answer.status} {content[:500]!r}")
        return content
