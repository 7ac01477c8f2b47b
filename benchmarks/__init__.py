"""Measures the daemon with a real HAProxy: ``python -m benchmarks``."""
