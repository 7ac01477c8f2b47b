"""Our errors as exceptions that Neutron answers with the right status and type."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from neutron_lib import exceptions

from core.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, PierheadError
from core.ports.dead_letters import BusFailure
from core.ports.network_wirer import WiringFailure
from core.ports.store import StoreFailure

_BASES: tuple[tuple[type[PierheadError], type[Any]], ...] = (
    (InvalidInput, exceptions.BadRequest),
    (Forbidden, exceptions.NotAuthorized),
    (NotFound, exceptions.NotFound),
    (Conflict, exceptions.Conflict),
)

_log = structlog.get_logger("pierhead.neutron")


@contextmanager
def in_neutron_terms() -> Iterator[None]:
    """Turn our errors into Neutron's."""
    try:
        yield
    except PierheadError as error:
        base = next(base for kind, base in _BASES if isinstance(error, kind))
        raise _named(error.code, base)(text=str(error)) from error
    except WiringFailure as error:
        _log.warning("wiring failed", reason=str(error))
        raise _away("WiringFailure", f"The network side failed: {error}") from error
    except StoreFailure as error:
        # What the database says may name hosts and files, which are nobody's business.
        _log.error("store failed", reason=str(error))
        raise _away("StoreFailure", "The database cannot be used now; try again later") from error
    except BusFailure as error:
        _log.warning("bus failed", reason=str(error))
        raise _away("BusFailure", "The bus cannot be used now; try again later") from error


def _named(name: str, base: type[Any]) -> type[Any]:
    """A class of this name: clients see the name as the error's type."""
    return type(name, (base,), {"message": "%(text)s"})


def _away(name: str, text: str) -> Exception:
    error: Exception = _named(name, exceptions.ServiceUnavailable)(text=text)
    return error
