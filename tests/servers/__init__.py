"""Real servers for tests and measurements: own instances in temporary folders."""
