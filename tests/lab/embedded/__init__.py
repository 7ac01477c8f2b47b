"""Pierhead inside Neutron's own processes."""
