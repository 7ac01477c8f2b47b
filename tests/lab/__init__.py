"""Neutron with everything around it, for real, in network namespaces of its own."""
