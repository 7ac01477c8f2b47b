"""Accepts the parameters of a device or a device pool: access, the driver's schema, and what is
secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.domain.device import DriverInfo, Parameters
from core.domain.errors import Conflict, InvalidInput
from core.ports.schema_validator import SchemaValidator
from core.ports.secret_store import SecretStore, UnsealFailure
from core.usecases.caller import Caller
from core.usecases.fleet.parameters import (
    ADMIN_ONLY,
    SECRET,
    Document,
    merged,
    part,
    without_nulls,
)


class Parametrised(Protocol):
    """A device, or a pool of devices that start with its parameters."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def parameters(self) -> Parameters:
        """Those that are no secrets."""

    @property
    def sealed(self) -> str | None:
        """The secret ones, sealed."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Parameters in the two forms in which a device keeps them."""

    public: Parameters
    secrets: Parameters = field(repr=False)
    changed: bool


class DeviceParameters:
    """Turns what a caller sent into what is stored."""

    def __init__(self, secrets: SecretStore, validator: SchemaValidator) -> None:
        self._secrets = secrets
        self._validator = validator

    def accept(
        self,
        caller: Caller,
        driver: DriverInfo,
        wanted: Parameters,
        device: Parametrised | None,
    ) -> Accepted:
        """Check `wanted` as the parameters of something new (None) or of what exists.

        Raises InvalidInput naming the parameter, and Conflict when stored secrets that would
        stay cannot be read.
        """
        public, secrets = part(driver.schema, wanted, SECRET)
        old_secrets = self._stored_secrets(device, replaced=bool(secrets))
        old = merged(device.parameters, old_secrets) if device is not None else {}
        kept = without_nulls(merged(old_secrets, secrets))
        document = merged(public, kept)
        if not caller.is_admin:
            document = _within_reach(driver.schema, document, old)
        self._check(driver.schema, document)
        new_public, new_secrets = part(driver.schema, document, SECRET)
        # Secrets that are named are sealed again, so that a new key can take over from an old.
        changed = document != old or bool(secrets)
        return Accepted(new_public, new_secrets, changed=changed)

    def seal(self, accepted: Accepted) -> str | None:
        """The secrets in the form that a device keeps; None when there are none."""
        return self._secrets.seal(accepted.secrets) if accepted.secrets else None

    def _stored_secrets(self, device: Parametrised | None, *, replaced: bool) -> Document:
        if device is None or device.sealed is None:
            return {}
        try:
            return dict(self._secrets.unseal(device.sealed))
        except UnsealFailure:
            if replaced:
                return {}
            raise Conflict(
                f"the stored secrets of {device.id} cannot be read with any known key; "
                "name all of them again"
            ) from None

    def _check(self, schema: Mapping[str, object], document: Document) -> None:
        for violation in self._validator.violations(schema, document):
            place = f"parameters.{violation.path}" if violation.path else "parameters"
            raise InvalidInput(place, violation.message)


def _within_reach(schema: Mapping[str, Any], document: Document, old: Document) -> Document:
    """The document with the parameters that are the admin's as they were."""
    free, asked = part(schema, document, ADMIN_ONLY)
    _, reserved = part(schema, old, ADMIN_ONLY)
    if merged(reserved, asked) != reserved:
        raise InvalidInput(f"parameters.{_first_path(asked)}", "only an admin may set this")
    return merged(free, reserved)


def _first_path(document: Mapping[str, Any]) -> str:
    key = next(iter(document))
    value = document[key]
    return f"{key}.{_first_path(value)}" if isinstance(value, Mapping) and value else key
