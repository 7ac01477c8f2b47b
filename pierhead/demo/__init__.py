"""The documented workflow shown with real traffic: ``python -m pierhead.demo``."""
