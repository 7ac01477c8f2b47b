"""Makes devices for elastic pools: each is one more HAProxy process on the agent's host."""

from adapters.devices.haproxy.binary import find_binary
from adapters.devices.haproxy.parameters import SCHEMA, Schema, read_parameters
from core.ports.device_driver import DeviceFailure
from core.ports.device_provisioner import Provisioned, ProvisionFailure, ProvisionOrder


class HaproxyProvisioner:
    """Implements DeviceProvisioner. The driver's probe starts the process, in a directory of the
    device's own, and its `retire` ends it: nothing is left to do here but to look whether that
    can work at all."""

    def __init__(self, schema: Schema = SCHEMA) -> None:
        self._schema = schema

    def provision(self, order: ProvisionOrder) -> Provisioned:
        """See DeviceProvisioner.provision."""
        try:
            find_binary(read_parameters(order.parameters, self._schema).binary)
        except DeviceFailure as failure:
            raise ProvisionFailure(str(failure)) from failure
        return Provisioned(order.parameters)

    def destroy(self, order: ProvisionOrder) -> None:
        """See DeviceProvisioner.destroy."""
