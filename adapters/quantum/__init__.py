"""What Neutron's API server and RPC server call: its names, its errors, its conventions.

Quantum is Neutron's first name. Nothing here decides anything: requests go on to the use cases.
"""
