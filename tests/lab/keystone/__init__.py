"""Pierhead inside and beside a Neutron whose callers are who Keystone says."""
