"""Roles that are killed at every step, and what must hold afterwards."""
