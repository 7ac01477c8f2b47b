"""A server that answers what a test tells it, and a way to run commands against it."""

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.cli.app import outcome


@dataclass
class Seen:
    """A request as the server got it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


Reply = tuple[int, object] | Callable[[Seen], tuple[int, object]]


@dataclass
class Replay:
    """Replies by (method, path); the last one given for a path is repeated."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    replies: dict[tuple[str, str], list[Reply]] = field(default_factory=lambda: defaultdict(list))

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self.replies[method, path] = list(replies)

    def collection(self, path: str, many: str, items: list[dict[str, Any]]) -> None:
        """Serve objects by id and in lists that are filtered as the API does."""

        def select(request: Seen) -> tuple[int, object]:
            fields = {"fields", "sort_key", "sort_dir", "limit"}
            wanted = {k: v for k, v in request.query.items() if k not in fields}
            found = [
                item
                for item in items
                if all(str(item.get(key)) in values for key, values in wanted.items())
            ]
            return 200, {many: found}

        self.on("GET", path, select)
        for item in items:
            self.on("GET", f"{path}/{item['id']}", (200, {many.removesuffix("s"): item}))

    def answer(self, request: Seen) -> tuple[int, object]:
        self.seen.append(request)
        replies = self.replies.get((request.method, request.path))
        if not replies:
            return 404, error("NotFound", f"nothing at {request.path}")
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply(request) if callable(reply) else reply

    def sent(self, method: str) -> list[Seen]:
        return [request for request in self.seen if request.method == method]


def error(kind: str, message: str) -> dict[str, Any]:
    return {"NeutronError": {"type": kind, "message": message, "detail": ""}}


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, document = replay.answer(
                Seen(
                    self.command,
                    url.path,
                    parse_qs(url.query, keep_blank_values=True),
                    dict(self.headers),
                    json.loads(data) if data else None,
                )
            )
            text = document if isinstance(document, str) else json.dumps(document)
            payload = b"" if status == 204 else text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            if status in range(300, 400):
                self.send_header("Location", text)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def replay() -> Iterator[Replay]:
    replay = Replay()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(replay))
    replay.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield replay
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Pierhead = Callable[..., Ended]


@pytest.fixture
def pierhead(
    replay: Replay, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Pierhead:
    """Runs a command against the replaying server."""
    for name in ("PIERHEAD_URL", "PIERHEAD_PROJECT", "PIERHEAD_ROLES"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, url: str | None = None) -> Ended:
        code = outcome(["--url", url or replay.url, *arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call
