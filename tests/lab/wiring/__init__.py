"""The Neutron wirer against a real Neutron, over REST and in process."""
