"""A daemon of its own beside Neutron, which has the networks."""
