"""Pierhead inside Neutron's own processes: a service plugin, put together here."""
