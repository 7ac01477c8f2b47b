"""Puts the parts together: settings, containers, the daemon and the command line."""
