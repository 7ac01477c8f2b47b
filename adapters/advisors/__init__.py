"""Keeps drivers' advisors within bounds."""

from adapters.advisors.bounded import BoundedAdvisor

__all__ = ["BoundedAdvisor"]
