"""The API extension ``pierhead-ml2``: tells that Pierhead's mechanism driver is loaded."""

from neutron_lib.api import extensions

from adapters.quantum.ml2 import ALIAS

_UPDATED = "2026-01-01T00:00:00-00:00"


class Pierhead_ml2(extensions.ExtensionDescriptor):  # type: ignore[misc] # noqa: N801 - Neutron makes this of the file's name
    """It has no resources: being listed is all."""

    @classmethod
    def get_name(cls) -> str:
        return "Pierhead mechanism driver"

    @classmethod
    def get_alias(cls) -> str:
        return ALIAS

    @classmethod
    def get_description(cls) -> str:
        return "Ports of physical load balancers are bound to VLANs."

    @classmethod
    def get_updated(cls) -> str:
        return _UPDATED
