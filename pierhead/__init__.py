"""Puts the parts together: settings, containers, the daemon and the command line."""

from importlib.metadata import version

__version__ = version("pierhead")
