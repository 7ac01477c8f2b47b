"""Addresses and wires by Neutron: over its REST API, or in its own process."""

from adapters.network.neutron.calls import CallFailure, Kind, NeutronCalls
from adapters.network.neutron.ipam import NeutronIpam
from adapters.network.neutron.wirer import NeutronWirer

__all__ = ["CallFailure", "Kind", "NeutronCalls", "NeutronIpam", "NeutronWirer"]
