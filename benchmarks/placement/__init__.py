"""Measures placement: in memory, durably, and beside others: ``python -m benchmarks.placement``."""
