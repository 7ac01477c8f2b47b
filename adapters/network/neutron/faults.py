"""Neutron's refusals in the words of the ports, and of tenants."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.network.neutron.calls import CallFailure
from core.ports.network_wirer import WiringFailure

_log = logging.getLogger(__name__)


@contextmanager
def told_to_tenants() -> Iterator[None]:
    """Raise WiringFailure for every CallFailure that comes through, and log the details."""
    try:
        yield
    except CallFailure as failure:
        _log.warning("Neutron: %s", failure)
        raise WiringFailure(_words(failure)) from failure


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """Pass over that what is to be removed is not there."""
    try:
        yield
    except CallFailure as failure:
        if failure.status != 404:
            raise


def _words(failure: CallFailure) -> str:
    if failure.status is None:
        return "the network service did not answer"
    if failure.status >= 500:
        return f"the network service failed (HTTP {failure.status})"
    if failure.status in {401, 403}:
        return "the network service refuses Pierhead's own credentials"
    if failure.type == "OverQuota":
        return "Pierhead's own project has no more ports left in the network service"
    return f"the network service refuses it: {failure.type}"
