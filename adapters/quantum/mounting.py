"""Requests to a part of Neutron's API as the part itself would have got them."""

from wsgiref.types import WSGIEnvironment

VERSION = "/v2.0"


def own_environ(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The environment of a request as if the application itself were the server.

    Neutron is mounted at ``/v2.0``, possibly below something else, and has checked where the
    request comes from.
    """
    own = dict(environ)
    script = environ.get("SCRIPT_NAME", "").removesuffix(VERSION)
    own["SCRIPT_NAME"] = script
    own["PATH_INFO"] = VERSION + environ["PATH_INFO"].removeprefix(VERSION)
    own.pop("HTTP_ORIGIN", None)
    return own
