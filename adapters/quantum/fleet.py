"""The operators' API as a part of Neutron's: its application behind Neutron's own checks."""

from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

import pecan
import webob
from neutron import policy
from neutron.pecan_wsgi.controllers import utils

from adapters.quantum.mounting import own_environ
from core.usecases.caller import Caller

PATH = "fleet"

_JSON = "application/json"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_QUESTIONS = frozenset({"/v2.0/fleet/what-if"})
"""Paths where a POST changes nothing."""


class FleetController(utils.NeutronPecanController):  # type: ignore[misc]
    """Hands everything below ``/v2.0/fleet`` to an application.

    Policies say who may call at all (``use_fleet``), and who acts as an admin there when
    asking (``get_fleet``) or changing (``change_fleet``). `caller_key` is where in the WSGI
    environment the application finds the caller.
    """

    def __init__(self, app: Callable[[], WSGIApplication], caller_key: str) -> None:
        super().__init__(None, None)
        self._app = app
        self._caller_key = caller_key

    @pecan.expose()  # type: ignore[untyped-decorator]
    def _route(self, remainder: list[str], request: Any) -> tuple[Callable[..., Any], list[str]]:
        # Pecan looks for an answer of the type that the client accepts, or that the path's ending
        # stands for. The application answers JSON, and splits its paths itself.
        request.pecan["content_type"] = _JSON
        return self._answer, remainder

    @pecan.expose(content_type=_JSON)  # type: ignore[untyped-decorator]
    def _answer(self, *_: str) -> Any:
        environ = own_environ(pecan.request.environ)
        context = pecan.request.context["neutron_context"]
        policy.enforce(context, "use_fleet", {"project_id": context.project_id})
        environ[self._caller_key] = _caller(context, environ)
        return webob.Request(environ).get_response(self._app())


def _caller(context: Any, environ: WSGIEnvironment) -> Caller:
    asks = environ["REQUEST_METHOD"] in _READING or environ["PATH_INFO"] in _QUESTIONS
    rule = "get_fleet" if asks else "change_fleet"
    is_admin = policy.check(context, rule, {"project_id": context.project_id})
    return Caller(context.project_id or "", is_admin=bool(is_admin))
