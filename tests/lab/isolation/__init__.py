"""Pierhead inside Neutron, with real packets: who reaches whom, and that nothing is left."""
