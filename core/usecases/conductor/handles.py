"""Devices in the form in which commands carry them."""

from core.domain.device import Device
from core.domain.messages import DeviceHandle
from core.ports.secret_store import SecretStore
from core.usecases.fleet.parameters import merged


def handle(device: Device, secrets: SecretStore) -> DeviceHandle:
    """The device with its secrets among its parameters. Raises UnsealFailure."""
    sealed = secrets.unseal(device.sealed) if device.sealed is not None else {}
    return DeviceHandle(
        id=device.id,
        name=device.name,
        driver=device.driver,
        version=device.version,
        parameters=merged(device.parameters, sealed),
        generation=device.generation,
        epoch=device.epoch,
    )
