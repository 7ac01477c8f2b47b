"""Talks to the HTTP API; every failure comes out as a CommandFailed."""

import ipaddress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from adapters.cli.errors import CommandFailed, ExitCode, Refused, usage
from adapters.cli.session import DEFAULT_URL
from adapters.cli.wire import Json, Params

_BAD_URL = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

# By whether there is a token, which then is all that says who asks.
_UNKNOWN = {
    False: "wants a token: set --token or PIERHEAD_TOKEN",
    True: "does not accept the token, which may have expired (--token or PIERHEAD_TOKEN)",
}
_AS_ADMIN = {False: "--role admin", True: "with a token that has the role admin"}


class Client:
    """One HTTP session with the server at `url`; `timeout` in seconds, for each request."""

    def __init__(
        self,
        url: str,
        *,
        project: str | None,
        roles: str | None,
        token: str | None = None,
        timeout: float,
    ) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        given = {"X-Project-Id": project, "X-Roles": roles, "X-Auth-Token": token}
        for header, value in given.items():
            if value:
                self._session.headers[header] = _header(header, value)
        if _is_loopback(self._url):
            # A proxy or .netrc meant for the outside world must not come between.
            self._session.trust_env = False

    def get(self, path: str, envelope: str, params: Params | None = None) -> Any:
        """What is in the envelope at `path`. Raises CommandFailed."""
        return self._opened(self._send("GET", path, params=params), envelope)

    def post(self, path: str, envelope: str, content: Json) -> Any:
        """Create something; the answer comes in the same envelope. Raises CommandFailed."""
        return self._opened(self._send("POST", path, body={envelope: content}), envelope)

    def act(self, path: str) -> None:
        """Have something done that has neither a body nor an answer. Raises CommandFailed."""
        self._send("POST", path)

    def put(self, path: str, envelope: str, content: Json) -> Any:
        """Change something, as `post`. Raises CommandFailed."""
        return self._opened(self._send("PUT", path, body={envelope: content}), envelope)

    def delete(self, path: str, params: Params | None = None) -> None:
        """Remove something. Raises CommandFailed."""
        self._send("DELETE", path, params=params)

    def _send(
        self, method: str, path: str, *, params: Params | None = None, body: Json | None = None
    ) -> requests.Response:
        try:
            response = self._session.request(
                method,
                self._url + path,
                params=params,
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.Timeout as error:
            raise CommandFailed(
                f"no answer from {self._url} within {self._timeout:g} s (see --timeout)",
                ExitCode.UNREACHABLE,
            ) from error
        except _BAD_URL as error:
            raise usage(f"--url {self._url} is not a URL such as {DEFAULT_URL}") from error
        except requests.RequestException as error:
            raise CommandFailed(
                f"cannot reach {self._url}: {_root_cause(error)}; is `pierhead serve` running?"
                " (set --url or PIERHEAD_URL)",
                ExitCode.UNREACHABLE,
            ) from error
        if response.status_code >= 300:
            raise _failure(response, self._url, has_token="X-Auth-Token" in self._session.headers)
        return response

    def _opened(self, response: requests.Response, envelope: str) -> Any:
        try:
            return response.json()[envelope]
        except (ValueError, KeyError, TypeError) as error:
            raise CommandFailed(
                f"{self._url} does not answer as Pierhead does (no {envelope}); is the URL right?",
                ExitCode.SERVER_FAILED,
            ) from error


def _failure(response: requests.Response, url: str, *, has_token: bool) -> CommandFailed:
    kind, message = _neutron_error(response)
    status = response.status_code
    if status >= 500:
        return CommandFailed(
            f"the server failed ({status}): {message or 'no reason given'}; its log has more",
            ExitCode.SERVER_FAILED,
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return Refused(status, kind, f"{url} {_UNKNOWN[has_token]}")
    if message is None:
        return Refused(status, "", f"{url} answered {status} {response.reason}; is the URL right?")
    advice = f"; ask as an admin ({_AS_ADMIN[has_token]})"
    return Refused(status, kind, message + (advice if status == HTTPStatus.FORBIDDEN else ""))


def _neutron_error(response: requests.Response) -> tuple[str, str | None]:
    try:
        error = response.json()["NeutronError"]
        return str(error["type"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", None


def _root_cause(error: BaseException) -> str:
    """The operating system's word, which requests wraps several times."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return "the connection broke" if isinstance(error, requests.ConnectionError) else str(error)


def _header(name: str, value: str) -> str:
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise usage(f"{name} cannot be sent: only printable ASCII is possible in a header")
    return value


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
