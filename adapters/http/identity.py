"""Who asks, as request headers say, which are trusted: see the operator guide. A server that we
are a part of says it instead."""

import re
from dataclasses import replace

import falcon

from core.usecases.caller import Caller

DEFAULT_PROJECT = "demo"
ADMIN = "admin"
CALLER = "pierhead.caller"
"""Key of the WSGI environment under which a server that we are a part of names the caller."""

_PROJECT = re.compile(r"[\x21-\x7e]{1,255}")


def caller_of(request: falcon.Request) -> Caller:
    """The caller. Without a project and roles: an admin of the project ``demo``."""
    trace = request.context.traceparent
    known: Caller | None = request.env.get(CALLER)
    if known is not None:
        return replace(known, traceparent=trace)
    project = request.get_header("X-Project-Id")
    if project is None:
        project = request.get_header("X-Tenant-Id")
    roles = request.get_header("X-Roles")
    if project is None and roles is None:
        return Caller(DEFAULT_PROJECT, is_admin=True, traceparent=trace)
    if project is not None and not _PROJECT.fullmatch(project):
        raise falcon.HTTPBadRequest(
            description="X-Project-Id must have 1 to 255 printable ASCII characters, no spaces"
        )
    named = {role.strip().lower() for role in (roles or "").split(",")}
    return Caller(
        DEFAULT_PROJECT if project is None else project,
        is_admin=ADMIN in named,
        traceparent=trace,
    )
