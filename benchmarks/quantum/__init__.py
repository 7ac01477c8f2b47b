"""How soon a VIP works inside Neutron, and how much of it is Neutron's own."""
